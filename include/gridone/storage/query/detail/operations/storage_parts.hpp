// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_STORAGE_PARTS_HPP
#define GRIDONE_STORAGE_QUERY_DETAIL_OPERATIONS_STORAGE_PARTS_HPP

#include <gridone/storage/core/detail/call_limits.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/codec.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/detail/upcast.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/id.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/detail/parsed_text.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/filter.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// What a storage shows to its operations and to nobody else.
struct StorageAccess {
    template <class Self>
    static decltype(auto) store(const Self& self) {
        return self.store();
    }
    template <class Self>
    static decltype(auto) hooks(const Self& self) {
        return self.hooks();
    }
    template <class View>
    static const auto& storage(const View& view) {
        return view.storage();
    }
    /// Only of a view, so that this is how views are told from storages.
    template <class Self>
    static auto limits(const Self& self) -> decltype(self.limits()) {
        return self.limits();
    }
};

template <class Self>
concept IsView = requires(const Self& self) { StorageAccess::limits(self); };

/// What every operation begins and ends with. `Self` provides `store()`, a store of JSON texts, and `table()`, the
/// description of its table; a view, `limits()` and `hooks()` besides. Checks and hooks run before the store is entered
/// or after it is left, never inside.
template <class Self, class M, class Hooks>
class StorageParts : public HookNames {
public:
    using hooks_type = Hooks;

protected:
    friend struct StorageAccess;

    const Self& self() const noexcept { return static_cast<const Self&>(*this); }
    decltype(auto) texts() const { return StorageAccess::store(self()); }

    CallSite at(std::string_view operation, std::string_view id = {}) const {
        CallSite site{.operation = operation, .table = self().table().names().table_name, .id = id};
        if constexpr (IsView<Self>) StorageAccess::limits(self()).begin(site);
        return site;
    }

    /// For an operation on a document that is there: its id may be one that the library would not write.
    CallSite at_stored(std::string_view operation, std::string_view id) const {
        CallSite site = at(operation, id);
        located(site, [&] { check_id_text(id); });
        return site;
    }

    /// For an operation that takes several calls of the store: they end together.
    CallSite at_once(std::string_view operation, std::string_view id = {}) const {
        CallSite site = at_stored(operation, id);
        if (site.deadline == Deadline::max()) site.deadline = texts().deadline();
        return site;
    }

    /// The derived class that has the hooks, or a fresh struct of hooks.
    decltype(auto) hooks() const {
        if constexpr (std::is_void_v<Hooks>) {
            return NoHooks{};
        } else if constexpr (std::is_base_of_v<Self, Hooks>) {
            return static_cast<const Hooks&>(self());
        } else {
            return Hooks{};
        }
    }

    std::string encoded(const CallSite& site, const M& value) const {
        check_hooks<M, Hooks>();
        located(site, [&] { check_id(site.id); });
        return encode<M, Hooks>(StorageAccess::hooks(self()), value, self().table().limits(), site);
    }

    M decoded(const CallSite& site, std::string_view text, const ParsedText* parsed = nullptr) const {
        check_hooks<M, Hooks>();
        return decode<M, Hooks>(StorageAccess::hooks(self()), text, self().table().limits(), site, parsed);
    }

    /// Nothing where it is no M and `on_broken` took that.
    template <class OnBroken>
    std::optional<M> decoded(const CallSite& site, std::string_view text, OnBroken& on_broken,
                             const ParsedText* parsed = nullptr) const {
        try {
            return std::optional<M>{std::in_place, decoded(site, text, parsed)};
        } catch (const DecodeError& broken) {
            std::invoke(on_broken, broken);
            return std::nullopt;
        }
    }

    Document<M> document(CallSite site, StoredRow row) const {
        site.id = row.id;
        M value = decoded(site, row.text, row.parsed.get());
        return {std::move(row.id), std::move(value), row.version, row.timestamps};
    }
    template <class OnBroken>
    std::optional<Document<M>> document(CallSite site, StoredRow row, OnBroken& on_broken) const {
        site.id = row.id;
        std::optional<M> value = decoded(site, row.text, on_broken, row.parsed.get());
        if (!value) return std::nullopt;
        return Document<M>{std::move(row.id), *std::move(value), row.version, row.timestamps};
    }

    /// Those of the documents that are not of M's version.
    [[nodiscard]] static Filter<M> other_versions(const Filter<M>& filter) {
        return filter && !(path<std::int64_t>(document_version_key) == DocumentVersionsOf<M>::type::current);
    }

    /// Those of the documents that are of an older version than M's.
    [[nodiscard]] static Filter<M> older_versions(const Filter<M>& filter) {
        const auto version = path<std::int64_t>(document_version_key);
        return filter && (version.is_null() || version < DocumentVersionsOf<M>::type::current);
    }

    /// A stored document as one of the current version; nothing, where it is one.
    /// @throws DecodeError  it is no M, or becomes one that cannot be stored
    [[nodiscard]] std::optional<std::string> upgraded(const CallSite& site, std::string_view text) const {
        expect_stored(text, site);
        const JsonLimits& limits = self().table().limits();
        nlohmann::json document = located(site, [&] { return parse_json(text, limits); });
        if (!located(site, [&] { return upcast<M>(document); })) return std::nullopt;
        (void)from_document<M, Hooks>(StorageAccess::hooks(self()), document, site, limits);
        return located(site, [&] {
            try {
                return canonical_json(document, limits);
            } catch (const InvalidInputError& error) {
                throw DecodeError{std::string{"as one of the current version it cannot be stored: "} + error.what(),
                                  error.pointer()};
            }
        });
    }

    /// How often a document is made current that a trigger or another client makes old again.
    static constexpr int most_upgrades = 20;

    [[noreturn]] static void refuse_old(const CallSite& site) {
        throw WriteSuppressedError{
            site.because("the document is of an older version at every look, though it was stored as a current one: a "
                         "trigger or a program of an older version writes it")};
    }

    /// Calls `f`, which may give a bool. @returns whether to go on
    template <class F>
    static bool visit(F& f, const Document<M>& document) {
        if constexpr (std::same_as<std::invoke_result_t<F&, const Document<M>&>, bool>) {
            return std::invoke(f, document);
        } else {
            std::invoke(f, document);
            return true;
        }
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
