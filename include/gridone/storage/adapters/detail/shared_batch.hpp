// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_SHARED_BATCH_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_SHARED_BATCH_HPP

#include <gridone/storage/adapters/coalescing_options.hpp>
#include <gridone/storage/adapters/detail/parking_word.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What calls can share a statement for.
enum class SharedCall : std::uint8_t { find, contains, put, insert, remove };

constexpr bool is_write(SharedCall call) noexcept {
    return call >= SharedCall::put;
}

/// One caller's part of a batch. Views of what the caller holds: nobody looks at them once it has left.
struct Rider {
    std::string_view id;
    std::string_view text = {};
    Deadline deadline = Deadline::max();
    bool may_lead = true;  ///< Nothing but its deadline can end its call.
    bool left = false;
    const CallSite* site = nullptr;  ///< Of one that may lead; lives until its batch is answered.
    std::thread::id thread = std::this_thread::get_id();
};

struct SentAhead;

/// Calls that one statement answers. Its members are the `Coalescer`'s, under its mutex, until `under_way` is set, and
/// from then on those of the caller that leads it, or until `sent` is set of the one that sends its statement for it; what
/// is an answer may be read by all once `answered` is set.
class SharedBatch {
public:
    static constexpr std::uint32_t under_way = 1, sent = 2, answered = 4;
    static constexpr std::size_t nobody = static_cast<std::size_t>(-1);

    explicit SharedBatch(SharedCall what) noexcept : call{what} {}

    /// A write of an id that is in it already would take it twice to one statement.
    [[nodiscard]] bool has_room_for(const Rider& rider, const CoalescingOptions& limits) const {
        if (riders.size() >= limits.max_batch || bytes + size_of(rider) > limits.max_batch_bytes) return false;
        return !is_write(call) || std::ranges::find(hashes_, hash_of(rider)) == hashes_.end();
    }

    /// @returns its seat
    std::size_t join(const Rider& rider) {
        riders.push_back(rider);
        if (is_write(call)) hashes_.push_back(hash_of(rider));
        bytes += size_of(rider);
        ++present;
        return riders.size() - 1;
    }

    /// The seat of who can wait longest for the answer.
    [[nodiscard]] std::optional<std::size_t> best_leader() const {
        std::optional<std::size_t> best;
        for (std::size_t seat = 0; seat < riders.size(); ++seat) {
            const Rider& rider = riders[seat];
            if (rider.left || !rider.may_lead) continue;
            if (!best || rider.deadline > riders[*best].deadline) best = seat;
        }
        return best;
    }

    const SharedCall call;
    ParkingWord word;
    std::vector<Rider> riders;
    std::size_t bytes = 0;
    std::size_t present = 0;                  ///< Riders that have not left.
    std::atomic<std::size_t> leader{nobody};  ///< Its seat.
    std::mutex reading;                       ///< While somebody reads what the riders hold.
    std::shared_ptr<SentAhead> sent_ahead{};  ///< Its statement, if it was sent for the leader.

    // The answer.
    bool is_told = false;             ///< Whether the server gave one; otherwise each call is to be made alone.
    std::optional<LostReply> lost{};  ///< What to look for first in that case, if it may have been applied.
    Result result{};
    std::vector<std::optional<std::size_t>> rows{};  ///< Of each rider.

private:
    [[nodiscard]] static std::size_t size_of(const Rider& rider) noexcept {
        return rider.id.size() + rider.text.size();
    }
    [[nodiscard]] static std::size_t hash_of(const Rider& rider) { return std::hash<std::string_view>{}(rider.id); }

    std::vector<std::size_t> hashes_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
