// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_DESCRIBED_TABLE_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_DETAIL_DESCRIBED_TABLE_HPP

#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

namespace gridone::storage::inline v0::detail {

/// What a description says, whatever the type of the documents is.
struct DescribedTable {
    TableNames names;
    TableRules rules;
};

}  // namespace gridone::storage::inline v0::detail

#endif
