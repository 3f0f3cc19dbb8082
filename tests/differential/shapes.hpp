// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SHAPES_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_SHAPES_HPP

#include "differential/case.hpp"
#include <gridone/storage/query/document_table.hpp>
#include <gridone/storage/query/field.hpp>
#include <gridone/storage/query/filter.hpp>
#include <gridone/storage/query/on_delete.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace differential {

/// Tables of one database that a case may use.
struct Shape {
    std::vector<gridone::storage::DocumentTable<json>> tables;
};

inline std::vector<Shape> shapes() {
    using gridone::storage::document_table;
    using gridone::storage::path;
    using gridone::storage::where;
    namespace on_delete = gridone::storage::on_delete;
    const auto a = path<std::string>("a");
    const auto b = path<std::string>("b");
    const auto c = path<std::string>("c");
    const auto plain = document_table<json>("documents");
    const auto columns = document_table<json>("columns")
                             .with_column(a)
                             .with_column(path<double>("b"))
                             .with_column(path<bool>("c"))
                             .with_column(path<gridone::storage::Timestamp>("a"), "time")
                             .contents_index(path<std::vector<std::string>>("a"))
                             .with_timestamps();
    const auto unique = document_table<json>("unique")
                            .unique(a)
                            .unique(path<double>("b"))
                            .unique(path<bool>("c"), path<std::int32_t>("0"));
    const auto partly_unique = document_table<json>("partly_unique")
                                   .unique(path<std::int64_t>("b"), where(path<bool>("c") == true))
                                   .unique(a, where(b.is_null()));
    // No two references of a document lead to one table: there the server decides row by row.
    const auto parents = document_table<json>("parents");
    const auto others = document_table<json>("others");
    const auto children = document_table<json>("children")
                              .references(a, parents, on_delete::cascade)
                              .references(b, others, on_delete::set_null);
    const auto users = document_table<json>("users").references(a, parents, on_delete::refuse);
    const auto grandchildren = document_table<json>("grandchildren").references(c, children, on_delete::set_null);
    return {
        {{plain}},
        {{document_table<json>("few").with_max_rows(2), plain, columns}},
        {{unique, partly_unique}},
        {{parents, others, children, grandchildren}},
        {{parents, users}},
        {{document_table<json>("cascades").references(a, "cascades", on_delete::cascade),
          document_table<json>("nulls").references(a, "nulls", on_delete::set_null),
          document_table<json>("chain").references(a, "chain", on_delete::refuse).unique(a)}},
        {{document_table<json>("kept").insert_only(a, path<json>("b", "a")),
          document_table<json>("counted").with_revision_column().with_column(a).unique(a)}},
    };
}

}  // namespace differential

#endif
