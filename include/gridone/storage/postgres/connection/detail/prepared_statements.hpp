// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PREPARED_STATEMENTS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PREPARED_STATEMENTS_HPP

#include <gridone/storage/postgres/connection/detail/statement.hpp>

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a session has prepared, by text. The library's own statements stay. Of those that are made up for a call, such
/// as queries, it has the ones that ran twice, and of these the last: a shape that runs once is not worth its second
/// round trip, and each takes memory of the server's process.
class PreparedStatements {
public:
    struct Entry {
        std::string name;
        bool is_prepared = false;
    };

    /// @param most_shapes  how many that are made up it keeps in mind
    explicit PreparedStatements(std::size_t most_shapes) noexcept : most_shapes_{most_shapes} {}

    /// Under which name the statement is prepared, or to be prepared now; null: it is to run without.
    Entry* use(const Statement& statement) {
        if (!statement.is_made_up) {
            const auto [own, is_new] = own_.try_emplace(statement.sql);
            if (is_new) own->second.name = next_name();
            return &own->second;
        }
        if (statement.sql.size() > longest_shape || most_shapes_ == 0) return nullptr;
        if (const auto known = places_.find(statement.sql); known != places_.end()) {
            shapes_.splice(shapes_.begin(), shapes_, known->second);
            return &known->second->entry;
        }
        if (shapes_.size() == most_shapes_) drop_oldest();
        shapes_.push_front({statement.sql, {next_name()}});
        places_.emplace(shapes_.front().sql, shapes_.begin());
        return nullptr;
    }

    /// The names that the session has no use for any more, each once.
    [[nodiscard]] std::vector<std::string> take_dropped() noexcept { return std::exchange(dropped_, {}); }

    /// The statement is to be prepared anew at its next use.
    void renew(Entry& entry) {
        if (entry.is_prepared) dropped_.push_back(std::exchange(entry.name, next_name()));
        entry.is_prepared = false;
    }

    /// The session has forgotten them all.
    void clear() noexcept {
        own_.clear();
        places_.clear();
        shapes_.clear();
        dropped_.clear();
    }

private:
    struct Shape {
        std::string sql;
        Entry entry;
    };

    [[nodiscard]] std::string next_name() { return "gs" + std::to_string(named_++); }

    void drop_oldest() {
        Shape& oldest = shapes_.back();
        if (oldest.entry.is_prepared) dropped_.push_back(std::move(oldest.entry.name));
        places_.erase(oldest.sql);
        shapes_.pop_back();
    }

    static constexpr std::size_t longest_shape = std::size_t{16} * 1024;

    std::size_t most_shapes_;
    std::size_t named_ = 0;
    std::unordered_map<std::string, Entry> own_;
    std::list<Shape> shapes_;  // the last used first
    std::unordered_map<std::string_view, std::list<Shape>::iterator> places_;
    std::vector<std::string> dropped_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
