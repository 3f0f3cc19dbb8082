// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_CHANGING_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_CHANGING_HPP

#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/detail/upcast.hpp>
#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/detail/apply_changes.hpp>
#include <gridone/storage/query/detail/check_changes.hpp>
#include <gridone/storage/query/detail/difference.hpp>
#include <gridone/storage/query/detail/field_change.hpp>
#include <gridone/storage/query/detail/operations/single_writes.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/order.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The operations that change a part of a document.
template <class Self, class M, class Hooks>
class Changing : public SingleWrites<Self, M, Hooks> {
public:
    /// Changes fields of the stored document where it is, and gives its new version:
    /// `devices.patch(id, device::floor.set(3), device::note.unset(), device::hits.increment(1))`. All changes or none;
    /// no two of one patch may name the same field or a field and a part of it. Keys that M does not know survive.
    /// Missing parents are created; what is null counts as missing.
    /// @throws NotFoundError      there is no document with this id.
    /// @throws InvalidInputError  a change does not fit what is stored: a part of the path is no object, the target of
    ///                            an increment no number or out of the type's range, that of an append no array; or one
    ///                            that cannot be stored. `pointer()` tells the place; nothing was changed.
    /// @throws ConstraintError, WriteSuppressedError, OutcomeUnknownError  as `write`.
    /// @note   UPDATE … SET data = <changed> WHERE id = $1 AND <fits> RETURNING <version>; a second statement where it
    ///         is refused. What is sent grows with the changes, not with the document.
    template <std::convertible_to<Change<M>>... Changes>
        requires(sizeof...(Changes) > 0)
    Version patch(std::string_view id, const Changes&... changes) {
        return patch(id, std::initializer_list<Change<M>>{Change<M>{changes}...});
    }

    /// The same for changes that were collected.
    Version patch(std::string_view id, std::span<const Change<M>> changes) {
        const CallSite site = this->at_once("patch", id);
        const std::optional<Version> version = patched(site, checked(site, changes));
        if (!version) throw NotFoundError{site.because({})};
        return *version;
    }
    Version patch(std::string_view id, std::initializer_list<Change<M>> changes) {
        return patch(id, std::span<const Change<M>>{changes.begin(), changes.size()});
    }
    Version patch(std::string_view id, const std::vector<Change<M>>& changes) {
        return patch(id, std::span<const Change<M>>{changes});
    }

    /// The same, if nobody changed the document since `condition.seen`. Otherwise as `patch`.
    /// @throws VersionConflictError  nothing was changed; carries the version now stored. Told before what does not fit.
    /// @note   UPDATE … WHERE id = $1 AND <version> = $2 AND <fits> RETURNING <version>; a second statement where it is
    ///         refused. Of a model with older versions a SELECT comes first.
    template <std::convertible_to<Change<M>>... Changes>
        requires(sizeof...(Changes) > 0)
    Version patch(std::string_view id, IfVersion condition, const Changes&... changes) {
        const std::initializer_list<Change<M>> all{Change<M>{changes}...};
        return patch(id, condition, std::span<const Change<M>>{all.begin(), all.size()});
    }
    Version patch(std::string_view id, IfVersion condition, std::span<const Change<M>> changes) {
        const CallSite site = this->at_once("patch", id);
        return patched_if(site, checked(site, changes), condition.seen);
    }
    Version patch(std::string_view id, IfVersion condition, const std::vector<Change<M>>& changes) {
        return patch(id, condition, std::span<const Change<M>>{changes});
    }

    template <class First, class... Rest>
        requires(!std::convertible_to<const First&, Change<M>> ||
                 !(std::convertible_to<const Rest&, Change<M>> && ...)) &&
                    (sizeof...(Rest) > 0 || !std::convertible_to<First&, std::span<const Change<M>>>)
    void patch(std::string_view, const First&, const Rest&...) = delete;  // gridone::storage: changes of the model

    /// Reads the document, lets `f(M&)` change it, and stores what has changed; gives the document as `f` left it. An
    /// update that somebody else makes meanwhile is not lost: `f` runs again on what is there then, as often as needed;
    /// from the third time on, the document is locked while it runs, so everybody comes to an end. `f` holds no
    /// connection the first two times; later, its calls on storages of the same database are `UsageError`s. Keys that M
    /// does not know survive.
    /// @throws NotFoundError  there is no document with this id, or none any more; nothing was stored.
    /// @throws DecodeError    what is stored is no M.
    /// @throws UsageError     in a transaction: `f` has changed the stored document by other means.
    /// @throws InvalidInputError, ConstraintError, WriteSuppressedError, OutcomeUnknownError  as `write`. What `f` throws
    ///         passes unchanged.
    /// @note   SELECT, then the UPDATE of `patch` with the version that was read as its condition: two round trips, and
    ///         two for every repetition. Sends the changed fields only (a vector counts as one); nothing, where nothing
    ///         was changed.
    template <std::invocable<M&> F>
    Document<M> edit(std::string_view id, F&& f) {
        const CallSite site = this->at_once("edit", id);
        if constexpr (Self::is_in_transaction) {
            return edited_in_transaction(site, f);
        } else {
            std::optional<StoredText> found;
            for (int attempt = 0; attempt < 2; ++attempt) {
                if (!found) found = this->texts().find_document(site);
                std::optional<Document<M>> edited = try_edit(site, found, f);
                if (edited) return *std::move(edited);
            }
            const auto locked = [&](Transaction& tx) { return self().in(tx).edit(id, f); };
            return body_result<Transaction>(locked, [&](auto&& body) { this->texts().transaction(site, {}, body); });
        }
    }
    template <class F>
    void edit(std::string_view, F&&) = delete;  // gridone::storage: a function that takes (M&)

protected:
    using SingleWrites<Self, M, Hooks>::self;

private:
    [[nodiscard]] std::vector<FieldChange> checked(const CallSite& site, std::span<const Change<M>> changes) const {
        std::vector<FieldChange> specs;
        specs.reserve(changes.size());
        for (const Change<M>& change : changes) specs.push_back(change.spec());
        located(site, [&] {
            check_changes(specs, self().table().limits());
            self().table().check_patch(specs);
        });
        return specs;
    }

    /// Of a document that is of this version.
    Version patched_if(const CallSite& site, const std::vector<FieldChange>& changes, Version seen) const {
        if constexpr (HasDocumentVersions<M>) {
            // What is of an older version has other fields, so it is made current with the changes.
            const std::optional<StoredText> found = this->texts().find_document(site);
            if (!found) throw NotFoundError{site.because({})};
            if (found->version != seen) {
                return *this->allowed(site, {Guarded::Verdict::conflict, Written{found->version}});
            }
            const JsonLimits& limits = self().table().limits();
            nlohmann::json document = located(site, [&] { return parse_json(found->text, limits); });
            if (located(site, [&] { return upcast<M>(document); })) {
                const std::string text =
                    located(site, [&] { return canonical_json(apply_changes(std::move(document), changes), limits); });
                return *this->allowed(site, this->texts().reshape_if(site, text, seen));
            }
        }
        return *this->allowed(site, this->texts().change_if(site, changes, seen));
    }

    /// Nothing where there is none.
    std::optional<Version> patched(const CallSite& site, const std::vector<FieldChange>& changes) const {
        if constexpr (!HasDocumentVersions<M>) {
            return this->texts().patch(site, changes);
        } else {
            // What is of an older version has other fields: it is made current first.
            const Filter<M> is_current = id_field == std::string{site.id} && path<std::int64_t>(document_version_key) ==
                                                                                 DocumentVersionsOf<M>::type::current;
            for (int attempt = 0; attempt < this->most_upgrades; ++attempt) {
                const auto rows = this->texts().query_patch(site, {.where = is_current.node()}, changes);
                if (!rows.empty()) return rows.front().version;
                const std::optional<StoredText> found = this->texts().find_document(site);
                if (!found) return std::nullopt;
                if (std::optional<std::string> text = this->upgraded(site, found->text)) {
                    (void)this->texts().reshape_if(site, *std::move(text), found->version);
                } else if (const auto now = this->texts().change_if(site, changes, found->version).written_if_done()) {
                    return now->version;
                }
            }
            this->refuse_old(site);
        }
    }

    template <class F>
    Document<M> edited_in_transaction(const CallSite& site, F& f) const {
        std::optional<StoredText> found = this->locked(site);
        std::optional<Document<M>> edited = try_edit(site, found, f);
        if (!edited)
            throw UsageError{site.because("the function changed the stored document besides the one it was given")};
        return *std::move(edited);
    }

    /// Nothing where another client was faster. @param found  the stored document; then the one of the other client, if
    /// the store has read it
    template <class F>
    std::optional<Document<M>> try_edit(const CallSite& site, std::optional<StoredText>& found, F& f) const {
        if (!found) throw NotFoundError{site.because({})};
        const JsonLimits& limits = self().table().limits();
        const auto& hooks = StorageAccess::hooks(self());
        nlohmann::json stored = located(site, [&] { return parse_json(found->text, limits); });
        const bool is_older = located(site, [&] { return upcast<M>(stored); });
        M value = from_document<M, Hooks>(hooks, stored, site, limits);
        const nlohmann::json before =
            located(site, [&] { return to_document<M, Hooks>(hooks, std::as_const(value), limits); });
        std::invoke(f, value);
        nlohmann::json after =
            located(site, [&] { return to_document<M, Hooks>(hooks, std::as_const(value), limits); });
        if (const TableRules& rules = self().table().rules(); !rules.insert_only.empty()) {
            after = keep_insert_only(rules, before, std::move(after));
            value = from_document<M, Hooks>(hooks, after, site, limits);
        }
        std::string text = located(site, [&] { return canonical_json(after, limits); });
        Guarded result{Guarded::Verdict::done, Written{found->version, found->timestamps}};
        if (stored.is_object() && before.is_object() && after.is_object()) {
            const std::vector<FieldChange> changes = difference(stored, before, after);
            if (!changes.empty() && is_older) {
                text = located(site, [&] { return canonical_json(apply_changes(std::move(stored), changes), limits); });
                result = this->texts().reshape_if(site, std::move(text), found->version);
            } else if (!changes.empty()) {
                result = this->texts().change_if(site, changes, found->version);
            }
        } else {
            result = this->texts().reshape_if(site, std::move(text), found->version);
        }
        const std::optional<Written> written = result.written_if_done();
        found = std::move(result.found);
        if (!written) return std::nullopt;
        return Document<M>{std::string{site.id}, std::move(value), written->version, written->timestamps};
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
