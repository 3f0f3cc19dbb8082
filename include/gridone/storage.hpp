// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_HPP
#define GRIDONE_STORAGE_HPP

/// The whole library: typed JSON documents in PostgreSQL, and their twin in memory.
///
/// Defaults that every comment assumes: tables are `public.<name> (id text PRIMARY KEY, data jsonb NOT NULL)`; ids are
/// 1–512 bytes of UTF-8 and order by bytes; a document is at most 512 levels deep and 16 MiB of JSON text; a pool has
/// at most 8 connections, a call waits at most 5 s for one and takes at most 30 s in all.

#include <gridone/storage/adapters/any_storage_backend.hpp>
#include <gridone/storage/adapters/coalescing_options.hpp>
#include <gridone/storage/adapters/coalescing_storage_backend.hpp>
#include <gridone/storage/adapters/database.hpp>
#include <gridone/storage/adapters/open_database.hpp>
#include <gridone/storage/core/acquire_timeout_error.hpp>
#include <gridone/storage/core/broken_documents.hpp>
#include <gridone/storage/core/connect_failure.hpp>
#include <gridone/storage/core/document.hpp>
#include <gridone/storage/core/document_versions.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/core/field_name.hpp>
#include <gridone/storage/core/id.hpp>
#include <gridone/storage/core/identifier.hpp>
#include <gridone/storage/core/json/canonical_json.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/json_members.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/core/json/raw_json.hpp>
#include <gridone/storage/core/new_id.hpp>
#include <gridone/storage/core/schema_manager.hpp>
#include <gridone/storage/core/storage_backend.hpp>
#include <gridone/storage/core/storage_error.hpp>
#include <gridone/storage/core/timestamp.hpp>
#include <gridone/storage/core/transaction.hpp>
#include <gridone/storage/core/transaction_options.hpp>
#include <gridone/storage/core/version.hpp>
#include <gridone/storage/memory/memory_database.hpp>
#include <gridone/storage/memory/memory_storage_backend.hpp>
#include <gridone/storage/postgres/connection/connection_budget.hpp>
#include <gridone/storage/postgres/connection/connection_pool.hpp>
#include <gridone/storage/postgres/connection/duration_stats.hpp>
#include <gridone/storage/postgres/connection/event_attributes.hpp>
#include <gridone/storage/postgres/connection/lease_info.hpp>
#include <gridone/storage/postgres/connection/pool_options.hpp>
#include <gridone/storage/postgres/connection/pool_stats.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/connection/retirement.hpp>
#include <gridone/storage/postgres/connection/storage_event.hpp>
#include <gridone/storage/postgres/postgres_storage_backend.hpp>
#include <gridone/storage/postgres/schema/base_schema_manager.hpp>
#include <gridone/storage/postgres/schema/migration.hpp>
#include <gridone/storage/postgres/schema/migration_error.hpp>
#include <gridone/storage/postgres/schema/migrator.hpp>
#include <gridone/storage/postgres/schema/migrator_options.hpp>
#include <gridone/storage/postgres/schema/schema_difference.hpp>
#include <gridone/storage/postgres/schema/schema_options.hpp>
#include <gridone/storage/postgres/schema/schema_part.hpp>
#include <gridone/storage/query/change.hpp>
#include <gridone/storage/query/cursor.hpp>
#include <gridone/storage/query/document_backend.hpp>
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/explain_options.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/index.hpp>
#include <gridone/storage/query/load_options.hpp>
#include <gridone/storage/query/on_delete.hpp>
#include <gridone/storage/query/order.hpp>
#include <gridone/storage/query/page.hpp>
#include <gridone/storage/query/query.hpp>
#include <gridone/storage/query/table_names.hpp>
#include <gridone/storage/query/upgrade_options.hpp>
#include <gridone/storage/version.hpp>

#endif
