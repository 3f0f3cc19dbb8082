// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_MEMORY_BENCHMARK_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_MEMORY_BENCHMARK_HPP

#include "devices.hpp"
#include "figures.hpp"
#include "slice.hpp"
#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// A document that refers to another one.
struct Reading {
    std::string device;
    double value = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Reading, device, value)

/// The in-memory backend: what it costs beside a std::map of parsed documents, and how its costs grow from 10,000 to
/// 100,000 documents.
class MemoryBenchmark {
public:
    MemoryBenchmark(Figures& figures, std::size_t turns) : figures_{figures}, turns_{turns} {}

    void run() {
        beside_a_map();
        growth_of_scans();
        growth_of_lookups();
        growth_of_writes();
    }

private:
    template <class M>
    using Storage = gridone::storage::MemoryStorageBackend<M>;
    static constexpr std::size_t few = 10'000;
    static constexpr std::size_t many = 100'000;
    static constexpr std::size_t calls = 1'000;  ///< Timed at once, of operations on one document.
    static constexpr auto name = gridone::storage::field<&Device::name>;
    static constexpr auto site = gridone::storage::field<&Device::site>;
    static constexpr auto floor = gridone::storage::field<&Device::floor>;

    /// A database whose tables have `size` documents each.
    struct Tables {
        explicit Tables(std::size_t count) : documents{count}, size{count} {
            plain.insert_many(documents.pairs());
            unique.insert_many(documents.pairs());
            parents.insert_many(documents.pairs());
            guarded.insert_many(documents.pairs());
            std::vector<std::pair<std::string, ListedDevice>> with_members;
            std::vector<std::pair<std::string, Reading>> readings;
            for (std::size_t at = 0; at < size; ++at) {
                with_members.emplace_back(documents.ids[at], ListedDevice{documents.values[at]});
                readings.emplace_back(documents.ids[at], Reading{documents.ids[at / 10], 21.5});
            }
            listed.insert_many(with_members);
            children.insert_many(readings);
            readings.resize(size / 2);  // the parents of the other half can be removed
            for (std::size_t at = 0; at < readings.size(); ++at) readings[at].second.device = documents.ids[at];
            guards.insert_many(readings);
        }

        Documents documents;
        std::size_t size;
        gridone::storage::MemoryDatabase database;
        Storage<Device> plain{database, "plain"};
        Storage<ListedDevice> listed{database, "listed"};
        Storage<Device> unique{database, gridone::storage::document_table<Device>("unique").unique(name)};
        Storage<Device> parents{database, "parents"};
        Storage<Reading> children{database, referring("children", "parents", gridone::storage::OnDelete::cascade)};
        Storage<Device> guarded{database, "guarded"};
        Storage<Reading> guards{database, referring("guards", "guarded", gridone::storage::OnDelete::refuse)};
    };

    static gridone::storage::DocumentTable<Reading> referring(const char* table, const char* parents,
                                                              gridone::storage::OnDelete action) {
        return gridone::storage::document_table<Reading>(table).references(gridone::storage::field<&Reading::device>,
                                                                           parents, action);
    }

    static void expect(bool holds) {
        if (!holds) throw std::runtime_error{"the in-memory backend returned another result"};
    }

    template <class F>
    static double seconds(F&& f) {
        const auto began = Clock::now();
        f();
        return std::chrono::duration<double>{Clock::now() - began}.count();
    }

    /// Of all documents; the loops decode each document to the model, or find those of a site and decode them.
    void beside_a_map() {
        std::map<std::string, nlohmann::json> map;
        for (std::size_t at = 0; at < many; ++at)
            map.emplace(many_.documents.ids[at], nlohmann::json::parse(many_.documents.texts[at]));
        const auto loop = [&] {
            std::size_t bytes = 0;
            for (const auto& [id, document] : map) bytes += document.get<Device>().name.size();
            expect(bytes > 0);
        };
        const auto filtering_loop = [&] {
            std::vector<std::pair<std::string, Device>> found;
            for (const auto& [id, document] : map) {
                if (document.at("site") == "lyon") found.emplace_back(id, document.get<Device>());
            }
            expect(found.size() == many / 2);
        };
        const auto counting_loop = [&] {
            expect(static_cast<std::size_t>(std::ranges::count_if(
                       map, [](const auto& each) { return each.second.at("site") == "lyon"; })) == many / 2);
        };
        const auto beside = [&](const std::string& ours, const auto& theirs, const auto& work) {
            figures_.goal("memory_" + ours + "_of_100000_to_a_loop_over_a_map",
                          ratios_in_turns(turns_, [] {}, theirs, work), 5, Figures::Better::lower);
        };
        beside("for_each", loop, [&] { for_each(many_.plain, many); });
        beside("for_each_with_listed_members", loop, [&] { for_each(many_.listed, many); });
        beside("for_each_of_a_query", loop, [&] { for_each(many_.plain.query(), many); });
        beside("filtered_all", filtering_loop,
               [&] { expect(many_.plain.query().where(site == "lyon").all().size() == many / 2); });
        beside("filtered_count", counting_loop,
               [&] { expect(many_.plain.query().where(site == "lyon").count() == many / 2); });
    }

    template <class Asked>
    static void for_each(const Asked& asked, std::size_t expected) {
        std::size_t seen = 0;
        asked.for_each([&](const auto& document) { seen += document.value.name.empty() ? 0U : 1U; });
        expect(seen == expected);
    }

    /// How the seconds that `work(tables)` returns grow with the tables.
    template <class Work>
    void growth(const std::string& line, double target, const Work& work) {
        std::vector<double> ratios;
        for (std::size_t turn = 0; turn <= turns_; ++turn) {
            const double small = work(few_);
            const double large = work(many_);
            if (turn != 0) ratios.push_back(large / small);  // the first warms up
        }
        figures_.goal("memory_" + line + "_of_100000_to_10000", ratios, target, Figures::Better::lower);
    }

    void growth_of_scans() {
        const auto scan = [&](const std::string& line, const auto& work) {
            growth(line, 12, [&](Tables& tables) { return seconds([&] { work(tables); }); });
        };
        scan("for_each", [](Tables& it) { for_each(it.plain, it.size); });
        scan("for_each_of_a_query", [](Tables& it) { for_each(it.plain.query(), it.size); });
        scan("for_each_of_an_ordered_query",
             [](Tables& it) { for_each(it.plain.query().order_by(name.descending()), it.size); });
        scan("for_each_of_a_filtered_query",
             [](Tables& it) { for_each(it.plain.query().where(site == "lyon"), it.size / 2); });
        scan("read_all", [](Tables& it) { expect(it.plain.read_all().size() == it.size); });
        scan("filtered_all",
             [](Tables& it) { expect(it.plain.query().where(site == "lyon").all().size() == it.size / 2); });
        scan("filtered_count",
             [](Tables& it) { expect(it.plain.query().where(site == "lyon").count() == it.size / 2); });
        scan("count_by", [](Tables& it) { expect(it.plain.query().count_by(floor).size() == 10); });
        scan("ordered_page", [](Tables& it) {
            expect(it.plain.query().order_by(floor.descending(), name).limit(20).page().items.size() == 20);
        });
    }

    void growth_of_lookups() {
        const auto often = [&](const std::string& line, const auto& work) {
            growth(line, 1.5, [&](Tables& tables) {
                return seconds([&] {
                    for (std::size_t call = 0; call < calls; ++call) work(tables);
                });
            });
        };
        often("first_without_an_order", [](Tables& it) { expect(it.plain.query().first().has_value()); });
        often("exists_with_an_early_match",
              [](Tables& it) { expect(it.plain.query().where(site == "paris").exists()); });
    }

    /// Operations on single documents that are spread over the table; what they did is reverted, which is not timed.
    void growth_of_writes() {
        const auto write = [&](const std::string& line, const auto& work, const auto& revert) {
            growth(line, 1.5, [&](Tables& tables) {
                const auto place = [&](std::size_t call) { return call * (tables.size / calls); };
                const double taken = seconds([&] {
                    for (std::size_t call = 0; call < calls; ++call) work(tables, place(call));
                });
                for (std::size_t call = 0; call < calls; ++call) revert(tables, place(call));
                return taken;
            });
        };
        const auto nothing = [](Tables&, std::size_t) {};
        write(
            "write", [](Tables& it, std::size_t at) { it.plain.write(it.documents.ids[at], it.documents.values[at]); },
            nothing);
        write(
            "insert_under_a_unique_constraint",
            [](Tables& it, std::size_t at) {
                Device device = it.documents.values[at];
                device.name += " and more";
                it.unique.insert(it.documents.ids[at] + "x", device);
            },
            [](Tables& it, std::size_t at) { it.unique.remove(it.documents.ids[at] + "x"); });
        write(
            "replace_under_a_unique_constraint",
            [](Tables& it, std::size_t at) { it.unique.replace(it.documents.ids[at], it.documents.values[at]); },
            nothing);
        write(
            "patch_under_a_unique_constraint",
            [](Tables& it, std::size_t at) { it.unique.patch(it.documents.ids[at], floor.set(3)); }, nothing);
        const auto without_children = [](const Tables& it, std::size_t at) { return it.size - 1 - at / 2; };
        write(
            "remove_of_a_parent",
            [&](Tables& it, std::size_t at) { expect(it.guarded.remove(it.documents.ids[without_children(it, at)])); },
            [&](Tables& it, std::size_t at) {
                const std::size_t removed = without_children(it, at);
                it.guarded.insert(it.documents.ids[removed], it.documents.values[removed]);
            });
        write(
            "cascade_to_ten_documents",
            [](Tables& it, std::size_t at) { expect(it.parents.remove(it.documents.ids[at / 10])); },
            [](Tables& it, std::size_t at) {
                const std::size_t parent = at / 10;
                it.parents.insert(it.documents.ids[parent], it.documents.values[parent]);
                for (std::size_t child = 10 * parent; child < 10 * parent + 10; ++child)
                    it.children.insert(it.documents.ids[child], {it.documents.ids[parent], 21.5});
            });
    }

    Figures& figures_;
    std::size_t turns_;
    Tables few_{few};
    Tables many_{many};
};

}  // namespace benchmarks

#endif
