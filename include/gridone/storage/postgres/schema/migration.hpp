// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATION_HPP
#define GRIDONE_STORAGE_POSTGRES_SCHEMA_MIGRATION_HPP

#include <gridone/storage/core/errors.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0 {

/// One step of a schema's history: what it is called, and the SQL that goes forward and back.
///
/// A script is one or more commands, which run in one transaction, unless its first line is `-- no-transaction`
/// (`outside_transaction`): then each of its statements runs by itself, and is one that can be run again, or builds or
/// drops an index CONCURRENTLY, which is looked at before it is run again.
struct Migration {
    std::int64_t number = 0;  ///< Its place in the order, 1 or more; a date will do.
    std::string name{};
    std::string up{};
    std::optional<std::string> down = std::nullopt;  ///< Without it there is no way back.

    friend bool operator==(const Migration&, const Migration&) = default;
};

/// The first line of a script that runs outside of transactions.
inline constexpr std::string_view no_transaction_line = "-- no-transaction";

/// A script that runs outside of transactions: `outside_transaction("CREATE INDEX CONCURRENTLY …")`.
[[nodiscard]] inline std::string outside_transaction(std::string_view sql) {
    return std::string{no_transaction_line}.append("\n").append(sql);
}

/// The migrations of a folder, in the order of their numbers: `0001.devices.sql` goes forward, `0001.devices.rollback.sql`
/// back. Other files are no business of it.
/// @throws InvalidInputError  it cannot be read; a file that ends in .sql is named otherwise; a rollback without what it
///                            goes back from
[[nodiscard]] inline std::vector<Migration> migrations_in(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::directory_iterator files{folder, error};
    if (error) throw InvalidInputError{"the folder of migrations cannot be read: " + folder.string()};
    std::vector<Migration> migrations;
    std::vector<Migration> rollbacks;
    for (const auto& file : files) {
        if (file.path().extension() != ".sql" || file.is_directory(error)) continue;
        const std::string stem = file.path().stem().string();
        const auto refuse = [&](const std::string& why) {
            throw InvalidInputError{"the migration " + file.path().filename().string() + " " + why};
        };
        Migration one;
        const auto [end, wrong] = std::from_chars(stem.data(), stem.data() + stem.size(), one.number);
        if (wrong != std::errc{} || one.number < 1 || end == stem.data() + stem.size() || *end != '.') {
            refuse("is not called NUMBER.NAME.sql or NUMBER.NAME.rollback.sql");
        }
        one.name = stem.substr(static_cast<std::size_t>(end - stem.data()) + 1);
        constexpr std::string_view back = ".rollback";
        const bool is_back = one.name.ends_with(back);
        if (is_back) one.name.resize(one.name.size() - back.size());
        if (one.name.empty()) refuse("has no name");
        std::ifstream text{file.path(), std::ios::binary};
        one.up.assign(std::istreambuf_iterator<char>{text}, {});
        if (!text) refuse("cannot be read");
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (one.up.starts_with(byte_order_mark)) one.up.erase(0, byte_order_mark.size());
        (is_back ? rollbacks : migrations).push_back(std::move(one));
    }
    for (Migration& rollback : rollbacks) {
        const auto forward = std::ranges::find_if(migrations, [&](const Migration& one) {
            return one.number == rollback.number && one.name == rollback.name;
        });
        if (forward == migrations.end()) {
            throw InvalidInputError{"the rollback of migration " + std::to_string(rollback.number) + " (" +
                                    rollback.name + ") is there, and the migration is not"};
        }
        if (forward->down) {
            throw InvalidInputError{"migration " + std::to_string(rollback.number) + " (" + rollback.name +
                                    ") has two rollbacks"};
        }
        forward->down = std::move(rollback.up);
    }
    std::ranges::sort(migrations, {}, [](const Migration& one) { return std::tie(one.number, one.name); });
    return migrations;
}

}  // namespace gridone::storage::inline v0

#endif
