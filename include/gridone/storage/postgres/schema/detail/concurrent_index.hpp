// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_CONCURRENT_INDEX_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_CONCURRENT_INDEX_HPP

#include <gridone/storage/postgres/connection/detail/connection.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/schema/detail/sql_script.hpp>
#include <gridone/storage/postgres/sql/identifier.hpp>
#include <gridone/storage/postgres/sql/literal.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The index that a statement CREATE or DROP INDEX CONCURRENTLY is about. Built in pieces, it may be left behind half done:
/// there, and invalid, so that IF NOT EXISTS finds it and no query uses it.
class ConcurrentIndex {
public:
    enum class There { no, invalid, yes };

    /// Nothing where the statement is another one, or the index has no name.
    [[nodiscard]] static std::optional<ConcurrentIndex> built_by(const SqlStatement& statement) {
        Words words{statement.words};
        if (!words.take({"create"})) return std::nullopt;
        words.take({"unique"});
        if (!words.take({"index", "concurrently"})) return std::nullopt;
        words.take({"if", "not", "exists"});
        if (words.is_at("on")) return std::nullopt;
        ConcurrentIndex index;
        index.name_ = words.next();
        if (!words.take({"on"})) return std::nullopt;
        words.take({"only"});
        index.table_ = qualified(words);
        return index;
    }

    /// Whether the server is to make a name up, so that nobody could tell what an interrupted one has left behind.
    [[nodiscard]] static bool is_built_without_name(const SqlStatement& statement) {
        return statement.begins_with({"create", "index", "concurrently", "on"}) ||
               statement.begins_with({"create", "unique", "index", "concurrently", "on"});
    }

    [[nodiscard]] static std::optional<ConcurrentIndex> dropped_by(const SqlStatement& statement) {
        Words words{statement.words};
        if (!words.take({"drop", "index", "concurrently"})) return std::nullopt;
        words.take({"if", "exists"});
        ConcurrentIndex index;
        index.name_ = qualified(words);
        return index;
    }

    /// Whether it is there, and of use. Of one that is dropped by name: whether it is there.
    [[nodiscard]] There look(Connection& connection, const Until& until) {
        const std::string found =
            table_.empty()
                ? "SELECT true, '' FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(" +
                      quote_literal(name_) + ")"
                : "SELECT indisvalid AND indisready, pg_catalog.format('%I.%I', nspname, relname) FROM "
                  "pg_catalog.pg_index JOIN pg_catalog.pg_class AS named ON named.oid = indexrelid JOIN "
                  "pg_catalog.pg_namespace AS space ON space.oid = relnamespace WHERE relname = " +
                      quote_literal(name_) + " AND indrelid = pg_catalog.to_regclass(" + quote_literal(table_) + ")";
        const Result rows = connection.run_text(found, until);
        if (rows.size() == 0) return There::no;
        qualified_name_ = rows.text(0, 1);
        return rows.text(0, 0) == "t" ? There::yes : There::invalid;
    }

    /// What takes away one that is invalid. @pre  it was looked at
    [[nodiscard]] std::string drop() const { return "DROP INDEX CONCURRENTLY IF EXISTS " + qualified_name_; }

private:
    /// The words of a statement, one after another.
    class Words {
    public:
        explicit Words(const std::vector<std::string>& words) noexcept : words_{words} {}

        /// Goes past these words, if they are next.
        bool take(std::initializer_list<std::string_view> expected) {
            std::size_t at = at_;
            for (const std::string_view word : expected) {
                if (at == words_.size() || words_[at++] != word) return false;
            }
            at_ = at;
            return true;
        }
        [[nodiscard]] bool is_at(std::string_view word) const { return at_ < words_.size() && words_[at_] == word; }
        /// A name, without its quotes.
        [[nodiscard]] std::string next() {
            if (at_ == words_.size()) return {};
            const std::string& word = words_[at_++];
            return word.starts_with('"') ? word.substr(1) : word;
        }

    private:
        const std::vector<std::string>& words_;
        std::size_t at_ = 0;
    };

    /// A name with or without its schema, quoted.
    static std::string qualified(Words& words) {
        std::string name = quote_identifier(words.next());
        if (words.take({"."})) name += "." + quote_identifier(words.next());
        return name;
    }

    std::string name_;   // of one that is dropped: qualified and quoted
    std::string table_;  // qualified and quoted
    std::string qualified_name_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
