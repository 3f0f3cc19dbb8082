// SPDX-License-Identifier: MIT

// The opt-in conversions may come after the whole library, as sorted includes have it; compiling is the test.
#include <gridone/storage.hpp>
#include <gridone/storage/core/json/std_conversions.hpp>

#include <chrono>
#include <optional>

namespace std_conversions_test {

struct Reading {
    std::optional<double> value;
    std::chrono::sys_seconds at;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Reading, value, at)

namespace reading {
constexpr auto value = gridone::storage::field<&Reading::value>;
constexpr auto at = gridone::storage::field<&Reading::at>;
}  // namespace reading

inline auto late(gridone::storage::MemoryStorageBackend<Reading>& readings, std::chrono::sys_seconds since) {
    return readings.query().where(reading::at > since && !reading::value.is_null()).all();
}

}  // namespace std_conversions_test
