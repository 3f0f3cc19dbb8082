// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_CONTESTANT_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_CONTESTANT_HPP

#include "../slice.hpp"

#include <functional>
#include <string>

namespace benchmarks {

/// What callers do with single documents.
enum class Workload { get, put, mixed };

inline std::string name_of(Workload workload) {
    return workload == Workload::get ? "get" : workload == Workload::put ? "put" : "mixed";
}

/// Whether a call of a mixed workload, of which one in twenty writes, is to write.
constexpr bool writes(Workload workload, std::size_t random) {
    return workload == Workload::put || (workload == Workload::mixed && random % 20 == 0);
}

/// Somebody who reads and writes documents, and takes turns with others.
struct Contestant {
    std::string name;
    std::function<Slice(const Turn&)> work;
    unsigned every = 1;  ///< Of so many turns takes part in one: a program of its own needs seconds.
};

}  // namespace benchmarks

#endif
