// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_STORE_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/detail/found_documents.hpp>
#include <gridone/storage/postgres/detail/postgres_loads.hpp>
#include <gridone/storage/postgres/sql/batch_chunks.hpp>
#include <gridone/storage/postgres/sql/changed_document.hpp>
#include <gridone/storage/postgres/sql/query_statements.hpp>
#include <gridone/storage/postgres/sql/sql_values.hpp>
#include <gridone/storage/query/detail/apply_changes.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/text_store.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// JSON texts in one table. What it does with batches is one statement, or one transaction of a statement for each
/// chunk.
class PostgresStore : public PostgresLoads {
public:
    using PostgresLoads::PostgresLoads;

    [[nodiscard]] Deadline deadline() const { return manager_->deadline(); }

    void transaction(const CallSite& site, const TransactionOptions& options,
                     const std::function<void(Transaction&)>& body) const {
        manager_->transaction(site, options, body);
    }

    std::size_t query_remove(const CallSite& site, const QuerySpec& spec) const {
        return removed(ask(site, [&](QueryStatements& sql) { return sql.remove(spec); }), site);
    }

    [[nodiscard]] std::vector<StoredRow> query_patch(const CallSite& site, const QuerySpec& spec,
                                                     std::span<const FieldChange> changes) const {
        for (int attempt = 0;; ++attempt) {
            try {
                std::vector<StoredRow> changed = change_chosen(site, spec, changes);
                std::ranges::sort(changed, {}, &StoredRow::id);
                return changed;
            } catch (const StorageError& error) {
                if (error.sqlstate() != "22P02" || attempt == most_attempts) throw;
            }
            refuse_what_does_not_fit(site, spec, changes);
        }
    }

    [[nodiscard]] std::vector<Version> put_many(const CallSite& site, const std::vector<NewText>& batch) const {
        std::vector<Version> versions;
        for_chunks(site, batch, [&](const CallSite& part, const TextChunks& chunk) {
            if (chunk.begin() == 0) versions.clear();  // a transaction may run again
            add_versions(versions,
                         manager_->run(statements_.put_many, {chunk.ids().wire(), chunk.texts().wire()}, part));
        });
        expect_all(site, versions.size(), batch.size());
        return versions;
    }

    [[nodiscard]] Inserted insert_many(const CallSite& site, const std::vector<NewText>& batch) const {
        Inserted inserted;
        try {
            for_chunks(site, batch, [&](const CallSite& part, const TextChunks& chunk) {
                if (chunk.begin() == 0) inserted.versions.clear();
                add_versions(inserted.versions, insert_chunk(part, chunk));
            });
        } catch (const Taken& taken) {
            return {.taken = taken.id};
        }
        expect_all(site, inserted.versions.size(), batch.size());
        return inserted;
    }

    [[nodiscard]] std::vector<std::string> insert_missing(const CallSite& site,
                                                          const std::vector<NewText>& batch) const {
        std::vector<std::string> ids;
        for_chunks(site, batch, [&](const CallSite& part, const TextChunks& chunk) {
            if (chunk.begin() == 0) ids.clear();
            for (std::string& id : first_column(
                     manager_->run(statements_.insert_missing, {chunk.ids().wire(), chunk.texts().wire()}, part),
                     part)) {
                ids.push_back(std::move(id));
            }
        });
        return ids;
    }

    [[nodiscard]] std::size_t remove_many(const CallSite& site, std::span<const std::string_view> ids) const {
        std::size_t sum = 0;
        const auto all = [&](const CallSite& part) {
            sum = 0;
            for (IdChunks chunks{ids}; chunks.next();) {
                sum += removed(manager_->run(statements_.remove_many, {chunks.ids().wire()}, part), part);
            }
        };
        as_one(site, IdChunks{ids}.is_one(), all);
        return sum;
    }

    [[nodiscard]] std::size_t clear(const CallSite& site) const {
        return removed(manager_->run(statements_.clear, {}, site), site);
    }

private:
    /// What the changes do not fit is told by what does the same in memory.
    void refuse_what_does_not_fit(const CallSite& site, const QuerySpec& spec,
                                  std::span<const FieldChange> changes) const {
        std::vector<StoredRow> chosen = query(site, spec);
        std::ranges::sort(chosen, {}, &StoredRow::id);
        CallSite at = site;
        for (const StoredRow& row : chosen) {
            at.id = row.id;
            located(at, [&] { (void)apply_changes(parse_json(row.text, limits_), changes); });
        }
    }

    /// A refusal in a transaction leaves the transaction intact. What does not fit is told before what breaks a rule,
    /// whichever of the documents the server comes to first.
    [[nodiscard]] std::vector<StoredRow> change_chosen(const CallSite& site, const QuerySpec& spec,
                                                       std::span<const FieldChange> changes) const {
        SqlValues chosen{SqlValues::As::parameters};
        const std::string condition =
            located(site, [&] { return QueryStatements{statements_, chosen}.is_chosen(spec); });
        std::vector<ParameterType> types = chosen.types();
        std::vector<std::string_view> values = chosen.views();
        const ChangedDocument changed{statements_.data, changes, limits_, types, values};
        Statement statement = QueryStatements::change(statements_, changed.document(), changed.condition(), condition);
        statement.parameters = types;
        std::vector<StoredRow> rows;
        as_one(
            site, site.transaction == nullptr,
            [&](const CallSite& part) {
                const Result result = manager_->run(statement, values, part);
                rows = read_of_write(part, [&] { return stored_rows(result, part); });
            },
            [&](auto&& attempt) {
                try {
                    attempt();
                } catch (const ConstraintError&) {
                    refuse_what_does_not_fit(site, spec, changes);
                    throw;
                }
            });
        return rows;
    }

    template <class RunChunk>
    void for_chunks(const CallSite& site, const std::vector<NewText>& batch, RunChunk&& run) const {
        as_one(site, TextChunks{batch}.is_one(), [&](const CallSite& part) {
            for (TextChunks chunks{batch}; chunks.next();) run(part, std::as_const(chunks));
        });
    }

    /// @throws Taken
    Result insert_chunk(const CallSite& site, const TextChunks& chunk) const {
        for (int attempt = 0;; ++attempt) {
            std::optional<ConstraintError> raced;
            try {
                Result result =
                    manager_->run(statements_.insert_many, {chunk.ids().wire(), chunk.texts().wire()}, site);
                if (result.size() != 0 || chunk.ids().size() == 0) return result;
            } catch (const ConstraintError& error) {  // of a rule, or of an id that was taken at the same moment
                if (site.transaction != nullptr) throw;
                raced = error;
            }
            const Result taken = manager_->run(statements_.first_taken, {chunk.ids().wire()}, site);
            if (taken.size() != 0) throw Taken{std::string{taken.value(0, 0)}};
            if (raced) throw ConstraintError{*raced};
            if (attempt == most_attempts) throw InternalError{site.because("the server inserts nothing")};
        }
    }

    static void add_versions(std::vector<Version>& versions, const Result& result) {
        for (std::size_t row = 0; row < result.size(); ++row) versions.emplace_back(result.number(row, 0));
    }

    [[nodiscard]] static std::size_t removed(const Result& result, const CallSite& site) {
        return read_of_write(site, [&] { return result.removed(); });
    }

    static void expect_all(const CallSite& site, std::size_t stored, std::size_t given) {
        if (stored != given) throw InternalError{site.because("the server stored another number than it was given")};
    }
};

static_assert(TextStore<PostgresStore>);

}  // namespace gridone::storage::inline v0::detail

#endif
