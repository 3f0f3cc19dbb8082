// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_STORAGE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECTIVE_STORAGE_HPP

#include "differential/case.hpp"
#include "differential/defect.hpp"
#include "differential/defective_changes.hpp"
#include "differential/defective_queries.hpp"
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/detail/document_operations.hpp>
#include <gridone/storage/query/detail/text_store.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace differential {

/// A store that does as another does, but for its defect.
template <class Inner>
class DefectiveStore : public DefectiveQueries<Inner> {
    using CallSite = gridone::storage::detail::CallSite;
    using StoredText = gridone::storage::detail::StoredText;
    using StoredRow = gridone::storage::detail::StoredRow;
    using NewText = gridone::storage::detail::NewText;
    using NextText = gridone::storage::detail::NextText;
    using Guarded = gridone::storage::detail::Guarded;
    using Inserted = gridone::storage::detail::Inserted;
    using Settled = gridone::storage::detail::Settled;
    using FieldChange = gridone::storage::detail::FieldChange;
    using UniqueRule = gridone::storage::detail::UniqueRule;
    using Version = gridone::storage::Version;
    using Transaction = gridone::storage::Transaction;

public:
    using DefectiveQueries<Inner>::DefectiveQueries;

    [[nodiscard]] auto deadline() const { return inner_->deadline(); }

    // Lookups.

    auto find(CallSite site) const {
        if (is(Defect::find_normalises_ids) && site.id == "e\u0301") site.id = "\u00e9";
        return inner_->find(site);
    }
    std::optional<StoredText> find_document(const CallSite& site) const {
        std::optional<StoredText> found = inner_->find_document(site);
        if (found && site.operation == "read_document" && is(Defect::read_document_gives_another_version)) {
            found->version = Version{static_cast<std::int64_t>(found->text.size())};
        }
        return found;
    }
    std::optional<StoredText> lock(const CallSite& site) const {
        if (is(Defect::read_for_update_finds_nothing) && site.operation == "read_for_update") return std::nullopt;
        return inner_->lock(site);
    }
    bool contains(CallSite site) const {
        if (is(Defect::contains_ignores_case) && site.id == "A") site.id = "a";
        return inner_->contains(site);
    }
    auto find_many(const CallSite& site, std::span<const std::string_view> ids) const {
        return inner_->find_many(site, is(Defect::read_many_gives_only_one) && !ids.empty() ? ids.first(1) : ids);
    }
    std::vector<std::pair<std::string, std::string>> rows(const CallSite& site, std::size_t max_rows) const {
        std::vector<std::pair<std::string, std::string>> rows;
        for (const auto& [id, text] : inner_->rows(site, max_rows)) rows.emplace_back(id, text);
        if (is(Defect::read_all_is_unsorted)) std::ranges::reverse(rows);
        if (is(Defect::read_all_is_short) && rows.size() > max_rows) rows.pop_back();
        return rows;
    }
    std::vector<StoredRow> rows_after(const CallSite& site, const std::optional<std::string>& after) const {
        std::vector<StoredRow> rows = inner_->rows_after(site, after);
        if (is(Defect::for_each_leaves_out_the_first) && rows.size() > 1) rows.erase(rows.begin());
        return rows;
    }
    std::vector<std::string> ids(const CallSite& site) const {
        std::vector<std::string> ids = inner_->ids(site);
        if (is(Defect::list_all_is_unsorted)) std::ranges::reverse(ids);
        return ids;
    }
    std::size_t count(const CallSite& site) const {
        return inner_->count(site) + (is(Defect::count_is_one_more) ? 1 : 0);
    }

    // Single writes.

    Version put(const CallSite& site, const std::string& text) const {
        if (is(Defect::write_keeps_the_old)) {
            if (const auto old = inner_->find_document(site)) return old->version;
        }
        if (is(Defect::write_rounds_integers)) return inner_->put(site, DefectiveChanges::rounded(text));
        return inner_->put(site, text);
    }
    std::optional<Version> insert(const CallSite& site, const std::string& text) const {
        if (is(Defect::insert_overwrites)) return inner_->put(site, text);
        return inner_->insert(site, text);
    }
    std::optional<Version> replace(const CallSite& site, const std::string& text) const {
        if (is(Defect::replace_creates)) return inner_->put(site, text);
        return inner_->replace(site, text);
    }
    Guarded replace_if(const CallSite& site, const std::string& text, Version seen) const {
        if (is(Defect::replace_refuses_the_right_version)) seen = Version{0};
        return inner_->replace_if(site, text, or_stored(site, seen, Defect::replace_ignores_the_version));
    }
    Guarded reshape_if(const CallSite& site, const std::string& text, Version seen) const {
        return inner_->reshape_if(site, text, seen);
    }
    bool remove(const CallSite& site) const {
        if (is(Defect::remove_keeps)) return inner_->contains(site);
        return inner_->remove(site) || is(Defect::remove_lies);
    }
    Guarded remove_if(const CallSite& site, Version seen) const {
        return inner_->remove_if(site, or_stored(site, seen, Defect::remove_ignores_the_version));
    }
    Settled insert_or_find(const CallSite& site, const std::string& text) const {
        Settled settled = inner_->insert_or_find(site, text);
        if (is(Defect::insert_or_find_overwrites) && !settled.inserted && settled.row.id == site.id) {
            inner_->put(site, text);
        }
        if (is(Defect::insert_or_find_says_inserted)) settled.inserted = true;
        return settled;
    }
    std::optional<Settled> upsert_by(const CallSite& site, const UniqueRule& rule, const std::string& text) const {
        if (!is(Defect::upsert_by_inserts_only)) return inner_->upsert_by(site, rule, text);
        return inner_->insert_or_find(site, text);
    }

    // Changes.

    std::optional<Version> patch(const CallSite& site, std::span<const FieldChange> changes) const {
        if (is(Defect::patch_applies_a_part)) {
            std::optional<Version> version;
            for (const FieldChange& change : changes) version = inner_->patch(site, std::span{&change, 1});
            return version;
        }
        const DefectiveChanges wrong{defect_, stored(site)};
        std::vector<FieldChange> made{changes.begin(), changes.end()};
        for (FieldChange& change : made) wrong.spoil(change);
        try {
            return inner_->patch(site, made);
        } catch (const gridone::storage::InvalidInputError&) {
            if (!wrong.force(made)) throw;
            return inner_->patch(site, made);
        }
    }
    gridone::storage::detail::Guarded change_if(const CallSite& site, std::span<const FieldChange> changes,
                                                Version seen) const {
        if (is(Defect::edit_stores_a_part)) changes = changes.first(1);
        return inner_->change_if(site, changes, or_stored(site, seen, Defect::edit_ignores_the_version));
    }

    // Batches.

    void put_stream(const CallSite& site, const NextText& next) const {
        if (!is(Defect::write_stream_stores_the_first_of_an_id)) return inner_->put_stream(site, next);
        std::set<std::string> seen;
        inner_->put_stream(site, [&] {
            auto each = next();
            while (each && !seen.emplace(each->id).second) each = next();
            return each;
        });
    }

    std::optional<std::string> insert_stream(const CallSite& site, const NextText& next) const {
        std::optional<std::string> taken = inner_->insert_stream(site, next);
        if (is(Defect::insert_stream_leaves_out_what_is_taken)) taken.reset();
        return taken;
    }

    std::vector<Version> put_many(const CallSite& site, const std::vector<NewText>& batch) const {
        std::vector<Version> versions = inner_->put_many(site, batch);
        if (is(Defect::write_many_gives_versions_backwards)) std::ranges::reverse(versions);
        if (is(Defect::write_many_stores_the_last_only) && batch.size() > 1) remove_one(site, batch.front().id);
        return versions;
    }
    Inserted insert_many(const CallSite& site, const std::vector<NewText>& batch) const {
        Inserted inserted = inner_->insert_many(site, batch);
        if (inserted.taken && is(Defect::insert_many_stores_a_part)) (void)inner_->insert_missing(site, batch);
        return inserted;
    }
    std::vector<std::string> insert_missing(const CallSite& site, const std::vector<NewText>& batch) const {
        std::vector<std::string> ids = inner_->insert_missing(site, batch);
        if (is(Defect::insert_missing_overwrites)) (void)inner_->put_many(site, batch);
        if (is(Defect::insert_missing_lies)) {
            ids.clear();
            for (const NewText& each : batch) ids.emplace_back(each.id);
        }
        return ids;
    }
    std::size_t remove_many(const CallSite& site, std::span<const std::string_view> ids) const {
        if (is(Defect::remove_many_leaves_the_last) && ids.size() > 1) ids = ids.first(ids.size() - 1);
        const std::size_t removed = inner_->remove_many(site, ids);
        return is(Defect::remove_many_counts_all) ? ids.size() : removed;
    }
    std::size_t clear(const CallSite& site) const {
        const std::vector<std::string> ids = inner_->ids(site);
        if (!is(Defect::clear_keeps_one) || ids.empty()) {
            const std::size_t removed = inner_->clear(site);
            return is(Defect::clear_counts_nothing) ? 0 : removed;
        }
        const std::vector<std::string_view> all{ids.begin(), ids.end()};
        return inner_->remove_many(site, std::span{all}.subspan(1)) + 1;
    }

    void transaction(const CallSite& site, gridone::storage::TransactionOptions options,
                     const std::function<void(Transaction&)>& body) const {
        if (is(Defect::transaction_writes_though_read_only)) options.read_only = false;
        if (is(Defect::transaction_undoes_what_a_body_did)) {
            struct Undo {};
            try {
                return inner_->transaction(site, options, [&](Transaction& begun) {
                    body(begun);
                    throw Undo{};
                });
            } catch (const Undo&) {
                return;
            }
        }
        if (!is(Defect::transaction_keeps_what_a_failed_body_did)) return inner_->transaction(site, options, body);
        std::exception_ptr failure;
        inner_->transaction(site, options, [&](Transaction& begun) {
            try {
                body(begun);
            } catch (...) {
                failure = std::current_exception();
            }
        });
        if (failure) std::rethrow_exception(failure);
    }

private:
    using DefectiveQueries<Inner>::is;
    using DefectiveQueries<Inner>::inner_;
    using DefectiveQueries<Inner>::defect_;

    Version or_stored(const CallSite& site, Version seen, Defect defect) const {
        if (!is(defect)) return seen;
        const auto found = inner_->find_document(site);
        return found ? found->version : seen;
    }

    void remove_one(CallSite site, std::string_view id) const {
        site.id = id;
        (void)inner_->remove(site);
    }

    [[nodiscard]] json stored(const CallSite& site) const {
        const auto found = inner_->find_document(site);
        return found ? gridone::storage::parse_json(found->text) : json();
    }
};

/// A backend's storage with a defect.
template <class Backend>
class DefectiveStorage : public gridone::storage::detail::DocumentOperations<DefectiveStorage<Backend>, json, void> {
    using Inner =
        std::remove_cvref_t<decltype(gridone::storage::detail::StorageAccess::store(std::declval<const Backend&>()))>;

public:
    /// @param defect  may change between calls
    DefectiveStorage(Backend backend, const Defect& defect) : backend_{std::move(backend)}, defect_{&defect} {}

    [[nodiscard]] const auto& table() const noexcept { return backend_.table(); }
    [[nodiscard]] Defect defect() const noexcept { return *defect_; }

private:
    friend struct gridone::storage::detail::StorageAccess;
    DefectiveStore<Inner> store() const { return {gridone::storage::detail::StorageAccess::store(backend_), *defect_}; }

    Backend backend_;
    const Defect* defect_;
};

}  // namespace differential

#endif
