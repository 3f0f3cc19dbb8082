// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_SINGLE_WRITES_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_SINGLE_WRITES_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/postgres/connection/detail/lost_reply.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/connection/detail/statement.hpp>
#include <gridone/storage/postgres/detail/postgres_lookups.hpp>
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

/// What a store of PostgreSQL writes of one document: one statement, and a second one where it was refused and the
/// reason is asked for. Where both do not agree, since the document changed in between, it begins again. `lost`: the
/// call was a part of a statement whose reply was lost.
class PostgresSingleWrites : public PostgresLookups {
public:
    using PostgresLookups::PostgresLookups;

    Version put(const CallSite& site, const std::string& text, const LostReply* lost = nullptr) const {
        const std::optional<Written> stored = written(statements_.put, {site.id, text}, site, lost);
        if (!stored) throw InternalError{site.because("the server stored nothing and reported no error")};
        return stored->version;
    }
    [[nodiscard]] std::optional<Version> insert(const CallSite& site, const std::string& text,
                                                const LostReply* lost = nullptr) const {
        return Written::version_of(written(statements_.insert, {site.id, text}, site, lost));
    }
    [[nodiscard]] std::optional<Version> replace(const CallSite& site, const std::string& text) const {
        return Written::version_of(written(statements_.replace, {site.id, text}, site));
    }
    [[nodiscard]] Guarded replace_if(const CallSite& site, const std::string& text, Version seen) const {
        return replaced_if(statements_.replace_if, site, text, seen);
    }
    [[nodiscard]] Guarded reshape_if(const CallSite& site, const std::string& text, Version seen) const {
        return replaced_if(statements_.reshape_if, site, text, seen);
    }
    [[nodiscard]] bool remove(const CallSite& site, const LostReply* lost = nullptr) const {
        return manager_->run(statements_.remove, {site.id}, site, lost).size() != 0;
    }
    [[nodiscard]] Guarded remove_if(const CallSite& site, Version seen) const {
        return guarded(site, seen, [&](const std::string& version) -> std::optional<Guarded> {
            if (manager_->run(statements_.remove_if, {site.id, version}, site).size() == 0) return std::nullopt;
            return Guarded{Guarded::Verdict::done};
        });
    }

    [[nodiscard]] std::optional<Version> patch(const CallSite& site, std::span<const FieldChange> changes) const {
        for (int attempt = 0;; ++attempt) {
            std::vector<ParameterType> types{ParameterType::text};
            std::vector<std::string_view> values{site.id};
            const ChangedDocument changed{statements_.data, changes, limits_, types, values};
            const Statement statement = statements_.changing(changed.document(), changed.condition(), types);
            if (const auto stored = written(statement, values, site)) return stored->version;
            const auto stored = find(site);
            if (!stored) return std::nullopt;
            // What the changes do not fit is told by what does the same in memory.
            located(site, [&] { (void)apply_changes(parse_json(*stored, limits_), changes); });
            if (attempt == most_attempts) {
                throw InternalError{site.because("the server refuses changes that fit the document")};
            }
        }
    }

    [[nodiscard]] std::optional<Written> change_if(const CallSite& site, std::span<const FieldChange> changes,
                                                   Version seen) const {
        const std::string version = seen.text();
        std::vector<ParameterType> types{ParameterType::text, ParameterType::bigint};
        std::vector<std::string_view> values{site.id, version};
        const ChangedDocument changed{statements_.data, changes, limits_, types, values};
        const std::string condition = statements_.version + " = $2 AND " + changed.condition();
        const Statement statement = statements_.changing(changed.document(), condition, types);
        return written(statement, values, site);
    }

    [[nodiscard]] Settled insert_or_find(const CallSite& site, const std::string& text) const {
        for (int attempt = 0; attempt <= most_attempts; ++attempt) {
            if (const auto stored = written(statements_.insert_unless_in_the_way, {site.id, text}, site)) {
                return {{std::string{site.id}, text, stored->version, stored->timestamps}, true};
            }
            if (auto found = find_document(site)) {
                return {{std::string{site.id}, std::move(found->text), found->version, found->timestamps}, false};
            }
            for (const UniqueRule& rule : rules_.unique) {
                auto found = stored_rows(manager_->run(statements_.in_place_of(rule), {text}, site), site);
                if (!found.empty()) return {std::move(found.front()), false};
            }
        }
        throw ConstraintError{site.because("what is in the document's place comes and goes")};
    }

    /// Nothing where another document has the id.
    [[nodiscard]] std::optional<Settled> upsert_by(const CallSite& site, const UniqueRule& rule,
                                                   const std::string& text) const {
        const Statement statement = statements_.upserting_by(rule);
        for (int attempt = 0; attempt <= most_attempts; ++attempt) {
            const Result result = manager_->run(statement, {site.id, text}, site);
            if (result.size() != 0) {
                return read_of_write(site, [&] {
                    return Settled{std::move(stored_rows(result, site).front()), result.flag(0, result.columns() - 1)};
                });
            }
            if (contains(site)) return std::nullopt;
        }
        throw ConstraintError{site.because("the document that has the id comes and goes")};
    }

protected:
    static constexpr int most_attempts = 20;

private:
    /// What a write gives, or nothing if it touched no row.
    [[nodiscard]] std::optional<Written> written(const Statement& statement, const Parameters& values,
                                                 const CallSite& site, const LostReply* lost = nullptr) const {
        const Result result = manager_->run(statement, values, site, lost);
        if (result.size() == 0) return std::nullopt;
        return read_of_write(site, [&] { return written_in(result, 0, 2, site); });
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
        for (int attempts = 0; attempts <= most_attempts; ++attempts) {
            if (const std::optional<Guarded> done = attempt(version)) return *done;
            const Result found = manager_->run(statements_.find_version, {site.id}, site);
            if (found.size() == 0) return {Guarded::Verdict::missing};
            const Version stored{located(site, [&] { return found.number(0, 0); })};
            if (stored != seen) return {Guarded::Verdict::conflict, Written{stored}};
        }
        throw InternalError{site.because("the server refuses the version that is stored")};
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
