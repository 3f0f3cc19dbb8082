// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_LOOKUPS_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_LOOKUPS_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/detail/stored_text.hpp>
#include <gridone/storage/core/json/json_limits.hpp>
#include <gridone/storage/postgres/connection/detail/manager_state.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/detail/found_documents.hpp>
#include <gridone/storage/postgres/sql/batch_chunks.hpp>
#include <gridone/storage/postgres/sql/document_statements.hpp>
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
        : manager_{std::move(manager)}, statements_{names, rules}, rules_{rules}, limits_{limits} {}

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
            found.add(manager_->run(statements_.find_many, {chunks.ids().wire()}, site), site);
        }
        return found;
    }
    [[nodiscard]] FoundRows rows(const CallSite& site, std::size_t max_rows) const {
        constexpr std::size_t more_than_any = std::size_t{1} << 62U;
        FoundRows found;
        found.add(manager_->run(statements_.rows, {std::to_string(std::min(max_rows, more_than_any) + 1)}, site), site);
        return found;
    }
    [[nodiscard]] std::vector<StoredRow> rows_after(const CallSite& site,
                                                    const std::optional<std::string>& after) const {
        return stored_rows(after ? manager_->run(statements_.rows_after, {*after}, site)
                                 : manager_->run(statements_.first_rows, {}, site),
                           site);
    }
    [[nodiscard]] std::vector<std::string> ids(const CallSite& site) const {
        return first_column(manager_->run(statements_.ids, {}, site));
    }
    [[nodiscard]] std::size_t count(const CallSite& site) const {
        return number_of_rows(manager_->run(statements_.count, {}, site), site);
    }

protected:
    std::shared_ptr<ManagerState> manager_;
    DocumentStatements statements_;
    TableRules rules_;
    JsonLimits limits_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
