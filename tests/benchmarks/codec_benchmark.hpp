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
#include <vector>

namespace benchmarks {

/// A document of 4 kB between struct and text, without a server: listed members beside nlohmann's tree and beside
/// the default hooks.
class CodecBenchmark {
public:
    CodecBenchmark(Figures& figures, std::size_t turns) : figures_{figures}, turns_{turns} {}

    void run() {
        const ListedDashboard listed = dashboard_of_4_kb<ListedDashboard>();
        const TreeDashboard tree = dashboard_of_4_kb<TreeDashboard>();
        const std::string text = encoded(tree);
        const auto decode = [&] { return decoded<ListedDashboard>(text).widgets.size(); };
        const auto encode = [&] { return encoded(listed).size(); };
        figures_.goal("decode_4_kb_listed_members_to_nlohmann",
                      ratios(decode, [&] { return nlohmann::json::parse(text).get<TreeDashboard>().widgets.size(); }),
                      5);
        figures_.goal("encode_4_kb_listed_members_to_nlohmann",
                      ratios(encode, [&] { return nlohmann::json(tree).dump().size(); }), 4);
        figures_.figure("decode_4_kb_listed_members_to_default_hooks",
                        ratios(decode, [&] { return decoded<TreeDashboard>(text).widgets.size(); }));
        figures_.figure("encode_4_kb_listed_members_to_default_hooks",
                        ratios(encode, [&] { return encoded(tree).size(); }));
    }

private:
    /// As a storage without hooks does it.
    template <class M>
    static std::string encoded(const M& model) {
        return gridone::storage::detail::encode<M, void>(gridone::storage::detail::NoHooks{}, model, {}, {});
    }
    template <class M>
    static M decoded(const std::string& text) {
        return gridone::storage::detail::decode<M, void>(gridone::storage::detail::NoHooks{}, text, {}, {});
    }

    template <class Ours, class Theirs>
    [[nodiscard]] std::vector<double> ratios(const Ours& ours, const Theirs& theirs) const {
        const auto often = [](const auto& work) {
            return [&work] {
                for (int i = 0; i < 1'000; ++i) {
                    if (work() == 0) throw std::runtime_error{"nothing was converted"};
                }
            };
        };
        return ratios_in_turns(turns_, [] {}, often(ours), often(theirs));
    }

    Figures& figures_;
    std::size_t turns_;
};

}  // namespace benchmarks

#endif
