// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_ERRORS_HPP
#define GRIDONE_STORAGE_CORE_ERRORS_HPP

#include <gridone/storage/core/connect_failure.hpp>
#include <gridone/storage/core/storage_error.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

/// There is no such document. Nothing was changed.
class NotFoundError : public StorageError {
public:
    /// For hooks and services; what the library throws names the operation as well.
    NotFoundError(std::string_view table, std::string_view id)
        : NotFoundError{ErrorInfo{.table = std::string{table}, .id = std::string{id}}} {}
    explicit NotFoundError(ErrorInfo info) : StorageError{with_reason(std::move(info))} {}

private:
    static ErrorInfo with_reason(ErrorInfo info) {
        if (info.reason.empty()) info.reason = "no document with this id";
        return info;
    }
};

/// Someone else was first, or a rule of the table forbids it. Nothing was changed.
class ConflictError : public StorageError {
public:
    explicit ConflictError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// The id is taken.
class AlreadyExistsError : public ConflictError {
public:
    explicit AlreadyExistsError(ErrorInfo info) : ConflictError{std::move(info)} {}
};

/// A rule of the table forbids it: unique, foreign key, check, not null, exclusion.
class ConstraintError : public ConflictError {
public:
    explicit ConstraintError(ErrorInfo info) : ConflictError{std::move(info)} {}
    [[nodiscard]] const std::string& constraint() const noexcept { return info().constraint; }
};

/// The server accepted the statement and did not store, or did not remove, this document: a trigger that returned NULL, a
/// rule or a row-level security policy of the table suppressed the write. `id()` names the document. Of a batch, and of
/// the documents of a query, nothing was changed.
///
/// What the trigger did besides stands: outside a transaction it is committed, where the call was about one document.
class WriteSuppressedError : public StorageError {
public:
    explicit WriteSuppressedError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// The value cannot be stored, or the argument makes no sense. Nothing was changed; most often nothing was sent.
class InvalidInputError : public StorageError {
public:
    /// For hooks and services; the library adds operation, table and id on the way out.
    explicit InvalidInputError(std::string_view reason, std::string_view pointer = {})
        : StorageError{ErrorInfo{.reason = std::string{reason}, .pointer = std::string{pointer}}} {}
    explicit InvalidInputError(ErrorInfo info) : StorageError{std::move(info)} {}
    [[nodiscard]] const std::string& pointer() const noexcept { return info().pointer; }
};

/// What is stored is not what the model expects. The stored document is as it was.
class DecodeError : public StorageError {
public:
    /// For hooks and services; the library adds operation, table and id on the way out.
    explicit DecodeError(std::string_view reason, std::string_view pointer = {})
        : StorageError{ErrorInfo{.reason = std::string{reason}, .pointer = std::string{pointer}}} {}
    explicit DecodeError(ErrorInfo info) : StorageError{std::move(info)} {}
    [[nodiscard]] const std::string& pointer() const noexcept { return info().pointer; }
};

/// The server rolled it back (serialization, deadlock, lock, resources): run it again.
class TransientError : public StorageError {
public:
    explicit TransientError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// Time ran out and nothing was applied.
class TimeoutError : public StorageError {
public:
    explicit TimeoutError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// The deadline of the call passed before a write was sent or during a read, or the server ended the statement at its
/// own time limit.
class DeadlineExceededError : public TimeoutError {
public:
    explicit DeadlineExceededError(ErrorInfo info) : TimeoutError{std::move(info)} {}
};

/// The caller's stop token fired, or someone cancelled the statement on the server. Nothing was applied.
class CancelledError : public StorageError {
public:
    explicit CancelledError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// There is no connection, or it was lost and nothing was applied.
class ConnectionError : public StorageError {
public:
    explicit ConnectionError(ErrorInfo info) : StorageError{std::move(info)} {}
    [[nodiscard]] ConnectFailure cause() const noexcept { return info().connect_failure; }
};

/// A write was sent and no verdict came: it may be stored, or not. Deliberately no `ConnectionError`, so that a handler
/// which retries those does not write twice.
class OutcomeUnknownError : public StorageError {
public:
    explicit OutcomeUnknownError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// The database is not what the code expects: missing table, other columns, no key on the id, a failed DDL statement.
class SchemaError : public StorageError {
public:
    explicit SchemaError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// The role may not do this.
class PermissionError : public StorageError {
public:
    explicit PermissionError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// A bug in the calling code.
class UsageError : public StorageError {
public:
    explicit UsageError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// The manager or the pool was closed.
class PoolClosedError : public StorageError {
public:
    explicit PoolClosedError(ErrorInfo info) : StorageError{std::move(info)} {}
};

/// A bug in the library, or a server that breaks its own protocol.
class InternalError : public StorageError {
public:
    explicit InternalError(ErrorInfo info) : StorageError{std::move(info)} {}
};

}  // namespace gridone::storage::inline v0

#endif
