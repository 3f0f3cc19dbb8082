// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_CODEC_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_CODEC_BENCHMARK_HPP

#include "dashboards.hpp"
#include "figures.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace benchmarks {

/// A document of 4 kB between struct and text, without a server: listed members beside nlohmann's tree.
class CodecBenchmark {
public:
    CodecBenchmark(Figures& figures, std::size_t turns) : figures_{figures}, turns_{turns} {}

    void run() {
        const ListedDashboard listed = dashboard_of_4_kb<ListedDashboard>();
        const TreeDashboard tree = dashboard_of_4_kb<TreeDashboard>();
        const std::string text = gridone::storage::canonical_json(nlohmann::json(tree));
        compare(
            "decode_4_kb_listed_members_to_nlohmann", 5,
            [&] { return gridone::storage::detail::read_model<ListedDashboard>(text, {}).widgets.size(); },
            [&] { return nlohmann::json::parse(text).get<TreeDashboard>().widgets.size(); });
        compare(
            "encode_4_kb_listed_members_to_nlohmann", 4,
            [&] { return gridone::storage::detail::model_text(listed, {}).size(); },
            [&] { return nlohmann::json(tree).dump().size(); });
    }

private:
    template <class Ours, class Theirs>
    void compare(const std::string& name, double target, Ours&& ours, Theirs&& theirs) {
        const auto often = [](auto& work) {
            return [&work] {
                for (int i = 0; i < 1'000; ++i) {
                    if (work() == 0) throw std::runtime_error{"nothing was converted"};
                }
            };
        };
        figures_.goal(name, ratios_in_turns(turns_, [] {}, often(ours), often(theirs)), target);
    }

    Figures& figures_;
    std::size_t turns_;
};

}  // namespace benchmarks

#endif
