// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_HELD_STORE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_HELD_STORE_HPP

#include <gridone/storage/adapters/detail/any_store.hpp>

#include <memory>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// A store as `AnyStore`, with what has to live as long.
template <TextStore Store>
class HeldStore final : public AnyStore {
public:
    explicit HeldStore(Store store, std::shared_ptr<const void> owner = nullptr)
        : owner_{std::move(owner)}, store_{std::move(store)} {}

    std::optional<std::string> find(const CallSite& site) const override {
        const auto found = store_.find(site);
        if (!found) return std::nullopt;
        return std::optional<std::string>{std::string_view{*found}};
    }
    std::optional<StoredText> find_document(const CallSite& site) const override { return store_.find_document(site); }
    std::optional<StoredText> lock(const CallSite& site) const override { return store_.lock(site); }
    bool contains(const CallSite& site) const override { return store_.contains(site); }
    AnyRows find_many(const CallSite& site, Ids ids) const override { return AnyRows{store_.find_many(site, ids)}; }
    AnyRows rows(const CallSite& site, std::size_t most) const override { return AnyRows{store_.rows(site, most)}; }
    Rows rows_after(const CallSite& site, const std::optional<std::string>& after) const override {
        return store_.rows_after(site, after);
    }
    Strings ids(const CallSite& site) const override { return store_.ids(site); }
    std::size_t count(const CallSite& site) const override { return store_.count(site); }

    Rows query(const CallSite& site, const QuerySpec& spec) const override { return store_.query(site, spec); }
    CountedRows query_counted(const CallSite& site, const QuerySpec& spec) const override {
        return store_.query_counted(site, spec);
    }
    Strings query_ids(const CallSite& site, const QuerySpec& spec) const override {
        return store_.query_ids(site, spec);
    }
    std::size_t query_count(const CallSite& site, const FilterNode& filter) const override {
        return store_.query_count(site, filter);
    }
    bool query_exists(const CallSite& site, const FilterNode& filter) const override {
        return store_.query_exists(site, filter);
    }
    std::vector<ValueCount> query_groups(const CallSite& site, const FilterNode& filter,
                                         const FieldPlace& field) const override {
        return store_.query_groups(site, filter, field);
    }
    SumOfValues query_sum(const CallSite& site, const FilterNode& filter, const FieldPlace& field) const override {
        return store_.query_sum(site, filter, field);
    }
    std::string query_plan(const CallSite& site, const QuerySpec& spec, bool run) const override {
        return store_.query_plan(site, spec, run);
    }
    std::size_t query_remove(const CallSite& site, const QuerySpec& spec) const override {
        return store_.query_remove(site, spec);
    }
    Rows query_patch(const CallSite& site, const QuerySpec& spec, Changes changes) const override {
        return store_.query_patch(site, spec, changes);
    }

    Version put(const CallSite& site, const std::string& text) const override { return store_.put(site, text); }
    MaybeVersion insert(const CallSite& site, const std::string& text) const override {
        return store_.insert(site, text);
    }
    MaybeVersion replace(const CallSite& site, const std::string& text) const override {
        return store_.replace(site, text);
    }
    Guarded replace_if(const CallSite& site, const std::string& text, Version seen) const override {
        return store_.replace_if(site, text, seen);
    }
    Guarded reshape_if(const CallSite& site, const std::string& text, Version seen) const override {
        return store_.reshape_if(site, text, seen);
    }
    bool remove(const CallSite& site) const override { return store_.remove(site); }
    Guarded remove_if(const CallSite& site, Version seen) const override { return store_.remove_if(site, seen); }
    Settled insert_or_find(const CallSite& site, const std::string& text) const override {
        return store_.insert_or_find(site, text);
    }
    std::optional<Settled> upsert_by(const CallSite& site, const UniqueRule& rule,
                                     const std::string& text) const override {
        return store_.upsert_by(site, rule, text);
    }
    MaybeVersion patch(const CallSite& site, Changes changes) const override { return store_.patch(site, changes); }
    Guarded change_if(const CallSite& site, Changes changes, Version seen) const override {
        return store_.change_if(site, changes, seen);
    }

    Versions put_many(const CallSite& site, const Batch& batch) const override { return store_.put_many(site, batch); }
    void put_stream(const CallSite& site, const NextText& next) const override { store_.put_stream(site, next); }
    std::optional<std::string> insert_stream(const CallSite& site, const NextText& next) const override {
        return store_.insert_stream(site, next);
    }
    Inserted insert_many(const CallSite& site, const Batch& batch) const override {
        return store_.insert_many(site, batch);
    }
    Strings insert_missing(const CallSite& site, const Batch& batch) const override {
        return store_.insert_missing(site, batch);
    }
    std::size_t remove_many(const CallSite& site, Ids ids) const override { return store_.remove_many(site, ids); }
    std::size_t clear(const CallSite& site) const override { return store_.clear(site); }

    Deadline deadline() const override { return store_.deadline(); }
    void transaction(const CallSite& site, const TransactionOptions& options, const Body& body) const override {
        store_.transaction(site, options, body);
    }

private:
    std::shared_ptr<const void> owner_;  // first, so that it goes last
    Store store_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
