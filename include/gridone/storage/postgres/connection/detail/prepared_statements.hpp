// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PREPARED_STATEMENTS_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_PREPARED_STATEMENTS_HPP

#include <gridone/storage/postgres/connection/detail/statement.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a session has prepared, by text: a least-recently-used cache with one bound for all statements, since each takes
/// memory of the server's process.
///
/// The library's own statements are prepared at their first use while there is room. Everything else is prepared at its
/// second use: statements that are made up for a call, such as queries, since a shape that runs once is not worth a
/// second round trip; and the library's own once the cache is full. So more statements than fit, used in turn, run
/// unprepared with one round trip each, instead of replacing one another with three.
class PreparedStatements {
public:
    struct Entry {
        std::string name;
        bool is_prepared = false;
    };

    /// @param most  how many it keeps
    explicit PreparedStatements(std::size_t most) : most_{most}, seen_(std::min(most, most_seen)) {}

    /// Under which name the statement is prepared, or to be prepared now; null: it is to run without.
    Entry* use(const Statement& statement) {
        if (most_ == 0 || (statement.is_made_up && statement.sql.size() > longest_shape)) return nullptr;
        if (const auto known = places_.find(statement.sql); known != places_.end()) {
            kept_.splice(kept_.begin(), kept_, known->second);
            return &known->second->entry;
        }
        const bool is_full = kept_.size() == most_;
        if ((statement.is_made_up || is_full) && !was_seen(statement.sql)) return nullptr;
        if (is_full) drop_oldest();
        std::list<Kept> added;
        added.push_front({statement.sql, {next_name()}});
        places_.emplace(added.front().sql, added.begin());
        kept_.splice(kept_.begin(), added);
        return &kept_.front().entry;
    }

    /// The names that the session is to deallocate.
    [[nodiscard]] const std::vector<std::string>& dropped() const noexcept { return dropped_; }
    /// It has.
    void clear_dropped() noexcept { dropped_.clear(); }

    /// The statement is to be prepared anew at its next use.
    void renew(Entry& entry) {
        if (entry.is_prepared) dropped_.push_back(std::exchange(entry.name, next_name()));
        entry.is_prepared = false;
    }

    /// The session has deallocated all.
    void clear() noexcept {
        places_.clear();
        kept_.clear();
        dropped_.clear();
    }

private:
    struct Kept {
        std::string sql;
        Entry entry;
    };

    [[nodiscard]] std::string next_name() { return "gs" + std::to_string(named_++); }

    /// Whether the text is among the last that ran unprepared; it is from now on. Two texts of one hash are taken for
    /// one, which prepares the second at its first use.
    bool was_seen(const std::string& sql) noexcept {
        const std::size_t hash = std::hash<std::string>{}(sql);
        if (const auto found = std::ranges::find(seen_, hash); found != seen_.end()) {
            *found = 0;
            return true;
        }
        seen_[next_seen_++ % seen_.size()] = hash;
        return false;
    }

    void drop_oldest() {
        Kept& oldest = kept_.back();
        if (oldest.entry.is_prepared) dropped_.push_back(std::move(oldest.entry.name));
        places_.erase(oldest.sql);
        kept_.pop_back();
    }

    static constexpr std::size_t longest_shape = std::size_t{16} * 1024;
    static constexpr std::size_t most_seen = 1024;

    std::size_t most_;
    std::size_t named_ = 0;
    std::list<Kept> kept_;  // the last used first
    std::unordered_map<std::string_view, std::list<Kept>::iterator> places_;
    std::vector<std::size_t> seen_;  // hashes, overwritten in turn
    std::size_t next_seen_ = 0;
    std::vector<std::string> dropped_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
