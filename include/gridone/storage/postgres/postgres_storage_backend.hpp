// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_POSTGRES_STORAGE_BACKEND_HPP
#define GRIDONE_STORAGE_POSTGRES_POSTGRES_STORAGE_BACKEND_HPP

#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/detail/postgres_store.hpp>
#include <gridone/storage/query/detail/document_operations.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace gridone::storage::inline v0 {

namespace detail {

template <class M, class Hooks>
class PostgresDocuments : public DocumentOperations<PostgresDocuments<M, Hooks>, M, Hooks> {
public:
    /// Stores in the table of this description. No I/O.
    PostgresDocuments(const PostgresConnectionManager& manager, DocumentTable<M> table)
        : table_{std::move(table)},
          store_{std::make_shared<const PostgresStore>(ManagerAccess::state(manager), table_.names(), table_.rules(),
                                                       table_.limits())} {
        check_hooks<M, Hooks>();
    }

    /// Stores in the columns `id` and `data` of a table in the schema `public`.
    /// @throws InvalidInputError  for a name that PostgreSQL could not keep as it is.
    PostgresDocuments(const PostgresConnectionManager& manager, std::string_view table_name)
        : PostgresDocuments{manager, document_table<M>(table_name)} {}

    /// Stores in a table with names of your own: `{manager, {.table_name = "devices", .schema_name = "plant"}}`.
    PostgresDocuments(const PostgresConnectionManager& manager, TableNames names)
        : PostgresDocuments{manager, document_table<M>(std::move(names))} {}

    // A move copies: what was moved from stays usable.
    PostgresDocuments(const PostgresDocuments&) = default;
    PostgresDocuments& operator=(const PostgresDocuments&) = default;
    ~PostgresDocuments() = default;

    [[nodiscard]] const DocumentTable<M>& table() const noexcept { return table_; }

private:
    friend struct StorageAccess;
    const PostgresStore& store() const noexcept { return *store_; }

    DocumentTable<M> table_;
    std::shared_ptr<const PostgresStore> store_;
};

}  // namespace detail

/// `M` documents in a PostgreSQL table `(id text PRIMARY KEY, data jsonb NOT NULL)`, which other programs may share.
///
/// Hooks: none (the model's `JsonMembers`, or nlohmann's to_json and from_json), a derived class
/// `class WidgetStorage : public PostgresStorageBackend<Widget, WidgetStorage>`, or a default-constructible struct:
///     nlohmann::json serialize(const M&) const;
///     M deserialize(const nlohmann::json&) const;      // or (const nlohmann::json&, std::string_view id)
/// or, where the model writes and reads JSON text itself,
///     RawJson serialize(const M&) const;
///     M deserialize(RawJsonView) const;                // or (RawJsonView, std::string_view id)
/// A hook that is left out is nlohmann's. Hooks run while no connection is held, and must be safe to call from several
/// threads if the storage is. From `deserialize`, nlohmann's exceptions become `DecodeError`; others pass unchanged.
///
/// Copies are handles to the same table.
///
/// The id column is text or varchar, or a domain over one of them, with a deterministic collation. At its first use of a
/// table, a manager reads that in the catalog, and every operation refuses another column with a `SchemaError` that names
/// it: char(n), citext, name and nondeterministic collations change ids or take two for one.
///
/// **Round trips**, on a connection that has run the statement before (one more where it has not, and one more at the
/// first use of the table, for the look into the catalog):
///
/// | Operation | Round trips |
/// | --- | --- |
/// | every operation on one document, every batch up to 8 MiB, `read_all`, `list_all`, `count`, `clear` | 1 |
/// | `insert`, `replace`, `remove` and `patch`, under a version or not, `insert_many`, `clear`, where they touch no row | 2 |
/// | `write`, `insert`, `upsert_by`, `write_many`, where a unique constraint refuses them | 2; 4 where the table's description does not have the constraint |
/// | `insert_or_find`, where it finds | 2 |
/// | `edit` | 2; 1 where nothing was changed; 2 more for each time somebody else was faster |
/// | `for_each` | 1 for a thousand documents or a mebibyte, and 1 at the end |
/// | a batch over 8 MiB | 1 for each 8 MiB, and 2 for the transaction around them |
/// | `write_many` of a load: with `LoadOptions`, or of a range that is walked once | 6, and 4 for about every 4 MiB; 4 more where not all ids are new and in order (5 in a transaction). The documents are on their way meanwhile |
/// | `insert_many` of a load | 4 |
/// | `transaction` | 2, and what its body does; 2 for each part with a savepoint |
/// | every operation of a query that is not named below | 1 |
/// | `query(…).one()`, `read()`, where there are several; `page(with_total)`, where it is empty | 2 |
/// | `query(…).for_each` | 1 for a hundred documents |
///
/// A write that the server suppresses, which is a `WriteSuppressedError`, takes a few more: it is told from one that
/// another client was faster than.
///
/// Queries of one shape, whatever their values are, are prepared at their second use of a connection, which costs that
/// use a round trip more; see `PoolOptions::prepared_queries`.
///
/// **When a connection breaks.** A read is run again on another connection, within the deadline. A write:
///
/// | The reply was lost, and | `write`, `replace` | `insert`, under a version | `patch`, `edit`, `remove` | batches, `clear` |
/// | --- | --- | --- | --- | --- |
/// | nothing had been sent, or the server said that it ends the session | again | again | again | again |
/// | the row has this content, written since | done | done | – | unknown |
/// | the row has this content, from before | done | again | – | unknown |
/// | the row has other content, from before | again | again | again | unknown |
/// | the row has other content, written since | unknown | unknown | unknown | unknown |
/// | there is no row | unknown | unknown | unknown | unknown |
///
/// "Again" finds what is there: an `insert` whose id is taken throws `AlreadyExistsError`. "Unknown" is
/// `OutcomeUnknownError`: another writer came in between, or may have, and a second attempt could undo its work. Before
/// the row is looked at, the server process that had the write is ended, since what is not there yet could still come;
/// "since" and "from before" are told by the row's `xmin`. Unknown besides: in a foreign table; after a standby was
/// promoted; behind a pooler that lends server processes; when the deadline of the call passes first. Where the session
/// waits for synchronous standbys, "done" is reported once they have it too, and otherwise it is unknown.
/// A statement that the server rolled back for a concurrent one (40001, 40P01) is run again within the deadline, and one
/// that a unique constraint refused for the very document that it writes, which another session wrote at that moment. Of a
/// transaction whose reply to the commit is lost, the server is asked what became of it, so that it is unknown only
/// where the server cannot be asked: after a promotion, behind a pooler, when the deadline passes first.
///
/// **Rights** of the role on the table; besides, USAGE on its schema. A role without them gets `PermissionError`:
///
/// | Operation | Rights |
/// | --- | --- |
/// | reads, `count`, `contains`, queries that read | SELECT |
/// | `insert`, `insert_or_find`, `insert_many`, `insert_missing` | SELECT, INSERT |
/// | `insert_many` of a load | INSERT |
/// | `replace`, `patch`, `edit`, `read_for_update`, `query(…).patch` | SELECT, UPDATE |
/// | `write`, `write_many`, `upsert_by` | SELECT, INSERT, UPDATE |
/// | `write_many` of a load | SELECT, INSERT, UPDATE; TEMPORARY on the database where ids exist or are not in order |
/// | `remove` | SELECT, DELETE |
/// | `remove_many`, `query(…).remove` | SELECT, UPDATE, DELETE |
/// | `clear` | DELETE; SELECT as well where the table is empty, or has a trigger, a rule or a policy that can keep rows |
///
/// Every operation throws, besides what it names: `ConnectionError`, `AcquireTimeoutError`, `DeadlineExceededError`,
/// `TransientError`, `PoolClosedError` (nothing was applied), `SchemaError`, `PermissionError`, and writes throw
/// `ConstraintError`, `WriteSuppressedError` and `OutcomeUnknownError`.
template <class M, class Hooks = void>
class PostgresStorageBackend : public detail::PostgresDocuments<M, Hooks> {
public:
    using detail::PostgresDocuments<M, Hooks>::PostgresDocuments;
};

/// Without hooks. Final, because a class derived from it would be thought to have hooks; those need
/// `PostgresStorageBackend<M, Derived>`.
template <class M>
class PostgresStorageBackend<M, void> final : public detail::PostgresDocuments<M, void> {
public:
    using detail::PostgresDocuments<M, void>::PostgresDocuments;
};

}  // namespace gridone::storage::inline v0

#endif
