// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_DETAIL_CHECK_LIST_HPP
#define GRIDONE_STORAGE_TESTING_DETAIL_CHECK_LIST_HPP

#include <gridone/storage/testing/conformance_failure.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace gridone::storage::inline v0::testing {

/// One promise of a `StorageBackend`.
struct ConformanceCheck {
    std::string name{};           ///< The promise, as a sentence.
    std::function<void()> run{};  ///< Throws `ConformanceFailure` if it is not kept.
};

namespace detail {

template <class Factory>
using MadeBy = std::remove_cvref_t<std::invoke_result_t<Factory&>>;

/// The checks of one factory while they are collected.
template <class Factory>
class CheckList {
public:
    using Backend = MadeBy<Factory>;

    explicit CheckList(Factory factory) : factory_{std::make_shared<Factory>(std::move(factory))} {}

    /// A check of one storage: `check(storage)`.
    template <class Check>
    void add(std::string name, Check check) {
        add_with_factory(std::move(name), [check](Factory& factory) {
            auto&& storage = factory();
            check(storage);
        });
    }

    /// A check that makes its storages itself: `check(factory)`.
    template <class Check>
    void add_with_factory(std::string name, Check check) {
        checks_.push_back({std::move(name), [factory = factory_, check] {
                               try {
                                   check(*factory);
                               } catch (const ConformanceFailure&) {
                                   throw;
                               } catch (const std::exception& error) {
                                   std::throw_with_nested(
                                       ConformanceFailure{std::string{"an unexpected exception: "} + error.what()});
                               } catch (...) {
                                   std::throw_with_nested(
                                       ConformanceFailure{"an unexpected exception that is no std::exception"});
                               }
                           }});
    }

    [[nodiscard]] std::vector<ConformanceCheck> take() && { return std::move(checks_); }

private:
    std::shared_ptr<Factory> factory_;
    std::vector<ConformanceCheck> checks_;
};

}  // namespace detail

}  // namespace gridone::storage::inline v0::testing

#endif
