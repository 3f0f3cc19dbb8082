// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_LINEARIZABILITY_HPP
#define GRIDONE_STORAGE_TESTS_LINEARIZABILITY_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace linearizability {

/// What is stored under one id; nothing: no document.
using Value = std::optional<int>;

/// One call on it, with the times between which it took effect.
struct Call {
    enum class Kind { read, write, insert, remove };
    Kind kind = Kind::read;
    Value value{};          ///< What it read, or wrote.
    bool succeeded = true;  ///< Of an insert: it was not taken. Of a remove: there was one.
    bool is_open = false;   ///< Nobody knows whether it took effect, or whether it still will.
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  ///< Not of an open one.
};

/// Whether one after another, each at a moment between its begin and its end, the calls give what they gave. The search
/// of Wing and Gong, with Lowe's memory of what was tried: by depth, over which calls are through and what is stored.
class History {
public:
    explicit History(std::vector<Call> calls) : calls_{std::move(calls)} {
        if (calls_.size() > 64) throw std::invalid_argument{"a history of at most 64 calls"};
    }

    [[nodiscard]] bool is_linearizable() { return goes_on(0, std::nullopt); }

private:
    bool goes_on(std::uint64_t through, const Value& stored) {
        if (!tried_.emplace(through, stored).second) return false;
        std::uint64_t first_end = UINT64_MAX;
        bool is_complete = true;
        for (std::size_t at = 0; at < calls_.size(); ++at) {
            if (is_in(through, at) || calls_[at].is_open) continue;
            first_end = std::min(first_end, calls_[at].end);
            is_complete = false;
        }
        if (is_complete) return true;
        for (std::size_t at = 0; at < calls_.size(); ++at) {
            if (is_in(through, at) || calls_[at].begin > first_end) continue;
            Value next = stored;
            if (fits(calls_[at], next) && goes_on(through | std::uint64_t{1} << at, next)) return true;
        }
        return false;
    }

    /// Whether it could have given what it gave; `stored` is then what is stored after it.
    static bool fits(const Call& call, Value& stored) {
        const bool had = stored.has_value();
        switch (call.kind) {
            case Call::Kind::read:
                return call.value == stored;
            case Call::Kind::write:
                stored = call.value;
                return true;
            case Call::Kind::insert:
                if (!had) stored = call.value;
                return call.is_open || call.succeeded != had;
            case Call::Kind::remove:
                stored.reset();
                return call.is_open || call.succeeded == had;
        }
        return false;
    }

    static bool is_in(std::uint64_t set, std::size_t at) { return (set >> at & 1U) != 0; }

    std::vector<Call> calls_;
    std::set<std::pair<std::uint64_t, Value>> tried_;
};

}  // namespace linearizability

#endif
