// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_CONFORMANCE_HPP
#define GRIDONE_STORAGE_TESTING_CONFORMANCE_HPP

#include <gridone/storage/testing/conformance_checks.hpp>

#include <catch2/catch_test_macros.hpp>

#include <utility>

namespace gridone::storage::inline v0::testing {

/// Runs the conformance suite within a Catch2 test case, one section for each check:
///
///     TEST_CASE("my backend is a StorageBackend") {
///         gridone::storage::testing::conformance([] { return MyBackend<ConformanceDocument>{…}; });
///     }
///
/// @param factory  as for `conformance_checks`.
/// @note   Catch2 runs the test case once for each section, so what the test case prepares before this call is
///         prepared about forty times: a server belongs into a static variable.
template <class Factory>
void conformance(Factory factory) {
    for (const ConformanceCheck& check : conformance_checks(std::move(factory))) {
        DYNAMIC_SECTION(check.name) {
            try {
                check.run();
                SUCCEED();
            } catch (const ConformanceFailure& failure) {
                FAIL_CHECK("not conforming: " << check.name << ": " << failure.what());
            }
        }
    }
}

}  // namespace gridone::storage::inline v0::testing

#endif
