// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_SINGLE_WRITES_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_SINGLE_WRITES_HPP

#include <gridone/storage/query/detail/comparable.hpp>
#include <gridone/storage/query/detail/operations/lookups.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// The operations that write or remove one whole document.
template <class Self, class M, class Hooks>
class SingleWrites : public Lookups<Self, M, Hooks> {
public:
    /// Stores the document, whether or not there was one with this id; gives its version.
    /// @pre    the id is 1–512 bytes of valid UTF-8 without NUL.
    /// @throws InvalidInputError    the id or the document cannot be stored; nothing was sent.
    /// @throws ConstraintError      a rule of the table forbids it; nothing was stored.
    /// @throws WriteSuppressedError  the server accepted the statement and did not store the document.
    /// @throws OutcomeUnknownError  sent, but no verdict came: the old or the new document is stored.
    /// @note   INSERT … ON CONFLICT (id) DO UPDATE … RETURNING <version>. Under a unique constraint the server may refuse it
    ///         for the same document, which another session writes at that moment. A refusal is therefore checked with
    ///         another statement, and the write is repeated until it succeeds or another document is found. In a
    ///         transaction the body may run again for that.
    Version write(std::string_view id, const M& value) {
        const CallSite site = this->at("write", id);
        return this->texts().put(site, this->encoded(site, value));
    }
    template <class Value>
    void write(const Value&) = delete;  // gridone::storage: an id and a value: write(id, value)

    /// Stores a new document. Otherwise as `write`.
    /// @throws AlreadyExistsError  the id is taken; what is stored there was not touched.
    /// @note   INSERT … ON CONFLICT (id) DO NOTHING RETURNING <version>; a second statement where it stores nothing
    Version insert(std::string_view id, const M& value) {
        const CallSite site = this->at_once("insert", id);
        const std::optional<Version> version = this->texts().insert(site, this->encoded(site, value));
        if (!version) throw AlreadyExistsError{site.because("a document with this id is already there")};
        return *version;
    }
    template <class Value>
    void insert(const Value&) = delete;  // gridone::storage: an id and a value: insert(id, value)

    /// Stores the document in place of the one that is there. Otherwise as `write`.
    /// @throws NotFoundError  there is none; nothing was stored.
    /// @note   UPDATE … WHERE id = $1 RETURNING <version>; a second statement where it stores nothing
    Version replace(std::string_view id, const M& value) {
        const CallSite site = this->at_once("replace", id);
        const std::optional<Version> version = this->texts().replace(site, this->encoded(site, value));
        if (!version) throw NotFoundError{site.because({})};
        return *version;
    }

    /// The same, if nobody changed it since `condition.seen`. Otherwise as `replace`.
    /// @throws VersionConflictError  nothing was stored; carries the version now stored.
    /// @note   UPDATE … WHERE id = $1 AND <version> = $3 RETURNING <version>; a second statement where it is refused
    Version replace(std::string_view id, const M& value, IfVersion condition) {
        const CallSite site = this->at_once("replace", id);
        return *allowed(site, this->texts().replace_if(site, this->encoded(site, value), condition.seen));
    }
    template <class Value>
    void replace(const Value&) = delete;  // gridone::storage: an id and a value: replace(id, value)

    /// Removes the document; tells whether there was one.
    /// @throws ConstraintError      other documents refer to it; nothing was removed.
    /// @throws WriteSuppressedError  the server accepted the statement and did not remove the document.
    /// @throws OutcomeUnknownError  sent, but no verdict came.
    /// @note   DELETE … WHERE id = $1; a second statement where it removes nothing
    bool remove(std::string_view id) { return this->texts().remove(this->at_once("remove", id)); }

    /// Removes the document if nobody changed it since `condition.seen`. Otherwise as `remove`.
    /// @throws NotFoundError         there is none with this id.
    /// @throws VersionConflictError  nothing was removed; carries the version now stored.
    /// @note   DELETE … WHERE id = $1 AND <version> = $2; a second statement where it is refused
    void remove(std::string_view id, IfVersion condition) {
        const CallSite site = this->at_once("remove", id);
        allowed(site, this->texts().remove_if(site, condition.seen));
    }
    template <class Other>
        requires(!std::convertible_to<Other, std::string_view>)
    void remove(Other&&) = delete;  // gridone::storage: an id; for a filter: query().where(filter).remove()

    /// Stores a new document, or gives the one that is in its place: with this id, or with the same values under one of
    /// the table's unique rules. Otherwise as `insert`.
    /// @throws AlreadyExistsError  the role does not see the document that has the id.
    /// @throws ConstraintError     the same of a unique index; or the index is none of the table's description.
    /// @note   INSERT … ON CONFLICT DO NOTHING; a second statement that looks where it stored nothing
    InsertedOrFound<M> insert_or_find(std::string_view id, const M& value) {
        const CallSite site = this->at_once("insert_or_find", id);
        return settled(site, this->texts().insert_or_find(site, this->encoded(site, value)));
    }
    template <class Value>
    void insert_or_find(const Value&) = delete;  // gridone::storage: an id and a value: insert_or_find(id, value)

    /// Stores a new document, or writes it over the one that has the same value in the field, whose id stays:
    /// `users.upsert_by(user::email, new_id(), user)`. The table needs a unique rule of this field alone. Otherwise as
    /// `write`.
    /// @throws AlreadyExistsError  the id is that of another document; nothing was stored.
    /// @throws UsageError          the table's description has no such rule.
    /// @note   INSERT … ON CONFLICT (<field>) DO UPDATE; a second statement where it is refused
    template <ComparableFieldOf<M> F>
    InsertedOrFound<M> upsert_by(const F& field, std::string_view id, const M& value) {
        const CallSite site = this->at_once("upsert_by", id);
        const std::vector<FieldPlace> place{place_of(field)};
        const std::vector<UniqueRule>& rules = this->self().table().rules().unique;
        const auto rule = std::ranges::find(rules, place, &UniqueRule::fields);
        if (rule == rules.end()) {
            throw UsageError{site.because("the table's description has no unique rule of this field alone")};
        }
        std::optional<Settled> result = this->texts().upsert_by(site, *rule, this->encoded(site, value));
        if (!result) throw AlreadyExistsError{site.because("another document has this id")};
        return settled(site, *std::move(result));
    }
    template <class F, class... Rest>
        requires(!ComparableFieldOf<F, M> || sizeof...(Rest) != 2)
    void upsert_by(const F&, const Rest&...) = delete;  // gridone::storage: a field of the model, an id and a value

protected:
    InsertedOrFound<M> settled(const CallSite& site, Settled result) const {
        return {this->document(site, std::move(result.row)), result.inserted};
    }

    static std::optional<Version> allowed(const CallSite& site, const Guarded& result) {
        if (result.verdict == Guarded::Verdict::missing) throw NotFoundError{site.because({})};
        if (result.verdict == Guarded::Verdict::conflict) {
            throw VersionConflictError{site.because("the document is there in another version"),
                                       result.written.value().version};
        }
        return Written::version_of(result.written);
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
