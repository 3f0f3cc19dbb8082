// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_FAULTS_LEDGER_HPP
#define GRIDONE_STORAGE_TESTS_FAULTS_LEDGER_HPP

#include <cstddef>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// One change of one row: what a caller asked for, or what the table's log says has happened.
struct Change {
    bool removes = false;
    std::string id;
    std::string content;  ///< Of a removal, what was there before. No two writes have the same.

    friend auto operator<=>(const Change&, const Change&) = default;
};

/// What the callers were told about each change that they asked for. One per thread; `take` them together.
class Ledger {
public:
    enum class Told { acknowledged, not_applied, unknown };

    struct Entry {
        Change change;
        Told told;
    };

    /// How what was told and what is there differ.
    struct Account {
        std::size_t acknowledged = 0;
        std::size_t unknown = 0;
        std::size_t not_applied = 0;
        std::size_t lost = 0;         ///< Acknowledged, and never happened.
        std::size_t duplicated = 0;   ///< Happened more than once.
        std::size_t unexplained = 0;  ///< Happened, though nobody asked, or the caller was told that it had not.
        std::vector<std::string> findings{};
    };

    void add(Change change, Told told) { entries_.push_back({std::move(change), told}); }

    void take(Ledger&& other) {
        entries_.insert(entries_.end(), std::make_move_iterator(other.entries_.begin()),
                        std::make_move_iterator(other.entries_.end()));
        other.entries_.clear();
    }

    [[nodiscard]] Account compare(const std::vector<Change>& log) const {
        std::map<Change, std::size_t> happened;
        for (const Change& change : log) ++happened[change];
        Account account;
        const auto find = [&](std::size_t& count, const char* what, const Change& change) {
            ++count;
            account.findings.push_back(std::string{what} + (change.removes ? ": removal of " : ": ") + change.id + " " +
                                       change.content);
        };
        for (const auto& [change, told] : entries_) {
            const auto found = happened.find(change);
            const std::size_t times = found == happened.end() ? 0 : found->second;
            if (found != happened.end()) happened.erase(found);
            account.acknowledged += told == Told::acknowledged ? 1U : 0U;
            account.unknown += told == Told::unknown ? 1U : 0U;
            account.not_applied += told == Told::not_applied ? 1U : 0U;
            if (told == Told::acknowledged && times == 0) find(account.lost, "lost", change);
            if (told == Told::not_applied && times != 0) find(account.unexplained, "not applied, yet there", change);
            if (times > 1) find(account.duplicated, "happened more than once", change);
        }
        for (const auto& [change, times] : happened) find(account.unexplained, "asked for by nobody", change);
        return account;
    }

    /// What the log leaves behind: the content of each id.
    [[nodiscard]] static std::map<std::string, std::string> contents(const std::vector<Change>& log) {
        std::map<std::string, std::string> contents;
        for (const Change& change : log) {
            if (change.removes) {
                contents.erase(change.id);
            } else {
                contents[change.id] = change.content;
            }
        }
        return contents;
    }

private:
    std::vector<Entry> entries_;
};

#endif
