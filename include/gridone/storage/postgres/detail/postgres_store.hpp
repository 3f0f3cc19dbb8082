// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_STORE_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/detail/found_documents.hpp>
#include <gridone/storage/postgres/detail/postgres_loads.hpp>
#include <gridone/storage/postgres/detail/suppressed_write.hpp>
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
        return removed(
            site, [&](bool fails) { return ask(site, [&](QueryStatements& sql) { return sql.remove(spec, fails); }); });
    }

    [[nodiscard]] std::vector<StoredRow> query_patch(const CallSite& site, const QuerySpec& spec,
                                                     std::span<const FieldChange> changes) const {
        for (int attempt = 1;; ++attempt) {
            try {
                std::vector<StoredRow> changed = change_chosen(site, spec, changes);
                std::ranges::sort(changed, {}, &StoredRow::id);
                return changed;
            } catch (const StorageError& error) {
                if (error.sqlstate() != "22P02") throw;
                const std::optional<std::string> untouched = untouched_id(error);
                if (untouched && attempt >= most_suppressed_attempts) throw_suppressed(site, *untouched);
                if (attempt == most_refusals) throw;
            }
            refuse_what_does_not_fit(site, spec, changes);
        }
    }

    [[nodiscard]] std::vector<Version> put_many(const CallSite& site, const std::vector<NewText>& batch) const {
        std::vector<Version> versions(batch.size(), Version{0});
        as_whole(site, [&] {
            for_chunks(site, batch, [&](const CallSite& part, const TextChunks& chunk) {
                note_versions(part, chunk, versions,
                              manager_->run(statements_.put_many, {chunk.ids().wire(), chunk.texts().wire()}, part));
            });
        });
        return versions;
    }

    [[nodiscard]] Inserted insert_many(const CallSite& site, const std::vector<NewText>& batch) const {
        Inserted inserted{.versions = std::vector<Version>(batch.size(), Version{0})};
        try {
            as_whole(site, [&] {
                for_chunks(site, batch, [&](const CallSite& part, const TextChunks& chunk) {
                    note_versions(part, chunk, inserted.versions, insert_chunk(part, chunk));
                });
            });
        } catch (const Taken& taken) {
            return {.taken = taken.id};
        }
        return inserted;
    }

    [[nodiscard]] std::vector<std::string> insert_missing(const CallSite& site,
                                                          const std::vector<NewText>& batch) const {
        std::vector<std::string> ids;
        const auto insert = [&](const CallSite& part, const TextChunks& chunk) {
            if (chunk.begin() == 0) ids.clear();  // a transaction may run again
            insert_missing(part, chunk, ids);
        };
        try {
            for_chunks(site, batch, insert);
        } catch (const InvalidInputError& error) {
            if (!untouched_id(error)) throw;
            as_one(site, false, [&](const CallSite& part) {
                for (TextChunks chunks{batch}; chunks.next();) insert(part, chunks);
            });
        }
        std::ranges::sort(ids);
        return ids;
    }

    [[nodiscard]] std::size_t remove_many(const CallSite& site, std::span<const std::string_view> ids) const {
        std::size_t all_removed = 0;
        as_one(site, IdChunks{ids}.is_one(), [&](const CallSite& part) {
            all_removed = 0;
            for (IdChunks chunks{ids}; chunks.next();) {
                all_removed += removed(part, [&](bool fails) {
                    return manager_->run(statements_.remove_many, {chunks.ids().wire(), fails ? "true" : "false"},
                                         part);
                });
            }
        });
        return all_removed;
    }

    /// What removes nothing is followed by a statement that looks whether a trigger or a policy keeps rows.
    [[nodiscard]] std::size_t clear(const CallSite& site) const {
        const Result cleared = manager_->run(statements_.clear, {}, site);
        if (const std::size_t all = read_of_write(site, [&] { return cleared.removed(); }); all != 0) return all;
        return removed(site, [&](bool fails) {
            return manager_->run(statements_.clear_checked, {fails ? "true" : "false"}, site);
        });
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
        const QueryStatements::Chosen rows_of_query =
            located(site, [&] { return QueryStatements{statements_, chosen}.chosen(spec); });
        std::vector<ParameterType> types = chosen.types();
        std::vector<std::string_view> values = chosen.views();
        const ChangedDocument changed{statements_.data, changes, limits_, types, values};
        Statement statement =
            QueryStatements::change(statements_, changed.document(), changed.condition(), rows_of_query);
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
        for (int attempt = 1;; ++attempt) {
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
            const bool has_policies = located(site, [&] { return taken.flag(0, 1); });
            if (!taken.is_null(0, 0)) throw Taken{std::string{taken.text(0, 0)}};
            if (raced) {
                if (has_policies && raced->sqlstate() == "23505") expect_none_hidden(site, chunk);
                throw ConstraintError{*raced};
            }
            if (attempt == most_refusals)
                throw InternalError{site.because("the server says of free ids that one is taken")};
        }
    }

    /// Stores what has a free id in a transaction that is undone. @throws Taken  a policy hides the document that has an id
    void expect_none_hidden(const CallSite& site, const TextChunks& chunk) const {
        struct NoneHidden {};
        // NOLINTBEGIN(bugprone-empty-catch): both mean that no document is hidden
        try {
            as_one(site, false, [&](const CallSite& part) {
                const std::vector<std::string> stored = first_column(
                    manager_->run(statements_.insert_untaken, {chunk.ids().wire(), chunk.texts().wire()}, part), part);
                for (const NewText& each : chunk.documents()) {
                    if (std::ranges::find(stored, each.id) == stored.end()) throw Taken{std::string{each.id}};
                }
                throw NoneHidden{};
            });
        } catch (const NoneHidden&) {
        } catch (const ConstraintError&) {  // which is what refused the batch
        }
        // NOLINTEND(bugprone-empty-catch)
    }

    /// Outside a transaction fails with 22P02 where a trigger may have suppressed an insert. In one, each such document is
    /// inserted once more, which tells.
    void insert_missing(const CallSite& site, const TextChunks& chunk, std::vector<std::string>& ids) const {
        if (site.transaction == nullptr) {
            for (std::string& id : first_column(
                     manager_->run(statements_.insert_missing, {chunk.ids().wire(), chunk.texts().wire()}, site),
                     site)) {
                ids.push_back(std::move(id));
            }
            return;
        }
        const Result result =
            manager_->run(statements_.insert_missing_or_tell, {chunk.ids().wire(), chunk.texts().wire()}, site);
        CallSite at = site;
        for (std::size_t row = 0; row < result.size(); ++row) {
            at.id = result.text(row, 0);
            const bool is_stored = located(site, [&] { return result.flag(row, 1); });
            if (is_stored || insert_untouched(at, chunk)) ids.emplace_back(at.id);
        }
    }

    /// @returns whether it is stored now
    [[nodiscard]] bool insert_untouched(const CallSite& site, const TextChunks& chunk) const {
        const auto found = std::ranges::find(chunk.documents(), site.id, &NewText::id);
        if (found == chunk.documents().end()) refuse_other_id(site);
        try {
            return insert_free(site, found->text).has_value();
        } catch (const WriteSuppressedError&) {
            throw_suppressed(site, site.id);
        }
    }

    /// Runs what fails as a whole where the server left a document as it was.
    template <class Run>
    static void as_whole(const CallSite& site, Run&& run) {
        try {
            run();
        } catch (const InvalidInputError& error) {
            if (const std::optional<std::string> untouched = untouched_id(error)) throw_suppressed(site, *untouched);
            throw;
        }
    }

    /// Runs a statement that removes documents. Where it finds one that it did not remove, it runs again, since that may
    /// have been removed by another client. @param run  takes whether it is to fail then; in a transaction it is not
    /// @returns how many it removed
    template <class Run>
    static std::size_t removed(const CallSite& site, Run&& run) {
        std::size_t all = 0;
        for (int attempt = 1;; ++attempt) {
            std::optional<std::string> kept;
            try {
                const Result result = run(site.transaction == nullptr);
                all += read_of_write(site, [&] { return result.count(0, 0); });
                if (!result.is_null(0, 1)) kept = result.text(0, 1);
            } catch (const InvalidInputError& error) {
                kept = untouched_id(error);
                if (!kept) throw;
            }
            if (!kept) return all;
            if (attempt == most_suppressed_attempts) throw_suppressed(site, *kept);
        }
    }

    /// Notes the version of each document of the chunk, in whatever order the server gives them.
    static void note_versions(const CallSite& site, const TextChunks& chunk, std::vector<Version>& versions,
                              const Result& result) {
        const std::span<const NewText> ids = chunk.documents();
        std::vector<bool> has_version(ids.size(), false);
        for (std::size_t row = 0; row < result.size(); ++row) {
            const std::string_view id = result.text(row, 0);
            const bool is_next = row < ids.size() && ids[row].id == id;
            const auto found = is_next ? ids.begin() + static_cast<std::ptrdiff_t>(row)
                                       : std::ranges::lower_bound(ids, id, {}, &NewText::id);
            if (found == ids.end() || found->id != id) refuse_other_id(site);
            const auto at = static_cast<std::size_t>(found - ids.begin());
            has_version[at] = true;
            versions[chunk.begin() + at] = read_of_write(site, [&] { return Version{result.number(row, 1)}; });
        }
        if (std::ranges::find(has_version, false) != has_version.end()) read_of_write(site, [] { throw bad_reply(); });
    }

    [[noreturn]] static void refuse_other_id(const CallSite& site) {
        ErrorInfo info = site.because(
            "the server stored a document under another id than it was given: the id column changes what is written to "
            "it, or a trigger does");
        if (site.transaction != nullptr) site.transaction->guarded([&] { throw SchemaError{info}; });
        info.outcome = Outcome::applied;
        throw SchemaError{std::move(info)};
    }

    /// So often the server refuses for a reason that is not found at the look that follows.
    static constexpr int most_refusals = 20;
};

static_assert(TextStore<PostgresStore>);

}  // namespace gridone::storage::inline v0::detail

#endif
