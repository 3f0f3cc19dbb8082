// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_SINGLE_WRITES_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_SINGLE_WRITES_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/detail/transaction_state.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/detail/found_documents.hpp>
#include <gridone/storage/postgres/detail/postgres_lookups.hpp>
#include <gridone/storage/postgres/detail/suppressed_write.hpp>
#include <gridone/storage/postgres/sql/changed_document.hpp>
#include <gridone/storage/query/detail/apply_changes.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a store of PostgreSQL writes of one document: one statement, and a second one where it touched no row and the
/// reason is asked for. Where the second finds none, it begins again: the document changed in between, or the server
/// suppresses the write, which the next look tells; see `SameRow`. `lost`: the call was a part of a statement whose reply
/// was lost.
class PostgresSingleWrites : public PostgresLookups {
public:
    using PostgresLookups::PostgresLookups;

    /// Nothing where there is no such document. @throws WriteSuppressedError  it is there and cannot be locked
    [[nodiscard]] std::optional<StoredText> lock(const CallSite& site) const {
        for (SameRow row;;) {
            if (auto locked = PostgresLookups::lock(site)) return locked;
            if (!is_there(site, row)) return std::nullopt;
        }
    }

    Version put(const CallSite& site, const std::string& text, const LostReply* lost = nullptr) const {
        const std::optional<Written> stored = written(statements_.put, {site.id, text}, site, lost);
        if (!stored) throw write_suppressed(site);
        return stored->version;
    }
    [[nodiscard]] std::optional<Version> insert(const CallSite& site, const std::string& text,
                                                const LostReply* lost = nullptr) const {
        if (const auto stored = written(statements_.insert, {site.id, text}, site, lost)) return stored->version;
        if (contains(site)) return std::nullopt;
        return Written::version_of(insert_free(site, text));
    }
    [[nodiscard]] std::optional<Version> replace(const CallSite& site, const std::string& text) const {
        for (SameRow row;;) {
            if (const auto stored = written(statements_.replace, {site.id, text}, site)) return stored->version;
            if (!is_there(site, row)) return std::nullopt;
        }
    }
    [[nodiscard]] Guarded replace_if(const CallSite& site, const std::string& text, Version seen) const {
        return replaced_if(statements_.replace_if, site, text, seen);
    }
    [[nodiscard]] Guarded reshape_if(const CallSite& site, const std::string& text, Version seen) const {
        return replaced_if(statements_.reshape_if, site, text, seen);
    }
    [[nodiscard]] bool remove(const CallSite& site, const LostReply* lost = nullptr) const {
        for (SameRow row;;) {
            if (manager_->run(statements_.remove, {site.id}, site, std::exchange(lost, nullptr)).size() != 0)
                return true;
            if (!is_there(site, row)) return false;
        }
    }
    [[nodiscard]] Guarded remove_if(const CallSite& site, Version seen) const {
        return guarded(site, seen, [&](const std::string& version) -> std::optional<Guarded> {
            if (manager_->run(statements_.remove_if, {site.id, version}, site).size() == 0) return std::nullopt;
            return Guarded{Guarded::Verdict::done};
        });
    }

    [[nodiscard]] std::optional<Version> patch(const CallSite& site, std::span<const FieldChange> changes) const {
        for (SameRow row;;) {
            std::vector<ParameterType> types{ParameterType::text};
            std::vector<std::string_view> values{site.id};
            const ChangedDocument changed{statements_.data, changes, limits_, types, values};
            const Statement statement = statements_.changing(changed.document(), changed.condition(), types);
            if (const auto stored = written(statement, values, site)) return stored->version;
            const std::optional<LookedAt> found = look_at_document(site);
            if (!found) return std::nullopt;
            expect_fit(site, found->document.text, changes);
            row.expect_another(found->identity, site);
        }
    }

    [[nodiscard]] Guarded change_if(const CallSite& site, std::span<const FieldChange> changes, Version seen) const {
        const std::string version = seen.text();
        for (SameRow row;;) {
            std::vector<ParameterType> types{ParameterType::text, ParameterType::bigint};
            std::vector<std::string_view> values{site.id, version};
            const ChangedDocument changed{statements_.data, changes, limits_, types, values};
            const std::string condition = statements_.version + " = $2 AND " + changed.condition();
            const Statement statement = statements_.changing(changed.document(), condition, types);
            if (auto now = written(statement, values, site)) return {Guarded::Verdict::done, now};
            std::optional<LookedAt> found = look_at_document(site);
            if (!found) return {Guarded::Verdict::missing};
            if (found->document.version != seen) {
                return {Guarded::Verdict::conflict, Written{found->document.version}, std::move(found->document)};
            }
            expect_fit(site, found->document.text, changes);
            row.expect_another(std::move(found->identity), site);
        }
    }

    /// @throws AlreadyExistsError  a document that the role does not see has the id
    [[nodiscard]] Settled insert_or_find(const CallSite& site, const std::string& text) const {
        for (int attempt = 0; attempt < most_attempts; ++attempt) {
            if (const auto stored = written(statements_.insert_unless_in_the_way, {site.id, text}, site)) {
                return {{std::string{site.id}, text, stored->version, stored->timestamps}, true};
            }
            if (auto found = in_the_way(site, text)) return {*std::move(found), false};
        }
        if (const auto version = insert(site, text)) return {{std::string{site.id}, text, *version}, true};
        throw AlreadyExistsError{site.because("a document with this id is there, and the role does not see it")};
    }

    /// Nothing where another document has the id.
    [[nodiscard]] std::optional<Settled> upsert_by(const CallSite& site, const UniqueRule& rule,
                                                   const std::string& text) const {
        const Statement statement = statements_.upserting_by(rule);
        for (int attempt = 0; attempt < most_attempts; ++attempt) {
            const Result result = manager_->run(statement, {site.id, text}, site);
            if (result.size() != 0) {
                return read_of_write(site, [&] {
                    return Settled{std::move(stored_rows(result, site).front()), result.flag(0, result.columns() - 1)};
                });
            }
            if (manager_->run(statements_.has_other(rule), {site.id, text}, site).size() != 0) return std::nullopt;
        }
        throw write_suppressed(site);
    }

protected:
    /// The document that keeps this one from being inserted, by its id or by a unique rule.
    [[nodiscard]] std::optional<StoredRow> in_the_way(const CallSite& site, const std::string& text) const {
        if (auto found = find_document(site)) {
            return StoredRow{std::string{site.id}, std::move(found->text), found->version, found->timestamps};
        }
        for (const UniqueRule& rule : rules_.unique) {
            auto found = stored_rows(manager_->run(statements_.in_place_of(rule), {text}, site), site);
            if (!found.empty()) return std::move(found.front());
        }
        return std::nullopt;
    }

    /// Inserts what the server did not insert though nothing was seen in its way. Nothing where a unique index has it
    /// after all: for a row that the role does not see, or one that came and went.
    [[nodiscard]] std::optional<Written> insert_free(const CallSite& site, const std::string& text) const {
        std::optional<Written> stored;
        const auto insert = [&] { stored = written(statements_.insert_or_fail, {site.id, text}, site); };
        try {
            if (site.transaction == nullptr) {
                insert();
            } else {
                site.transaction->nested(site, insert);
            }
        } catch (const ConstraintError& error) {
            if (error.sqlstate() != "23505") throw;
            return std::nullopt;
        }
        if (!stored) throw write_suppressed(site);
        return stored;
    }

    /// What is in the way of an insert may be gone at each look at it, so often.
    static constexpr int most_attempts = 5;

private:
    /// What a write gives, or nothing if it touched no row.
    [[nodiscard]] std::optional<Written> written(const Statement& statement, const Parameters& values,
                                                 const CallSite& site, const LostReply* lost = nullptr) const {
        const Result result = manager_->run(statement, values, site, lost);
        if (result.size() == 0) return std::nullopt;
        return read_of_write(site, [&] { return written_in(result, 0, 2, site); });
    }

    struct LookedAt {
        StoredText document;
        std::string identity;
    };

    [[nodiscard]] std::optional<LookedAt> look_at_document(const CallSite& site) const {
        const Result found = manager_->run(statements_.look_at_document, {site.id}, site);
        if (found.size() == 0) return std::nullopt;
        const auto [version, timestamps] = written_in(found, 0, 2, site);
        return LookedAt{{std::string{document_text(found, 0, 1, site)}, version, timestamps},
                        std::string{found.text(0, 0)}};
    }

    /// Whether there is the document that a write under no other condition did not touch.
    [[nodiscard]] bool is_there(const CallSite& site, SameRow& row) const {
        const Result found = manager_->run(statements_.look, {site.id}, site);
        if (found.size() == 0) return false;
        row.expect_another(std::string{found.text(0, 0)}, site);
        return true;
    }

    /// What the changes do not fit is told by what does the same in memory.
    void expect_fit(const CallSite& site, const std::string& text, std::span<const FieldChange> changes) const {
        located(site, [&] { (void)apply_changes(parse_json(text, limits_), changes); });
    }

    [[nodiscard]] Guarded replaced_if(const Statement& statement, const CallSite& site, const std::string& text,
                                      Version seen) const {
        return guarded(site, seen, [&](const std::string& version) -> std::optional<Guarded> {
            const std::optional<Written> now = written(statement, {site.id, text, version}, site);
            if (!now) return std::nullopt;
            return Guarded{Guarded::Verdict::done, now};
        });
    }

    /// @param attempt  gives what became of it, or nothing where it touched no row
    template <class Attempt>
    [[nodiscard]] Guarded guarded(const CallSite& site, Version seen, Attempt&& attempt) const {
        const std::string version = seen.text();
        for (SameRow row;;) {
            if (const std::optional<Guarded> done = attempt(version)) return *done;
            const Result found = manager_->run(statements_.look, {site.id}, site);
            if (found.size() == 0) return {Guarded::Verdict::missing};
            const Version stored{located(site, [&] { return found.number(0, 1); })};
            if (stored != seen) return {Guarded::Verdict::conflict, Written{stored}};
            row.expect_another(std::string{found.text(0, 0)}, site);
        }
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
