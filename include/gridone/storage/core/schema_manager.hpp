// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_SCHEMA_MANAGER_HPP
#define GRIDONE_STORAGE_CORE_SCHEMA_MANAGER_HPP

namespace gridone::storage::inline v0 {

/// Brings the database to the form that the code expects; called once at start, harmless when called again.
/// Models: `BaseSchemaManager`.
template <class S>
concept SchemaManager = requires(S& schema) { schema.ensure_schema(); };

}  // namespace gridone::storage::inline v0

#endif
