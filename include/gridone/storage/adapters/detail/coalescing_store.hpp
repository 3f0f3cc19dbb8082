// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_ADAPTERS_DETAIL_COALESCING_STORE_HPP
#define GRIDONE_STORAGE_ADAPTERS_DETAIL_COALESCING_STORE_HPP

#include <gridone/storage/adapters/coalescing_options.hpp>
#include <gridone/storage/adapters/detail/batch_values.hpp>
#include <gridone/storage/adapters/detail/coalescer.hpp>
#include <gridone/storage/adapters/detail/shared_batch.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/postgres/connection/detail/failure.hpp>
#include <gridone/storage/postgres/connection/detail/lease.hpp>
#include <gridone/storage/postgres/connection/detail/lease_report.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/public_error.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/connection/detail/wait_for_socket.hpp>
#include <gridone/storage/postgres/detail/found_documents.hpp>
#include <gridone/storage/postgres/detail/postgres_store.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// The one document that a call found: its own result, or a row of one that several callers share.
class SharedText {
public:
    explicit SharedText(FoundText alone) {
        auto kept = std::make_shared<const FoundText>(std::move(alone));
        text_ = *kept;
        owner_ = std::move(kept);
    }
    SharedText(std::shared_ptr<const void> owner, std::string_view text) : owner_{std::move(owner)}, text_{text} {}
    operator std::string_view() const noexcept { return text_; }  // NOLINT(google-explicit-constructor): it is a text

private:
    std::shared_ptr<const void> owner_;
    std::string_view text_;
};

/// The statement of a batch that was sent for its leader, and the connection on which the reply comes.
struct SentAhead {
    explicit SentAhead(SharedBatch& batch) : values{batch} {}

    BatchValues values;
    Clock::time_point began = Clock::now();
    std::optional<Failure> failure{};  ///< Of the sending.
    std::optional<Lease> lease{};
};

/// A store of PostgreSQL whose single reads and writes outside transactions share statements. What a shared statement
/// cannot answer for sure, each caller then asks alone, as if it had never been shared.
class CoalescingStore : public PostgresStore {
public:
    CoalescingStore(PostgresStore store, const CoalescingOptions& options)
        : PostgresStore{std::move(store)}, coalescer_{std::make_shared<Coalescer>(options)} {}

    [[nodiscard]] CoalescingStats stats() const { return coalescer_->stats(); }

    [[nodiscard]] std::optional<SharedText> find(const CallSite& site) const {
        return shared<std::optional<SharedText>>(
            SharedCall::find, site, {},
            [&](const CallSite& alone, const LostReply*) -> std::optional<SharedText> {
                auto found = PostgresStore::find(alone);
                if (!found) return std::nullopt;
                return SharedText{*std::move(found)};
            },
            [&](const std::shared_ptr<SharedBatch>& batch,
                std::optional<std::size_t> row) -> std::optional<SharedText> {
                if (!row) return std::nullopt;
                return SharedText{batch, document_text(batch->result, *row, 1, site)};
            });
    }
    [[nodiscard]] bool contains(const CallSite& site) const {
        return shared<bool>(
            SharedCall::contains, site, {},
            [&](const CallSite& alone, const LostReply*) { return PostgresStore::contains(alone); }, was_touched);
    }
    Version put(const CallSite& site, const std::string& text) const {
        return shared<Version>(
            SharedCall::put, site, text,
            [&](const CallSite& alone, const LostReply* lost) { return PostgresStore::put(alone, text, lost); },
            [&](const std::shared_ptr<SharedBatch>& batch, std::optional<std::size_t> row) {
                return version_in(*batch, row.value(), site);
            });
    }
    [[nodiscard]] std::optional<Version> insert(const CallSite& site, const std::string& text) const {
        return shared<std::optional<Version>>(
            SharedCall::insert, site, text,
            [&](const CallSite& alone, const LostReply* lost) { return PostgresStore::insert(alone, text, lost); },
            [&](const std::shared_ptr<SharedBatch>& batch, std::optional<std::size_t> row) -> std::optional<Version> {
                if (!row) return std::nullopt;
                return version_in(*batch, *row, site);
            });
    }
    [[nodiscard]] bool remove(const CallSite& site) const {
        return shared<bool>(
            SharedCall::remove, site, {},
            [&](const CallSite& alone, const LostReply* lost) { return PostgresStore::remove(alone, lost); },
            was_touched);
    }

private:
    static Version version_in(const SharedBatch& batch, std::size_t row, const CallSite& site) {
        return read_of_write(site, [&] { return Version{batch.result.number(row, 2)}; });
    }

    static bool was_touched(const std::shared_ptr<SharedBatch>&, std::optional<std::size_t> row) {
        return row.has_value();
    }

    /// @param alone   makes the call alone
    /// @param answer  reads its answer from a batch and the row that it touched
    template <class Answer, class Alone, class FromBatch>
    Answer shared(SharedCall call, CallSite site, std::string_view text, Alone&& alone, FromBatch&& answer) const {
        if (site.transaction != nullptr) return alone(site, nullptr);
        const Deadline join_until = manager_->begin_to_wait(site);
        const Rider rider{
            .id = site.id, .text = text, .deadline = site.deadline, .may_lead = site.stop == nullptr, .site = &site};
        const Coalescer::Turn turn = coalescer_->arrive(call, rider, join_until, site.stop);
        switch (turn.kind) {
            case Coalescer::Turn::Kind::alone: {
                const StatementEnd end{*coalescer_, call};
                return alone(site, nullptr);
            }
            case Coalescer::Turn::Kind::apart:
                if (const auto over = time_is_up(site)) {
                    throw_public_error(Failure::of_nothing_sent(*over, reason_of(*over) + "it was sent"), site,
                                       Effect::reads);
                }
                coalescer_->count_apart();
                return alone(site, nullptr);
            case Coalescer::Turn::Kind::too_late: {
                const Failure::Kind over = time_is_up(site).value_or(Failure::Kind::deadline);
                throw_public_error(Failure{over, reason_of(over) + "the server answered"}, site,
                                   is_write(call) ? Effect::writes : Effect::reads);
            }
            case Coalescer::Turn::Kind::lead:
                lead(turn, site);
                break;
            case Coalescer::Turn::Kind::answered:
                break;
        }
        const SharedBatch& batch = *turn.batch;
        if (batch.is_told) {
            const std::optional<std::size_t> row = batch.rows[turn.seat];
            if (row || explains_no_row(call, site)) return answer(turn.batch, row);
        }
        coalescer_->count_apart();
        return alone(site, batch.lost && !batch.is_told ? &*batch.lost : nullptr);
    }

    /// Whether what is stored explains why the shared statement touched no row for the call. Otherwise the server may
    /// suppress the write, which the call alone finds out.
    [[nodiscard]] bool explains_no_row(SharedCall call, const CallSite& site) const {
        switch (call) {
            case SharedCall::insert:
                return contains(site);
            case SharedCall::remove:
                return !contains(site);
            case SharedCall::put:
                return false;
            case SharedCall::find:
            case SharedCall::contains:
                break;
        }
        return true;
    }

    static std::optional<Failure::Kind> time_is_up(const CallSite& site) {
        if (site.stop != nullptr && site.stop->stop_requested()) return Failure::Kind::stopped;
        return Clock::now() >= site.deadline ? std::optional{Failure::Kind::deadline} : std::nullopt;
    }
    static std::string reason_of(Failure::Kind over) {
        return over == Failure::Kind::stopped ? "the caller stopped it before " : "the deadline passed before ";
    }

    class StatementEnd {
    public:
        StatementEnd(Coalescer& coalescer, SharedCall call) noexcept : coalescer_{coalescer}, call_{call} {}
        StatementEnd(const StatementEnd&) = delete;
        StatementEnd& operator=(const StatementEnd&) = delete;
        StatementEnd(StatementEnd&&) = delete;
        StatementEnd& operator=(StatementEnd&&) = delete;
        ~StatementEnd() { coalescer_.end_statement(call_); }

    private:
        Coalescer& coalescer_;
        SharedCall call_;
    };

    /// Runs the batch. @throws StorageError  there was no connection for it, and somebody else leads it
    void lead(const Coalescer::Turn& turn, const CallSite& site) const {
        SharedBatch& batch = *turn.batch;
        SentAhead* const sent = batch.sent_ahead.get();
        bool has_begun = sent != nullptr;
        bool is_told = false;
        std::optional<LeaseReport> report;  // of a lease that went on; no listener runs while one is held
        try {
            if (sent) {
                receive(batch, *sent, site.deadline);
                is_told = go_on(batch, *sent->lease, report);
                sent->lease.reset();
            } else {
                manager_->with_lease(site, Effect::reads, [&](Lease& lease, const Until& until) {
                    coalescer_->begin(batch);
                    has_begun = true;
                    run(batch, lease, until);
                    is_told = go_on(batch, lease, report);
                });
            }
        } catch (...) {
            if (!has_begun) {
                coalescer_->pass_on(turn);
                throw;
            }
        }
        if (!is_told) coalescer_->answer(batch);
        if (report) manager_->tell_lease(site, *report);
    }

    void run(SharedBatch& batch, Lease& lease, const Until& until) const {
        const BatchValues values{batch};
        note_sending(batch, lease);
        read_answer(batch, values, [&] { return lease.run(statement_of(batch.call), values.views(), until); });
    }

    void receive(SharedBatch& batch, SentAhead& sent, const Until& until) const {
        read_answer(batch, sent.values, [&] {
            if (sent.failure) throw Failure{*sent.failure};
            return sent.lease->receive(statement_of(batch.call), until, sent.began);
        });
    }

    static void note_sending(SharedBatch& batch, Lease& lease) {
        if (is_write(batch.call)) batch.lost = LostReply{lease->trace(), Clock::now()};  // until there is an answer
    }

    /// @param ask  gives it
    template <class Ask>
    static void read_answer(SharedBatch& batch, const BatchValues& values, Ask&& ask) {
        try {
            batch.result = ask();
        } catch (const Failure& failure) {
            const bool is_open = is_broken(failure) || failure.ends_session();
            if (!failure.may_have_run || !is_open) batch.lost.reset();
            return;
        }
        batch.rows = values.rows_of(batch.result, id_column_of(batch.call));
        batch.is_told = true;
    }

    /// Sends the next batch on the connection of one that wrote, which is answered then. @returns whether one waited
    bool go_on(SharedBatch& batch, Lease& lease, std::optional<LeaseReport>& report) const {
        return is_write(batch.call) && lease.may_go_on() &&
               coalescer_->answer_and_send(batch, [&](SharedBatch& next) { report = send_ahead(next, lease); });
    }

    /// Where nothing was sent, its leader begins anew. @returns what is to be told of the lease, which has gone on
    std::optional<LeaseReport> send_ahead(SharedBatch& batch, Lease& lease) const noexcept {
        try {
            auto sent = std::make_shared<SentAhead>(batch);
            const Rider& leader = batch.riders[batch.leader];
            note_sending(batch, lease);
            try {
                if (!lease->send(statement_of(batch.call), sent->values.views(), leader.site->deadline)) {
                    batch.lost.reset();
                    return std::nullopt;
                }
            } catch (const Failure& failure) {
                sent->failure = failure;
            }
            auto report = lease.go_on_to(*leader.site, leader.thread);
            sent->lease.emplace(std::move(lease));
            batch.sent_ahead = std::move(sent);
            return report;
        } catch (...) {
            batch.lost.reset();
            return std::nullopt;
        }
    }

    [[nodiscard]] const Statement& statement_of(SharedCall call) const {
        switch (call) {
            case SharedCall::find:
                return statements_.find_many;
            case SharedCall::contains:
                return statements_.shared_contains;
            case SharedCall::put:
                return statements_.shared_put;
            case SharedCall::insert:
                return statements_.shared_insert;
            case SharedCall::remove:
                break;
        }
        return statements_.shared_remove;
    }

    static int id_column_of(SharedCall call) {
        if (!is_write(call)) return 0;
        return call == SharedCall::remove ? 2 : 3;
    }

    std::shared_ptr<Coalescer> coalescer_;
};

static_assert(TextStore<CoalescingStore>);

}  // namespace gridone::storage::inline v0::detail

#endif
