// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_DOCUMENT_OPERATIONS_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_DOCUMENT_OPERATIONS_HPP

#include <gridone/storage/core/detail/call_limits.hpp>
#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/codec.hpp>
#include <gridone/storage/core/detail/hooks.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/id.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

template <class Storage, class M, class Hooks>
class LimitedDocuments;

/// The operations of every storage, on top of a store of JSON texts that `Self` provides:
/// `self.store()` finds, puts, inserts, replaces, removes and lists texts; `self.table()` describes the table.
/// Checks and hooks run before the store is entered or after it is left, never inside.
///
/// Every operation but the constructor may be called from any number of threads at the same time, and each throws,
/// besides what it names, `InvalidInputError` for an id that is no valid UTF-8 or contains NUL (before anything is
/// sent) and what its store throws for a server that cannot be reached or does not do its part.
template <class Self, class M, class Hooks>
class DocumentOperations : public HookNames {
public:
    using model_type = M;

    /// The document.
    /// @throws NotFoundError  there is none with this id.
    /// @throws DecodeError    what is stored is no M; id and, where known, pointer tell the place. It stays as it is.
    /// @note   SELECT data … WHERE id = $1
    [[nodiscard]] M read(std::string_view id) const {
        const CallSite site = at("read", id);
        std::optional<M> found = look_up(site);
        if (!found) throw NotFoundError{site.because({})};
        return *std::move(found);
    }

    /// The document, or nothing if there is none with this id. Otherwise as `read`.
    [[nodiscard]] std::optional<M> find(std::string_view id) const { return look_up(at("find", id)); }

    /// Stores the document, whether or not there was one with this id.
    /// @pre    the id is 1–512 bytes of valid UTF-8 without NUL.
    /// @throws InvalidInputError    the id or the document cannot be stored; nothing was sent.
    /// @throws OutcomeUnknownError  sent, but no verdict came: the old or the new document is stored.
    /// @note   INSERT … ON CONFLICT (id) DO UPDATE
    void write(std::string_view id, const M& value) {
        const CallSite site = at("write", id);
        self().store().put(site, encoded(site, value));
    }

    /// Stores a new document. Otherwise as `write`.
    /// @throws AlreadyExistsError  the id is taken; what is stored there was not touched.
    /// @note   INSERT … ON CONFLICT (id) DO NOTHING
    void insert(std::string_view id, const M& value) {
        const CallSite site = at("insert", id);
        if (!self().store().insert(site, encoded(site, value))) {
            throw AlreadyExistsError{site.because("a document with this id is already there")};
        }
    }

    /// Stores the document in place of the one that is there. Otherwise as `write`.
    /// @throws NotFoundError  there is none; nothing was stored.
    /// @note   UPDATE … WHERE id = $1
    void replace(std::string_view id, const M& value) {
        const CallSite site = at("replace", id);
        if (!self().store().replace(site, encoded(site, value))) throw NotFoundError{site.because({})};
    }

    /// Removes the document; tells whether there was one.
    /// @throws OutcomeUnknownError  sent, but no verdict came.
    /// @note   DELETE … WHERE id = $1
    bool remove(std::string_view id) {
        const CallSite site = at("remove", id);
        located(site, [&] { check_id_text(id); });
        return self().store().remove(site);
    }

    /// Whether there is a document with this id; it is not read.
    [[nodiscard]] bool contains(std::string_view id) const {
        const CallSite site = at("contains", id);
        located(site, [&] { check_id_text(id); });
        return self().store().contains(site);
    }

    /// All documents, by id in byte order. Holds the whole table in memory.
    /// @throws DecodeError  one of them is no M: its id and place; no document is returned.
    /// @note   SELECT id, data … ORDER BY id COLLATE "C"
    [[nodiscard]] std::vector<M> read_all() const {
        CallSite site = at("read_all");
        const auto rows = self().store().rows(site);
        std::vector<M> values;
        values.reserve(rows.size());
        for (const auto& [id, text] : rows) {
            site.id = id;
            values.push_back(decoded(site, text));
        }
        return values;
    }

    /// All ids, in byte order.
    /// @note   SELECT id … ORDER BY id COLLATE "C"
    [[nodiscard]] std::vector<std::string> list_all() const { return self().store().ids(at("list_all")); }

    /// How many documents there are. Costs a scan of the table.
    [[nodiscard]] std::size_t count() const { return self().store().count(at("count")); }

    /// Removes all documents; gives their number.
    /// @note   DELETE, so that triggers and foreign keys see each row.
    std::size_t clear() { return self().store().clear(at("clear")); }

    /// The same operations, each of which ends after that time: waiting, connecting, running and running again included.
    /// `storage.within(200ms).read(id)`; in place of the pool's `operation_timeout`. Steps add up: the earliest end
    /// counts. The view refers to the storage, which must outlive it.
    ///
    /// A call that is late throws `AcquireTimeoutError` or `DeadlineExceededError`, nothing applied; a write that had
    /// been sent by then, `OutcomeUnknownError`. What the server is still doing for it, it ends within a second.
    template <class Rep, class Period>
    [[nodiscard]] auto within(std::chrono::duration<Rep, Period> duration) const {
        constexpr std::chrono::hours as_good_as_ever{24 * 365};
        CallLimits limits = own_limits();
        if (duration < as_good_as_ever) {
            limits.duration = std::min(limits.duration, std::chrono::ceil<std::chrono::nanoseconds>(duration));
        }
        return limited(std::move(limits));
    }

    /// The same operations, of which none goes on after that moment: one deadline for several calls.
    [[nodiscard]] auto within(std::chrono::steady_clock::time_point deadline) const {
        CallLimits limits = own_limits();
        limits.deadline = std::min(limits.deadline, deadline);
        return limited(std::move(limits));
    }

    /// The same operations, which end when a stop is requested: with `CancelledError`, nothing applied; a write that had
    /// been sent by then, with `OutcomeUnknownError`. The later token counts where there are two.
    [[nodiscard]] auto within(std::stop_token stop) const {
        CallLimits limits = own_limits();
        limits.stop = std::move(stop);
        return limited(std::move(limits));
    }

private:
    template <class Storage, class Model, class ItsHooks>
    friend class LimitedDocuments;

    const Self& self() const noexcept { return static_cast<const Self&>(*this); }

    CallSite at(std::string_view operation, std::string_view id = {}) const {
        CallSite site{.operation = operation, .table = self().table().names().table_name, .id = id};
        if constexpr (is_view) self().limits().begin(site);
        return site;
    }

    /// Whether this is what `within` gives.
    static constexpr bool is_view = requires(const Self& self) { self.limits(); };

    CallLimits own_limits() const {
        if constexpr (is_view) {
            return self().limits();
        } else {
            return {};
        }
    }

    auto limited(CallLimits limits) const {
        if constexpr (is_view) {
            return Self{self().storage(), std::move(limits)};
        } else {
            return LimitedDocuments<Self, M, Hooks>{self(), std::move(limits)};
        }
    }

    decltype(auto) own_store() const { return self().store(); }

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
        return encode<M, Hooks>(self().hooks(), value, self().table().limits(), site);
    }

    M decoded(const CallSite& site, std::string_view text) const {
        check_hooks<M, Hooks>();
        return decode<M, Hooks>(self().hooks(), text, self().table().limits(), site);
    }

    std::optional<M> look_up(const CallSite& site) const {
        located(site, [&] { check_id_text(site.id); });
        const auto text = self().store().find(site);
        if (!text) return std::nullopt;
        // In place, for a model may be nlohmann::json itself, which converts to an optional of itself as well.
        return std::optional<M>{std::in_place, decoded(site, *text)};
    }
};

/// A storage whose calls have limits. Refers to the storage.
template <class Storage, class M, class Hooks>
class LimitedDocuments : public DocumentOperations<LimitedDocuments<Storage, M, Hooks>, M, Hooks> {
public:
    [[nodiscard]] const auto& table() const noexcept { return storage_->table(); }

private:
    friend DocumentOperations<Storage, M, Hooks>;
    friend DocumentOperations<LimitedDocuments, M, Hooks>;
    using Operations = DocumentOperations<Storage, M, Hooks>;

    LimitedDocuments(const Storage& storage, CallLimits limits) : storage_{&storage}, limits_{std::move(limits)} {}

    const Storage& storage() const noexcept { return *storage_; }
    const CallLimits& limits() const noexcept { return limits_; }
    decltype(auto) store() const { return static_cast<const Operations&>(*storage_).own_store(); }
    decltype(auto) hooks() const { return static_cast<const Operations&>(*storage_).hooks(); }

    const Storage* storage_;
    CallLimits limits_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
