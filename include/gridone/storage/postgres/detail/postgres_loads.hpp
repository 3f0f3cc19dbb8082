// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_LOADS_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_LOADS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/postgres_transaction.hpp>
#include <gridone/storage/postgres/connection/detail/refused_insert.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/detail/copy_documents.hpp>
#include <gridone/storage/postgres/detail/ordered_chunks.hpp>
#include <gridone/storage/postgres/detail/postgres_single_writes.hpp>
#include <gridone/storage/postgres/detail/suppressed_write.hpp>
#include <gridone/storage/postgres/sql/copy_row.hpp>

#include <optional>
#include <string>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What a store of PostgreSQL loads: documents that are asked for one after another, in one transaction.
class PostgresLoads : public PostgresSingleWrites {
public:
    using PostgresSingleWrites::PostgresSingleWrites;

    void put_stream(const CallSite& site, const NextText& next) const {
        load(site, [&](PostgresTransaction& transaction, const CallSite& part, bool& has_begun) {
            OrderedChunks chunks{next};
            if (rules_.insert_only.empty() && put_new(transaction, chunks, has_begun, part)) return;
            transaction.run_text(statements_.make_loaded, part);
            copy_documents(
                transaction, statements_.copy_loaded, CopyNumberedRows{}, [&] { return chunks.rest(); }, has_begun,
                part);
            const Result expected = transaction.run_text(statements_.count_loaded, part);
            const Result stored = put_loaded(transaction, part);
            const bool are_all =
                located(part, [&] { return expected.is_null(0, 0) || stored.touched() >= expected.count(0, 0); });
            if (!are_all) throw_suppressed(part, {});
            // Otherwise the commit drops it.
            if (site.transaction != nullptr) transaction.run_text(statements_.drop_loaded, part);
        });
    }

    /// @returns the first id that was taken, if one was
    [[nodiscard]] std::optional<std::string> insert_stream(const CallSite& site, const NextText& next) const {
        try {
            load(site, [&](PostgresTransaction& transaction, const CallSite& part, bool& has_begun) {
                try {
                    copy_documents(transaction, statements_.copy_new, CopyTextRows{}, next, has_begun, part);
                } catch (const ConstraintError& error) {
                    if (auto id = taken_id(error, statements_.id)) throw Taken{std::move(*id)};
                    throw;
                }
            });
        } catch (const Taken& taken) {
            return taken.id;
        }
        return std::nullopt;
    }

protected:
    /// Leaves a transaction that is to be undone because of it.
    struct Taken {
        std::string id;
    };

    /// Runs `all(site)`, several statements, as one that happens or not. What dooms a transaction does so here as well,
    /// though all that it did is undone. @param told  calls what it is given, and may throw another error for its
    template <class All, class Told>
    void as_one(const CallSite& site, bool is_one_statement, All&& all, Told&& told) const {
        if (is_one_statement) return told([&] { all(site); });
        if (site.transaction != nullptr) {
            PostgresTransaction::of(site, manager_.get(), Effect::writes);
            return site.transaction->guarded(
                [&] { told([&] { site.transaction->nested(site, [&] { all(site); }); }); });
        }
        manager_->transaction(site, {}, [&](Transaction& transaction) {
            CallSite part = site;
            part.transaction = TransactionAccess::state(transaction).get();
            all(part);
        });
    }

    template <class All>
    void as_one(const CallSite& site, bool is_one_statement, All&& all) const {
        as_one(site, is_one_statement, std::forward<All>(all), [](auto&& attempt) { attempt(); });
    }

private:
    /// Leaves a transaction that cannot be run again, since its documents are gone.
    struct NotAgain {
        TransientError error;
    };

    /// Runs `copy`, all or nothing, and not again once it has begun to ask for documents.
    template <class Copy>
    void load(const CallSite& site, Copy&& copy) const {
        bool has_begun = false;
        try {
            as_one(site, false, [&](const CallSite& part) {
                try {
                    PostgresTransaction& transaction = PostgresTransaction::of(part, manager_.get(), Effect::writes);
                    manager_->expect_exact_ids(transaction, part);
                    copy(transaction, part, has_begun);
                } catch (const TransientError& error) {
                    if (has_begun && site.transaction == nullptr) throw NotAgain{error};
                    throw;
                }
            });
        } catch (const NotAgain& failed) {
            throw TransientError{failed.error};
        }
    }

    /// Writes what is in the table of the session. Documents that other sessions store at the same time can have it refused
    /// by mistake, as `RefusedInsert` describes.
    Result put_loaded(PostgresTransaction& transaction, const CallSite& site) const {
        if (rules_.unique.empty()) return transaction.run_text(statements_.put_loaded, site);
        const Statement load{.sql = {}, .parameters = {}, .violations = statements_.loaded_violations};
        for (int refusals = 1;; ++refusals) {
            try {
                std::optional<Result> stored;
                transaction.nested(site, [&] { stored = transaction.run_text(statements_.put_loaded, site); });
                return *std::move(stored);
            } catch (const ConstraintError& error) {
                if (!is_of_unique_index(error.sqlstate())) throw;
                const Failure refusal{Failure::Kind::server_error, {}, error.sqlstate(), error.constraint()};
                const auto ask = [&](const Statement& question) { return transaction.run(question, {}, site); };
                if (RefusedInsert{load, refusal}.judge(refusals, ask) == RefusedInsert::Violation::real) throw;
                if (refusals == most_attempts) {
                    ErrorInfo info = site.because("other sessions wrote the same documents all the time");
                    info.retry = Retry::new_transaction;
                    throw TransientError{std::move(info)};
                }
            }
        }
    }

    /// Puts new documents straight into the table, as long as their ids ascend, so that two loads do not wait for each
    /// other. False if the rest is to go another way: an id is taken, or COPY is not for this table or role.
    bool put_new(PostgresTransaction& transaction, OrderedChunks& chunks, bool& has_begun, const CallSite& site) const {
        try {
            while (!chunks.is_at_end()) {
                transaction.nested(site, [&] {
                    copy_documents(
                        transaction, statements_.copy_new, CopyTextRows{}, [&] { return chunks.next(); }, has_begun,
                        site);
                });
                chunks.stored();
            }
            return true;
        } catch (const OrderedChunks::OutOfOrder&) {
            return false;
        } catch (const ConstraintError&) {
            if (chunks.is_interrupted()) throw;
        } catch (const SchemaError&) {
            if (chunks.is_interrupted()) throw;
        }
        return false;
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
