// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_CALL_SITE_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_CALL_SITE_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/core/storage_error.hpp>

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

class TransactionState;

/// One call: what an error message says about where it comes from, and when it is to end. Views: lives as long as the
/// call.
struct CallSite {
    std::string_view operation = {};
    std::string_view table = {};
    std::string_view id = {};
    std::size_t position = 0;                 ///< Of a batch: which of its documents, from 1.
    Deadline deadline = Deadline::max();      ///< `max()`: the storage's own.
    const std::stop_token* stop = nullptr;    ///< Of the caller, if it gave one.
    TransactionState* transaction = nullptr;  ///< In which it is, if in one.

    /// The place of this call with the reason that the thrower gives.
    [[nodiscard]] ErrorInfo because(std::string reason) const {
        return ErrorInfo{.reason = at_position(std::move(reason)),
                         .operation = std::string{operation},
                         .table = std::string{table},
                         .id = std::string{id}};
    }

    /// The reason, with the document of the batch that it is about.
    [[nodiscard]] std::string at_position(std::string reason) const {
        return position == 0 ? std::move(reason) : "document " + std::to_string(position) + ": " + reason;
    }
};

/// Adds the place to an error that a hook or a check threw without knowing it.
struct ErrorAccess {
    static void locate(StorageError& error, const CallSite& site) {
        ErrorInfo info = error.info();
        if (info.operation.empty()) {
            info.operation = site.operation;
            info.reason = site.at_position(std::move(info.reason));
        }
        if (info.table.empty()) info.table = site.table;
        if (info.id.empty()) info.id = site.id;
        error.state_ = std::make_shared<const StorageError::State>(std::move(info));
    }
    /// For one that a part of a script threw: `place` says which part.
    static void set_place(StorageError& error, const std::string& place) {
        ErrorInfo info = error.info();
        info.reason.insert(0, place + ": ");
        error.state_ = std::make_shared<const StorageError::State>(std::move(info));
    }
    /// For one that came after the change was stored.
    static void set_outcome(StorageError& error, Outcome outcome) {
        ErrorInfo info = error.info();
        info.outcome = outcome;
        error.state_ = std::make_shared<const StorageError::State>(std::move(info));
    }
    /// For one that was thrown about a part of a document: `pointer` is that of the part.
    static void move_below(StorageError& error, const std::string& pointer) {
        ErrorInfo info = error.info();
        info.pointer.insert(0, pointer);
        error.state_ = std::make_shared<const StorageError::State>(std::move(info));
    }
};

/// Runs `f`; an error of ours that passes through learns where it happened and keeps its type.
template <class F>
decltype(auto) located(const CallSite& site, F&& f) {
    try {
        return f();
    } catch (StorageError& error) {
        ErrorAccess::locate(error, site);
        throw;
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
