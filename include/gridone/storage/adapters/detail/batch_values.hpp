// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_BATCH_VALUES_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_BATCH_VALUES_HPP

#include <gridone/storage/adapters/detail/shared_batch.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/sql/text_array.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What the statement of a batch takes: the ids, each once and in byte order, so that two batches never wait for each
/// other, and with writes the texts. A copy, for the riders may leave.
class BatchValues {
public:
    explicit BatchValues(SharedBatch& batch) {
        const std::lock_guard reading{batch.reading};
        places_.reserve(batch.riders.size());
        for (std::size_t seat = 0; seat < batch.riders.size(); ++seat) {
            if (!batch.riders[seat].left) places_.push_back({seat, 0, batch.riders[seat].id});
        }
        std::ranges::sort(places_, {}, &Place::id);
        for (Place& place : places_) {
            const bool is_another = &place == places_.data() || place.id != (&place - 1)->id;
            if (is_another) {
                ids_.push_back(place.id);
                if (is_write(batch.call)) texts_.push_back(batch.riders[place.seat].text);
            }
            place.begin = ids_.bytes() - place.id.size();
        }
        for (Place& place : places_) place.id = ids_.wire().substr(place.begin, place.id.size());
        views_.push_back(ids_.wire());
        if (batch.call == SharedCall::put || batch.call == SharedCall::insert) views_.push_back(texts_.wire());
        seats_ = batch.riders.size();
    }
    BatchValues(const BatchValues&) = delete;
    BatchValues& operator=(const BatchValues&) = delete;
    BatchValues(BatchValues&&) = delete;
    BatchValues& operator=(BatchValues&&) = delete;
    ~BatchValues() = default;

    [[nodiscard]] const std::vector<std::string_view>& views() const noexcept { return views_; }

    /// The row of each seat, if there is one with its id.
    [[nodiscard]] std::vector<std::optional<std::size_t>> rows_of(const Result& result, int id_column) const {
        std::vector<std::optional<std::size_t>> rows(seats_);
        for (std::size_t row = 0; row < result.size(); ++row) {
            for (const Place& place : std::ranges::equal_range(places_, result.text(row, id_column), {}, &Place::id)) {
                rows[place.seat] = row;
            }
        }
        return rows;
    }

private:
    struct Place {
        std::size_t seat;
        std::size_t begin;  // of the id in the array
        std::string_view id;
    };

    TextArray ids_;
    TextArray texts_;
    std::vector<std::string_view> views_;
    std::vector<Place> places_;
    std::size_t seats_ = 0;
};

}  // namespace gridone::storage::inline v0::detail

#endif
