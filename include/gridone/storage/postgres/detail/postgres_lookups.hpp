// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_LOOKUPS_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_LOOKUPS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/core/json/parse_json.hpp>
#include <gridone/storage/postgres/connection/detail/manager_state.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/detail/found_documents.hpp>
#include <gridone/storage/postgres/detail/table_connections.hpp>
#include <gridone/storage/postgres/sql/batch_chunks.hpp>
#include <gridone/storage/postgres/sql/document_statements.hpp>
#include <gridone/storage/postgres/sql/query_statements.hpp>
#include <gridone/storage/postgres/sql/sql_values.hpp>
#include <gridone/storage/query/detail/filter_node.hpp>
#include <gridone/storage/query/detail/query_spec.hpp>
#include <gridone/storage/query/detail/table_rules.hpp>
#include <gridone/storage/query/table_names.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// What a store of PostgreSQL reads; each of these is one statement.
class PostgresLookups {
public:
    PostgresLookups(std::shared_ptr<ManagerState> manager, const TableNames& names, const TableRules& rules,
                    const JsonLimits& limits)
        : manager_{std::move(manager), names}, statements_{names, rules}, rules_{rules}, limits_{limits} {}

    [[nodiscard]] std::optional<FoundText> find(const CallSite& site) const {
        Result result = manager_->run(statements_.find, {site.id}, site);
        if (result.size() == 0) return std::nullopt;
        return FoundText{std::move(result), site};
    }
    [[nodiscard]] std::optional<StoredText> find_document(const CallSite& site) const {
        return stored_text(manager_->run(statements_.find_document, {site.id}, site), site);
    }
    [[nodiscard]] std::optional<StoredText> lock(const CallSite& site) const {
        return stored_text(manager_->run(statements_.lock, {site.id}, site), site);
    }
    [[nodiscard]] bool contains(const CallSite& site) const {
        return manager_->run(statements_.contains, {site.id}, site).size() != 0;
    }
    [[nodiscard]] FoundRows find_many(const CallSite& site, std::span<const std::string_view> ids) const {
        FoundRows found;
        for (IdChunks chunks{ids}; chunks.next();) {
            found.add(manager_->run(statements_.find_many, {chunks.ids().wire()}, site));
        }
        return found;
    }
    [[nodiscard]] FoundRows rows(const CallSite& site, std::size_t max_rows) const {
        constexpr std::size_t more_than_any = std::size_t{1} << 62U;
        FoundRows found;
        found.add(manager_->run(statements_.rows, {std::to_string(std::min(max_rows, more_than_any) + 1)}, site));
        return found;
    }
    [[nodiscard]] std::vector<StoredRow> rows_after(const CallSite& site,
                                                    const std::optional<std::string>& after) const {
        return stored_rows(after ? manager_->run(statements_.rows_after, {*after}, site)
                                 : manager_->run(statements_.first_rows, {}, site),
                           site);
    }
    [[nodiscard]] std::vector<std::string> ids(const CallSite& site) const {
        return first_column(manager_->run(statements_.ids, {}, site), site);
    }
    [[nodiscard]] std::size_t count(const CallSite& site) const {
        return number_of_rows(manager_->run(statements_.count, {}, site), site);
    }

    [[nodiscard]] std::vector<StoredRow> query(const CallSite& site, const QuerySpec& spec) const {
        return stored_rows(ask(site, [&](QueryStatements& sql) { return sql.rows(spec); }), site);
    }
    /// The total is told by the rows, so where there are none it is asked for with a second statement.
    [[nodiscard]] CountedRows query_counted(const CallSite& site, const QuerySpec& spec) const {
        const Result result = ask(site, [&](QueryStatements& sql) { return sql.counted_rows(spec); });
        if (result.size() == 0) return {{}, query_count(site, *spec.where)};
        return {stored_rows(result, site), located(site, [&] { return result.count(0, result.columns() - 1); })};
    }
    [[nodiscard]] std::vector<std::string> query_ids(const CallSite& site, const QuerySpec& spec) const {
        return first_column(ask(site, [&](QueryStatements& sql) { return sql.ids(spec); }), site);
    }
    [[nodiscard]] std::size_t query_count(const CallSite& site, const FilterNode& filter) const {
        return number_of_rows(ask(site, [&](QueryStatements& sql) { return sql.count(filter); }), site);
    }
    [[nodiscard]] bool query_exists(const CallSite& site, const FilterNode& filter) const {
        return ask(site, [&](QueryStatements& sql) { return sql.any(filter); }).size() != 0;
    }

    [[nodiscard]] std::vector<ValueCount> query_groups(const CallSite& site, const FilterNode& filter,
                                                       const FieldPlace& field) const {
        const Result result = ask(site, [&](QueryStatements& sql) { return sql.groups(filter, field); });
        std::vector<ValueCount> groups;
        for (std::size_t row = 0; row < result.size(); ++row) {
            ValueCount& group = groups.emplace_back(nullptr, located(site, [&] { return result.count(row, 1); }));
            if (!result.is_null(row, 0)) {
                group.value = located(site, [&] { return parse_json(result.text(row, 0), limits_); });
            }
        }
        return groups;
    }

    [[nodiscard]] SumOfValues query_sum(const CallSite& site, const FilterNode& filter, const FieldPlace& field) const {
        const Result result = ask(site, [&](QueryStatements& sql) { return sql.sum(filter, field); });
        return located(site, [&]() -> SumOfValues {
            const std::size_t values = result.count(0, 1);
            if (values == 0) return {};
            const std::string_view sum = result.value(0, 0);
            if (sum.find_first_not_of("0123456789.-") != sum.npos) throw bad_reply();
            return {std::string{sum}, values};
        });
    }

    [[nodiscard]] std::string query_plan(const CallSite& site, const QuerySpec& spec, bool run) const {
        std::string plan;
        for (const std::string& line :
             first_column(ask(site, [&](QueryStatements& sql) { return sql.plan(spec, run); }), site)) {
            plan.append(line).append("\n");
        }
        return plan;
    }

protected:
    /// Runs the statement that `make` gives.
    template <class Make>
    Result ask(const CallSite& site, Make&& make) const {
        SqlValues values{SqlValues::As::parameters};
        QueryStatements sql{statements_, values};
        Statement statement = located(site, [&] { return make(sql); });
        statement.parameters = values.types();
        return manager_->run(statement, values.views(), site);
    }

    TableConnections manager_;
    DocumentStatements statements_;
    TableRules rules_;
    JsonLimits limits_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
