// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SQL_SCRIPT_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_SQL_SCRIPT_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A statement of an SQL script: its text, and its words as the server reads them, and dots. A name in quotes keeps the
/// first, so that it is no keyword. Literals, comments and other symbols are left out.
struct SqlStatement {
    std::string_view text;
    std::vector<std::string> words;

    [[nodiscard]] bool begins_with(std::initializer_list<std::string_view> with) const {
        std::size_t at = 0;
        for (const std::string_view word : with) {
            if (at == words.size() || words[at++] != word) return false;
        }
        return true;
    }
};

/// Whether the server waits for data of the statement, or sends data. It takes STDIN and STDOUT for the same.
[[nodiscard]] inline bool copies_data(const SqlStatement& statement) {
    const auto has = [&](std::string_view first, std::string_view second) {
        return std::ranges::search(statement.words, std::array{first, second}).begin() != statement.words.end();
    };
    return statement.begins_with({"copy"}) &&
           (has("from", "stdin") || has("from", "stdout") || has("to", "stdin") || has("to", "stdout"));
}

/// Reads an SQL script as far as a program has to understand it: where its statements end (PostgreSQL's documentation,
/// "Lexical Structure"). What is not closed goes to the end of the script.
class SqlScript {
public:
    explicit SqlScript(std::string_view script) : script_{script} {}

    [[nodiscard]] std::vector<SqlStatement> statements() {
        while (at_ < script_.size()) {
            if (!skip_blank()) read_one();
        }
        end_statement(script_.size());
        return std::exchange(statements_, {});
    }

private:
    [[nodiscard]] bool is_at(std::string_view text) const { return script_.substr(at_).starts_with(text); }

    /// White space and comments.
    bool skip_blank() {
        if (std::string_view{" \t\r\n\f\v"}.find(script_[at_]) != std::string_view::npos) {
            ++at_;
        } else if (is_at("--")) {
            at_ = std::min(script_.find('\n', at_), script_.size());
        } else if (is_at("/*")) {
            at_ += 2;
            for (int depth = 1; depth > 0 && at_ < script_.size();) {
                if (is_at("/*") || is_at("*/")) {
                    depth += is_at("/*") ? 1 : -1;
                    at_ += 2;
                } else {
                    ++at_;
                }
            }
        } else {
            return false;
        }
        return true;
    }

    void read_one() {
        if (!begun_) begin_ = at_;
        begun_ = true;
        const char c = script_[at_];
        if (c == ';' && depth_ == 0 && parentheses_ <= 0) {
            end_statement(at_++);
        } else if (c == '\'') {
            skip_literal(false);
        } else if (c == '"') {
            statement_.words.push_back(quoted_name());
        } else if (c == '$' && !skip_dollar_quoted()) {
            ++at_;
        } else if (is_word(c)) {
            read_word();
        } else if (c != '$') {
            if (c == '.') statement_.words.push_back(".");
            parentheses_ += c == '(' ? 1 : c == ')' ? -1 : 0;  // those of CREATE RULE have statements in them
            ++at_;
        }
    }

    void end_statement(std::size_t end) {
        if (begun_) {
            statement_.text = script_.substr(begin_, end - begin_);
            if (!statement_.text.empty()) statements_.push_back(std::move(statement_));
        }
        statement_ = {};
        begun_ = false;
        depth_ = 0;
        parentheses_ = 0;
    }

    void read_word() {
        std::string word;
        while (at_ < script_.size() && (is_word(script_[at_]) || script_[at_] == '$')) word += lower(script_[at_++]);
        if (at_ < script_.size() && script_[at_] == '\'' &&
            (word == "e" || word == "b" || word == "x" || word == "n")) {
            skip_literal(word == "e");
        } else {
            count_depth(word);
            statement_.words.push_back(std::move(word));
        }
    }

    /// The body BEGIN ATOMIC … END of a function has statements of its own, and in them CASE … END.
    void count_depth(std::string_view word) {
        const bool begins = word == "atomic" && !statement_.words.empty() && statement_.words.back() == "begin";
        if (begins || (depth_ > 0 && word == "case")) ++depth_;
        if (depth_ > 0 && word == "end") --depth_;
    }

    void skip_literal(bool has_escapes) {
        for (++at_; at_ < script_.size(); ++at_) {
            if (has_escapes && script_[at_] == '\\') {
                ++at_;
            } else if (script_[at_] == '\'') {
                ++at_;
                if (at_ == script_.size() || script_[at_] != '\'') return;
            }
        }
        at_ = script_.size();
    }

    std::string quoted_name() {
        std::string name = "\"";
        for (++at_; at_ < script_.size(); ++at_) {
            if (script_[at_] == '"') {
                ++at_;
                if (at_ == script_.size() || script_[at_] != '"') return name;
            }
            name += script_[at_];
        }
        return name;
    }

    /// False where the dollar begins none.
    bool skip_dollar_quoted() {
        std::size_t end = at_ + 1;
        while (end < script_.size() && is_word(script_[end])) ++end;
        if (end == script_.size() || script_[end] != '$' || (script_[at_ + 1] >= '0' && script_[at_ + 1] <= '9')) {
            return false;
        }
        const std::string_view tag = script_.substr(at_, end + 1 - at_);
        const std::size_t close = script_.find(tag, end + 1);
        at_ = close == std::string_view::npos ? script_.size() : close + tag.size();
        return true;
    }

    static bool is_word(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               static_cast<unsigned char>(c) >= 0x80;
    }
    static char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

    std::string_view script_;
    std::size_t at_ = 0;
    bool begun_ = false;
    int depth_ = 0;
    int parentheses_ = 0;
    std::size_t begin_ = 0;
    SqlStatement statement_;
    std::vector<SqlStatement> statements_;
};

/// The script without what may change when a file is checked out or saved by another editor: carriage returns, white space
/// at the ends of lines, empty lines at its end.
[[nodiscard]] inline std::string without_line_ends(std::string_view script) {
    std::string same;
    for (std::size_t begin = 0; begin < script.size();) {
        const std::size_t end = std::min(script.find('\n', begin), script.size());
        std::string_view line = script.substr(begin, end - begin);
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        same.append(line).append("\n");
        begin = end + 1;
    }
    same.erase(same.find_last_not_of('\n') + 1);
    return same;
}

}  // namespace gridone::storage::inline v0::detail

#endif
