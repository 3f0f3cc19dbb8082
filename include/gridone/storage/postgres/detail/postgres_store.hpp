// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_STORE_HPP
#define GRIDONE_STORAGE_POSTGRES_DETAIL_POSTGRES_STORE_HPP

#include <gridone/storage/core/detail/call_site.hpp>
#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/detail/manager_state.hpp>
#include <gridone/storage/postgres/connection/detail/result.hpp>
#include <gridone/storage/postgres/sql/document_statements.hpp>
#include <gridone/storage/query/document_table.hpp>

#include <charconv>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::detail {

/// A column of a document row, which tables made elsewhere may leave NULL.
inline std::string_view document_text(const Result& result, std::size_t row, int column, const CallSite& site) {
    if (!result.is_null(row, column)) return result.text(row, column);
    throw DecodeError{site.because("the data column is NULL")};
}

/// The one document of a result.
class FoundText {
public:
    FoundText(Result result, const CallSite& site)
        : result_{std::move(result)}, text_{document_text(result_, 0, 0, site)} {}
    operator std::string_view() const noexcept { return text_; }  // NOLINT(google-explicit-constructor): it is a text

private:
    Result result_;
    std::string_view text_;
};

/// The rows (id, document) of a result, as views into it.
class FoundRows {
public:
    FoundRows(Result result, CallSite site) : result_{std::move(result)} {
        rows_.reserve(result_.size());
        for (std::size_t row = 0; row < result_.size(); ++row) {
            site.id = result_.text(row, 0);
            rows_.emplace_back(site.id, document_text(result_, row, 1, site));
        }
    }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] auto begin() const noexcept { return rows_.begin(); }
    [[nodiscard]] auto end() const noexcept { return rows_.end(); }

private:
    Result result_;
    std::vector<std::pair<std::string_view, std::string_view>> rows_;
};

/// JSON texts in one table: each operation is one statement on one connection.
class PostgresStore {
public:
    PostgresStore(std::shared_ptr<ManagerState> manager, const TableNames& names)
        : manager_{std::move(manager)}, statements_{names} {}

    [[nodiscard]] std::optional<FoundText> find(const CallSite& site) const {
        Result result = manager_->run(statements_.find, {site.id}, site);
        if (result.size() == 0) return std::nullopt;
        return FoundText{std::move(result), site};
    }
    void put(const CallSite& site, const std::string& text) const {
        manager_->change(statements_.put, {site.id, text}, site);
    }
    [[nodiscard]] bool insert(const CallSite& site, const std::string& text) const {
        return manager_->change(statements_.insert, {site.id, text}, site) != 0;
    }
    [[nodiscard]] bool replace(const CallSite& site, const std::string& text) const {
        return manager_->change(statements_.replace, {site.id, text}, site) != 0;
    }
    [[nodiscard]] bool remove(const CallSite& site) const {
        return manager_->change(statements_.remove, {site.id}, site) != 0;
    }
    [[nodiscard]] bool contains(const CallSite& site) const {
        return manager_->run(statements_.contains, {site.id}, site).size() != 0;
    }
    [[nodiscard]] FoundRows rows(const CallSite& site) const {
        return {manager_->run(statements_.rows, {}, site), site};
    }
    [[nodiscard]] std::vector<std::string> ids(const CallSite& site) const {
        const Result result = manager_->run(statements_.ids, {}, site);
        std::vector<std::string> ids;
        ids.reserve(result.size());
        for (std::size_t row = 0; row < result.size(); ++row) ids.emplace_back(result.text(row, 0));
        return ids;
    }
    [[nodiscard]] std::size_t count(const CallSite& site) const {
        const Result result = manager_->run(statements_.count, {}, site);
        const std::string_view digits = result.size() == 0 ? std::string_view{} : result.text(0, 0);
        std::size_t count = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (error != std::errc{} || end != digits.data() + digits.size()) {
            throw InternalError{site.because("the server answered count(*) with no number")};
        }
        return count;
    }
    [[nodiscard]] std::size_t clear(const CallSite& site) const {
        return manager_->change(statements_.clear, {}, site);
    }

private:
    std::shared_ptr<ManagerState> manager_;
    DocumentStatements statements_;
};

}  // namespace gridone::storage::inline v0::detail

#endif
