// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RUN_CASE_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_RUN_CASE_HPP

#include "differential/case.hpp"
#include "differential/changes.hpp"
#include "differential/defect.hpp"
#include "differential/model.hpp"
#include "differential/query_of.hpp"
#include "differential/run_query.hpp"
#include "differential/seen.hpp"
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace differential {

/// All documents as `for_each` gives them, which is in any order.
template <class Storage>
std::vector<gridone::storage::Document<json>> walked(const Storage& storage) {
    std::vector<gridone::storage::Document<json>> documents;
    storage.for_each([&](const gridone::storage::Document<json>& document) { documents.push_back(document); });
    std::ranges::sort(documents, {}, &gridone::storage::Document<json>::id);
    return documents;
}

/// A batch whose documents are there only while they are looked at.
inline auto streamed(Pairs batch) {
    return std::move(batch) | std::views::transform([](const auto& document) { return std::pair{document}; });
}

/// The ids of a batch.
inline std::vector<std::string> ids_of(const Pairs& batch) {
    std::vector<std::string> ids;
    ids.reserve(batch.size());
    for (const auto& [id, value] : batch) ids.push_back(id);
    return ids;
}

/// Runs the calls of a case on storages of one database, the first of which begins the transactions.
template <class Storages>
class CaseRun {
public:
    CaseRun(Storages& storages, Seen& seen) : storages_{storages}, seen_{seen} {}

    void run(const std::vector<Operation>& operations) {
        for (const Operation& operation : operations) {
            seen_([&] { return call(operation, nullptr); });
        }
    }

private:
    using Transaction = gridone::storage::Transaction;

    void run_body(const std::vector<Operation>& body, Transaction& transaction) {
        for (const Operation& operation : body) {
            if (operation.kind == Kind::stop) throw Stop{};
            if (operation.passes) {
                seen_.pass([&] { call(operation, &transaction); });
            } else {
                seen_([&] { call(operation, &transaction); });
            }
        }
    }

    void call(const Operation& operation, Transaction* transaction) {
        if (operation.kind == Kind::transaction && transaction != nullptr && !operation.bypasses) {
            if (has(Defect::part_keeps_what_it_did_before_it_failed)) return run_body(operation.body, *transaction);
            return transaction->transaction([&](Transaction& part) { run_body(operation.body, part); });
        }
        if (operation.kind == Kind::on_commit) {
            if (transaction == nullptr) return;
            if (has(Defect::on_commit_runs_at_once)) return seen_.line("committed");
            return transaction->on_commit([&] { seen_.line("committed"); });
        }
        if (is_of_model(operation.kind)) {
            if (transaction == nullptr || operation.bypasses) return call_on_model(storages_.model, operation);
            auto view = storages_.model.in(*transaction);
            return call_on_model(view, operation);
        }
        auto& storage = storages_[operation.table % storages_.size()];
        if (operation.kind == Kind::transaction) {
            return storage.transaction({.read_only = operation.read_only},
                                       [&](Transaction& begun) { run_body(operation.body, begun); });
        }
        if (transaction == nullptr || operation.bypasses) return call_on(storage, operation, transaction);
        auto view = storage.in(*transaction);
        if (operation.kind == Kind::read_for_update) return tell(view.read_for_update(operation.id));
        call_on(view, operation, transaction);
    }

    /// Calls between the pages of a query.
    [[nodiscard]] Meanwhile meanwhile(const Operation& operation, Transaction* transaction) {
        Meanwhile all;
        for (const Operation& each : operation.body) {
            all.emplace_back([this, &each, transaction] { seen_([&] { call(each, transaction); }); });
        }
        return all;
    }

    /// Of storages that have one.
    [[nodiscard]] bool has(Defect defect) const {
        if constexpr (requires { storages_[0].defect(); }) {
            return storages_[0].defect() == defect;
        } else {
            (void)defect;
            return false;
        }
    }

    /// What the call gave, before the "done" that says that it ended well.
    template <class T>
    void tell(const T& result) {
        seen_.line(seen_.text(result));
    }

    gridone::storage::IfVersion condition(const Operation& operation) const {
        return gridone::storage::if_version(
            operation.version < 0 ? seen_.newest() : seen_.version(static_cast<std::size_t>(operation.version)));
    }

    static bool is_of_model(Kind kind) {
        return kind == Kind::model_read || kind == Kind::model_write || kind == Kind::model_edit;
    }

    template <class On>
    void call_on_model(On& on, const Operation& it) {
        if (it.kind == Kind::model_read) return tell(on.read_document(it.id));
        if (it.kind == Kind::model_write) return tell(on.write(it.id, it.value.template get<Model>()));
        tell(on.edit(it.id, [&](Model& model) { update(model, it.value); }));
    }

    template <class On>
    void call_on(On& on, const Operation& it, Transaction* transaction) {
        switch (it.kind) {
            case Kind::write:
                return tell(on.write(it.id, it.value));
            case Kind::insert:
                return tell(on.insert(it.id, it.value));
            case Kind::replace:
                return tell(on.replace(it.id, it.value));
            case Kind::replace_if:
                return tell(on.replace(it.id, it.value, condition(it)));
            case Kind::remove:
                return tell(on.remove(it.id));
            case Kind::remove_if:
                return on.remove(it.id, condition(it));
            case Kind::read:
                return tell(on.read(it.id));
            case Kind::find:
                return tell(on.find(it.id));
            case Kind::read_document:
            case Kind::read_for_update:
                return tell(on.read_document(it.id));
            case Kind::contains:
                return tell(on.contains(it.id));
            case Kind::count:
                return tell(on.count());
            case Kind::list_all:
                return tell(on.list_all());
            case Kind::read_all:
                return tell(on.read_all());
            case Kind::read_many:
                return tell(on.read_many(ids_of(it.batch)));
            case Kind::write_many:
                return tell(on.write_many(it.batch));
            case Kind::write_stream:
                return tell(on.write_many(streamed(it.batch)));
            case Kind::insert_many:
                return tell(on.insert_many(it.batch));
            case Kind::insert_stream:
                return tell(on.insert_many(streamed(it.batch)));
            case Kind::insert_missing:
                return tell(on.insert_missing(it.batch));
            case Kind::remove_many:
                return tell(on.remove_many(ids_of(it.batch)));
            case Kind::insert_or_find:
                return tell(on.insert_or_find(it.id, it.value));
            case Kind::upsert_by:
                return with_type(it.changes.at(0).type, [&]<class T>(TypeTag<T>) {
                    if constexpr (gridone::storage::detail::ComparableFieldOf<gridone::storage::Path<T>, json>) {
                        tell(on.upsert_by(gridone::storage::Path<T>{it.changes[0].keys}, it.id, it.value));
                    }
                });
            case Kind::clear:
                return tell(on.clear());
            case Kind::for_each:
                return tell(walked(on));
            case Kind::patch:
                return tell(on.patch(it.id, changes_of(it.changes)));
            case Kind::patch_if:
                return tell(on.patch(it.id, condition(it), changes_of(it.changes)));
            case Kind::edit:
                return tell(on.edit(it.id, [&, left = it.meddlings](json& document) mutable {
                    if (left-- > 0) on.write(it.id, it.value);
                    take_steps(document, it.steps);
                }));
            case Kind::query:
                return QueryRun{seen_, meanwhile(it, transaction)}(on.query(QueryOf{seen_}(it.query)), it);
            case Kind::model_read:
            case Kind::model_write:
            case Kind::model_edit:
            case Kind::transaction:
            case Kind::on_commit:
            case Kind::stop:
                break;
        }
    }

    Storages& storages_;
    Seen& seen_;
};

}  // namespace differential

#endif
