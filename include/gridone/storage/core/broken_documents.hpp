// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_BROKEN_DOCUMENTS_HPP
#define GRIDONE_STORAGE_CORE_BROKEN_DOCUMENTS_HPP

#include <gridone/storage/core/errors.hpp>

#include <concepts>
#include <functional>
#include <vector>

namespace gridone::storage::inline v0 {

/// What is to be done with a stored document that is no M, where one reads many: `read_all`, `query(…).all` and `for_each`
/// take such a function last, call it with the error of each such document, which has its id, pointer and reason, and go
/// on. Without one, the first such document ends the call.
template <class F>
concept BrokenDocumentHandler = std::invocable<F&, const DecodeError&>;

/// Reads on past what is no M: `storage.read_all(skip_broken)`.
inline constexpr auto skip_broken = [](const DecodeError&) {};

/// Keeps what is no M, and why: `std::vector<DecodeError> broken; storage.read_all(collect_broken(broken));`.
[[nodiscard]] inline auto collect_broken(std::vector<DecodeError>& broken) {
    return [&broken](const DecodeError& error) { broken.push_back(error); };
}

namespace detail {

/// The default: the error goes on to the caller.
inline constexpr auto throw_broken = [](const DecodeError&) { throw; };

}  // namespace detail

}  // namespace gridone::storage::inline v0

#endif
