// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_ANY_STORE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_ANY_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/field_place.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/detail/text_store.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// Rows (id, text) of whatever store, as views into what it gave.
class AnyRows {
public:
    template <class Rows>
    explicit AnyRows(Rows given) {
        auto kept = std::make_shared<const Rows>(std::move(given));
        rows_.reserve(kept->size());
        for (const auto& [id, text] : *kept) rows_.emplace_back(id, text);
        kept_ = std::move(kept);
    }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] auto begin() const noexcept { return rows_.begin(); }
    [[nodiscard]] auto end() const noexcept { return rows_.end(); }

private:
    std::shared_ptr<const void> kept_;
    std::vector<std::pair<std::string_view, std::string_view>> rows_;
};

/// A store of JSON texts, whichever it is; `TextStore` says what each does.
class AnyStore {
public:
    using Ids = std::span<const std::string_view>;
    using Changes = std::span<const FieldChange>;
    using Batch = std::vector<NewText>;
    using Strings = std::vector<std::string>;
    using Rows = std::vector<StoredRow>;
    using Versions = std::vector<Version>;
    using MaybeVersion = std::optional<Version>;
    using Body = std::function<void(Transaction&)>;

    AnyStore() = default;
    AnyStore(const AnyStore&) = delete;
    AnyStore& operator=(const AnyStore&) = delete;
    AnyStore(AnyStore&&) = delete;
    AnyStore& operator=(AnyStore&&) = delete;
    virtual ~AnyStore() = default;

    [[nodiscard]] virtual std::optional<std::string> find(const CallSite&) const = 0;
    [[nodiscard]] virtual std::optional<StoredText> find_document(const CallSite&) const = 0;
    [[nodiscard]] virtual std::optional<StoredText> lock(const CallSite&) const = 0;
    [[nodiscard]] virtual bool contains(const CallSite&) const = 0;
    [[nodiscard]] virtual AnyRows find_many(const CallSite&, Ids) const = 0;
    [[nodiscard]] virtual AnyRows rows(const CallSite&, std::size_t max_rows) const = 0;
    [[nodiscard]] virtual Rows rows_after(const CallSite&, const std::optional<std::string>& after) const = 0;
    [[nodiscard]] virtual Strings ids(const CallSite&) const = 0;
    [[nodiscard]] virtual std::size_t count(const CallSite&) const = 0;

    [[nodiscard]] virtual Rows query(const CallSite&, const QuerySpec&) const = 0;
    [[nodiscard]] virtual CountedRows query_counted(const CallSite&, const QuerySpec&) const = 0;
    [[nodiscard]] virtual Strings query_ids(const CallSite&, const QuerySpec&) const = 0;
    [[nodiscard]] virtual std::size_t query_count(const CallSite&, const FilterNode&) const = 0;
    [[nodiscard]] virtual bool query_exists(const CallSite&, const FilterNode&) const = 0;
    [[nodiscard]] virtual std::vector<ValueCount> query_groups(const CallSite&, const FilterNode&,
                                                               const FieldPlace&) const = 0;
    [[nodiscard]] virtual SumOfValues query_sum(const CallSite&, const FilterNode&, const FieldPlace&) const = 0;
    [[nodiscard]] virtual std::string query_plan(const CallSite&, const QuerySpec&, bool run) const = 0;
    virtual std::size_t query_remove(const CallSite&, const QuerySpec&) const = 0;
    [[nodiscard]] virtual Rows query_patch(const CallSite&, const QuerySpec&, Changes) const = 0;

    [[nodiscard]] virtual Version put(const CallSite&, const std::string& text) const = 0;
    [[nodiscard]] virtual MaybeVersion insert(const CallSite&, const std::string& text) const = 0;
    [[nodiscard]] virtual MaybeVersion replace(const CallSite&, const std::string& text) const = 0;
    [[nodiscard]] virtual Guarded replace_if(const CallSite&, const std::string& text, Version seen) const = 0;
    [[nodiscard]] virtual Guarded reshape_if(const CallSite&, const std::string& text, Version seen) const = 0;
    [[nodiscard]] virtual bool remove(const CallSite&) const = 0;
    [[nodiscard]] virtual Guarded remove_if(const CallSite&, Version seen) const = 0;
    [[nodiscard]] virtual Settled insert_or_find(const CallSite&, const std::string& text) const = 0;
    [[nodiscard]] virtual std::optional<Settled> upsert_by(const CallSite&, const UniqueRule&,
                                                           const std::string& text) const = 0;
    [[nodiscard]] virtual MaybeVersion patch(const CallSite&, Changes) const = 0;
    [[nodiscard]] virtual Guarded change_if(const CallSite&, Changes, Version seen) const = 0;

    [[nodiscard]] virtual Versions put_many(const CallSite&, const Batch&) const = 0;
    virtual void put_stream(const CallSite&, const NextText&) const = 0;
    virtual std::optional<std::string> insert_stream(const CallSite&, const NextText&) const = 0;
    [[nodiscard]] virtual Inserted insert_many(const CallSite&, const Batch&) const = 0;
    [[nodiscard]] virtual Strings insert_missing(const CallSite&, const Batch&) const = 0;
    [[nodiscard]] virtual std::size_t remove_many(const CallSite&, Ids) const = 0;
    [[nodiscard]] virtual std::size_t clear(const CallSite&) const = 0;

    [[nodiscard]] virtual Deadline deadline() const = 0;
    virtual void transaction(const CallSite&, const TransactionOptions&, const Body&) const = 0;
};
static_assert(TextStore<AnyStore>);

}  // namespace gridone::storage::inline v0::detail

#endif
