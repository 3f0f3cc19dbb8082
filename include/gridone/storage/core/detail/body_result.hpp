// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_DETAIL_BODY_RESULT_HPP
#define GRIDONE_STORAGE_CORE_DETAIL_BODY_RESULT_HPP

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace gridone::storage::inline v0::detail {

/// Calls `run(body)`, where `body(tx)` calls `f(tx)`, possibly several times; gives what the last call of `f` gave.
template <class Tx, class F, class Run>
auto body_result(F&& f, Run&& run) {
    if constexpr (!std::invocable<F&, Tx&>) {
        static_assert(sizeof(F) == 0,  // never
                      "gridone::storage: the body of a transaction requires its parameter: [&](Transaction& tx) { … }");
    } else {
        using Given = std::invoke_result_t<F&, Tx&>;
        static_assert(!std::is_reference_v<Given>,
                      "gridone::storage: the body of a transaction must give a value or nothing, not a reference");
        if constexpr (std::is_void_v<Given>) {
            run([&](Tx& tx) { f(tx); });
        } else {
            std::optional<Given> result;
            run([&](Tx& tx) {
                result.reset();
                result.emplace(f(tx));
            });
            return *std::move(result);
        }
    }
}

}  // namespace gridone::storage::inline v0::detail

#endif
