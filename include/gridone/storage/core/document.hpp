// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DOCUMENT_HPP
#define GRIDONE_STORAGE_CORE_DOCUMENT_HPP

#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/core/version.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0 {

/// When a document was stored first and when last, by the clock of the server (of this machine, in memory). The second
/// never goes back, whatever the clock does.
struct Timestamps {
    Timestamp created_at;
    Timestamp updated_at;

    friend bool operator==(const Timestamps&, const Timestamps&) = default;
};

/// A value with the id under which it is stored and the version in which it was seen:
/// `for (const auto& [id, device, version] : …)`.
template <class M>
struct Document {
    std::string id;
    M value;
    Version version;
    std::optional<Timestamps> timestamps{};  ///< Of a table `with_timestamps`; nothing of others.

    friend bool operator==(const Document&, const Document&) = default;

    /// Its first three, so that the fourth is in nobody's way: `auto [id, device, version] = …`.
    template <std::size_t I>
    [[nodiscard]] friend constexpr auto& get(Document& document) noexcept {
        return std::get<I>(std::tie(document.id, document.value, document.version));
    }
    template <std::size_t I>
    [[nodiscard]] friend constexpr const auto& get(const Document& document) noexcept {
        return std::get<I>(std::tie(document.id, document.value, document.version));
    }
    template <std::size_t I>
    [[nodiscard]] friend constexpr auto&& get(Document&& document) noexcept {
        return std::move(std::get<I>(std::tie(document.id, document.value, document.version)));
    }
};

/// What `insert_or_find` and `upsert_by` give: the document that is stored now, and whether this call made it.
template <class M>
struct InsertedOrFound {
    Document<M> document;
    bool inserted = false;
};

}  // namespace gridone::storage::inline v0

template <class M>
struct std::tuple_size<gridone::storage::Document<M>> : std::integral_constant<std::size_t, 3> {};
template <std::size_t I, class M>
struct std::tuple_element<I, gridone::storage::Document<M>>
    : std::tuple_element<I, std::tuple<std::string, M, gridone::storage::Version>> {};

#endif
