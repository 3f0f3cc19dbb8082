// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_CONFORMANCE_FAILURE_HPP
#define GRIDONE_STORAGE_TESTING_CONFORMANCE_FAILURE_HPP

#include <stdexcept>

namespace gridone::storage::inline v0::testing {

/// A backend does not do what a `StorageBackend` does; `what()` is a sentence that says where it departed. Where the
/// cause was an exception of the backend, it is nested (`std::rethrow_if_nested`).
class ConformanceFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace gridone::storage::inline v0::testing

#endif
