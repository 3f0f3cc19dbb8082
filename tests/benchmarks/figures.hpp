// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_FIGURES_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_FIGURES_HPP

#include "charts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

inline double median(std::vector<double> samples) {
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
    std::nth_element(samples.begin(), middle, samples.end());
    return *middle;
}

/// A median, and where it would lie in 95 of 100 repetitions (bootstrap, percentile).
struct Estimate {
    double measured;
    double low;
    double high;
};

inline Estimate estimate(const std::vector<double>& samples) {
    constexpr std::size_t resamples = 2000;
    std::mt19937 chance{1};
    std::uniform_int_distribution<std::size_t> pick{0, samples.size() - 1};
    std::vector<double> medians;
    std::vector<double> resample(samples.size());
    for (std::size_t i = 0; i < resamples; ++i) {
        std::ranges::generate(resample, [&] { return samples[pick(chance)]; });
        medians.push_back(median(resample));
    }
    std::ranges::sort(medians);
    return {median(samples), medians[resamples / 40], medians[resamples - resamples / 40]};
}

/// What the benchmarks found: lines on the terminal, and files in a folder in the end.
class Figures {
public:
    enum class Better { higher, lower };

    /// A ratio of what was measured in turns, and what it should be. @returns whether it certainly is not
    void goal(const std::string& name, const std::vector<double>& ratios, double target,
              Better better = Better::higher) {
        const Estimate it = estimate(ratios);
        const bool is_higher = better == Better::higher;
        constexpr double tolerance = 0.03;
        const bool is_met = is_higher ? it.low >= (1 - tolerance) * target : it.high <= (1 + tolerance) * target;
        const bool is_missed = is_higher ? it.high < target : it.low > target;
        const char* const verdict = is_met ? "ok" : is_missed ? "short" : "noise";
        std::printf("goal %s measured=%.2f low=%.2f high=%.2f target=%s%.2f %s\n", name.c_str(), it.measured, it.low,
                    it.high, is_higher ? ">=" : "<=", target, verdict);
        std::fflush(stdout);
        goals_.push_back({{"name", name},
                          {"measured", it.measured},
                          {"low", it.low},
                          {"high", it.high},
                          {"target", target},
                          {"better", is_higher ? "higher" : "lower"},
                          {"pairs", ratios.size()},
                          {"verdict", verdict}});
    }

    /// A ratio that was measured in turns and has no target.
    void figure(const std::string& name, const std::vector<double>& ratios) {
        const Estimate it = estimate(ratios);
        std::printf("figure %s measured=%.2f low=%.2f high=%.2f\n", name.c_str(), it.measured, it.low, it.high);
        std::fflush(stdout);
    }

    /// Absolute numbers of this machine, for orientation.
    void row(nlohmann::json values) { rows_.push_back(std::move(values)); }

    void write(const std::filesystem::path& folder) const {
        std::filesystem::create_directories(folder);
        std::ofstream{folder / "figures.json"} << nlohmann::json{{"goals", goals_}, {"rows", rows_}}.dump(2) << '\n';
        std::ofstream table{folder / "figures.md"};
        table << "| goal | measured | 95 % | target | |\n| --- | --- | --- | --- | --- |\n";
        char text[256];
        for (const auto& goal : goals_) {
            std::snprintf(text, sizeof text, "| %s | %.2f | %.2f–%.2f | %s %.2f | %s |\n",
                          goal["name"].get<std::string>().c_str(), goal["measured"].get<double>(),
                          goal["low"].get<double>(), goal["high"].get<double>(), goal["better"] == "higher" ? "≥" : "≤",
                          goal["target"].get<double>(), goal["verdict"].get<std::string>().c_str());
            table << text;
        }
        table << "\n| workload | callers | of | operations/s | p50 µs | p99 µs | client CPU µs | server CPU µs |\n"
                 "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
        for (const auto& row : rows_) {
            table << "| " << row["workload"].get<std::string>() << " | " << row["callers"].get<int>() << " | "
                  << row["of"].get<std::string>();
            for (const auto& [figure, digits] :
                 {std::pair{"per_second", 0}, {"p50", 0}, {"p99", 0}, {"client_cpu", 1}, {"server_cpu", 1}}) {
                const double value = row[figure].get<double>();
                std::snprintf(text, sizeof text, "%.*f", digits, value);
                table << " | " << (value == 0 ? "–" : text);
            }
            table << " |\n";
        }
        Charts{rows_}.write(folder);
    }

private:
    nlohmann::json goals_ = nlohmann::json::array();
    nlohmann::json rows_ = nlohmann::json::array();
};

}  // namespace benchmarks

#endif
