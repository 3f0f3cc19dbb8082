// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_CHARTS_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_CHARTS_HPP

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// Operations per second, one chart for each workload and number of callers: as text in charts.md, and as charts.svg where
/// gnuplot is installed. Bars begin at zero, and all of a chart have one scale.
class Charts {
public:
    /// @param rows  as `Figures` has them
    explicit Charts(const nlohmann::json& rows) {
        for (const auto& row : rows) {
            const std::string title =
                row["workload"].get<std::string>() + ", " + std::to_string(row["callers"].get<int>()) + " callers";
            if (charts_.empty() || charts_.back().title != title) charts_.push_back({title, {}});
            charts_.back().bars.emplace_back(row["of"].get<std::string>(), row["per_second"].get<double>());
        }
        for (Chart& chart : charts_) {
            std::ranges::stable_sort(chart.bars, std::greater{}, &Bar::second);
        }
    }

    void write(const std::filesystem::path& folder) const {
        std::ofstream{folder / "charts.md"} << text();
        if (charts_.empty() || std::system("command -v gnuplot >/dev/null") != 0) return;
        std::ofstream{folder / "charts.gnuplot"} << gnuplot((folder / "charts.svg").string());
        if (std::system(("gnuplot '" + (folder / "charts.gnuplot").string() + "'").c_str()) != 0) {
            std::fprintf(stderr, "gnuplot drew no charts\n");
        }
    }

private:
    using Bar = std::pair<std::string, double>;
    struct Chart {
        std::string title;
        std::vector<Bar> bars;
    };

    [[nodiscard]] std::string text() const {
        constexpr double longest = 40;
        std::string all = "```\n";
        for (const Chart& chart : charts_) {
            all += chart.title + "\n";
            for (const auto& [name, rate] : chart.bars) {
                std::string bar;
                for (long i = std::lround(longest * rate / chart.bars.front().second); i > 0; --i) bar += "\u2588";
                char line[64];
                std::snprintf(line, sizeof line, "  %-26s %8.0f/s ", name.c_str(), rate);
                all += line + bar + "\n";
            }
            all += "\n";
        }
        all.pop_back();
        return all + "```\n";
    }

    [[nodiscard]] std::string gnuplot(const std::string& file) const {
        constexpr std::size_t columns = 4;
        const std::size_t rows = (charts_.size() + columns - 1) / columns;
        std::string script = "set terminal svg size " + std::to_string(columns * 420) + "," +
                             std::to_string(rows * 300) + " noenhanced font 'sans,11'\nset output '" + file +
                             "'\nset multiplot layout " + std::to_string(rows) + "," + std::to_string(columns) +
                             "\nset style fill solid 0.7\nset boxwidth 0.8\nunset key\nset yrange [0:*]\n"
                             "set xtics rotate by -35\nset ylabel 'operations per second'\n";
        for (const Chart& chart : charts_) {
            script += "set title '" + chart.title + "'\n$bars << end\n";
            for (const auto& [name, rate] : chart.bars) script += name + " " + std::to_string(std::lround(rate)) + "\n";
            script += "end\nplot $bars using 2:xtic(1) with boxes lc rgb '#3b82f6'\n";
        }
        return script;
    }

    std::vector<Chart> charts_;
};

}  // namespace benchmarks

#endif
