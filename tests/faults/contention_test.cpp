// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

constexpr std::size_t threads = 16;

/// Runs `body(thread)` on all threads; gives how many of them threw.
template <class Body>
std::size_t failures_of(Body body) {
    std::atomic<std::size_t> failures = 0;
    {
        std::vector<std::jthread> all;
        for (std::size_t thread = 0; thread < threads; ++thread) {
            all.emplace_back([&, thread] {
                try {
                    body(thread);
                } catch (...) {
                    ++failures;
                }
            });
        }
    }
    return failures;
}

struct Busy {
    NothingLeftBehind guard{tcp_server()};
    std::string url = tcp_server().create_database();
    gs::PostgresConnectionManager manager{url + "&application_name=" + guard.application_name(), {.max_size = 16}};
    NothingLent nothing_lent{manager};

    Busy() { gs::BaseSchemaManager{manager, {gs::document_table<nlohmann::json>("documents")}}.ensure_schema(); }
    [[nodiscard]] int deadlocks() const {
        by_hand(url, "SELECT pg_stat_clear_snapshot()");
        return by_hand(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]
            .as<int>();
    }
};

}  // namespace

TEST_CASE_METHOD(Busy, "of the edits of 16 threads at one document none is lost, and nobody gives up") {
    const std::size_t edits = full_run() ? 10'000 : 50;
    gs::PostgresStorageBackend<nlohmann::json> documents{manager, "documents"};
    for (const bool same_field : {true, false}) {
        auto document = nlohmann::json::object();
        document["other"] = "survives";
        documents.write("a", document);
        const std::size_t failures = failures_of([&](std::size_t thread) {
            const std::string key = same_field ? "n" : "n" + std::to_string(thread);
            for (std::size_t i = 0; i < edits; ++i) {
                documents.edit("a", [&](nlohmann::json& changed) { changed[key] = changed.value(key, 0) + 1; });
            }
        });
        const auto stored = documents.read("a");
        std::size_t sum = 0;
        for (const auto& [key, value] : stored.items()) sum += value.is_number() ? value.get<std::size_t>() : 0;
        publish(std::string{"edits on "} + (same_field ? "the same field" : "disjoint fields") +
                ": threads=" + std::to_string(threads) + " edits=" + std::to_string(threads * edits) +
                " lost=" + std::to_string(threads * edits - sum) + " gave_up=" + std::to_string(failures));
        CHECK(failures == 0);
        CHECK(sum == threads * edits);
        CHECK(stored["other"] == "survives");
    }
}

TEST_CASE_METHOD(Busy, "batches of two services that meet on the same documents never deadlock") {
    const std::size_t rounds = full_run() ? 200 : 5;
    gs::PostgresConnectionManager other_service{url + "&application_name=" + guard.application_name(),
                                                {.max_size = 16}};
    gs::PostgresStorageBackend<nlohmann::json> ours{manager, "documents"};
    gs::PostgresStorageBackend<nlohmann::json> theirs{other_service, "documents"};
    const std::size_t failures = failures_of([&](std::size_t thread) {
        std::minstd_rand random{static_cast<unsigned>(thread + 1)};
        auto& storage = thread % 2 == 0 ? ours : theirs;
        for (std::size_t round = 0; round < rounds; ++round) {
            std::vector<std::pair<std::string, nlohmann::json>> batch;
            std::vector<std::string> ids;
            for (int i = 0; i < 60; ++i) {
                batch.emplace_back("id " + std::to_string(random() % 100), nlohmann::json(random()));
                ids.push_back("id " + std::to_string(random() % 100));
            }
            storage.write_many(batch);
            storage.insert_missing(batch);
            storage.remove_many(ids);
        }
    });
    CHECK(failures == 0);
    CHECK(manager.stats().retries + other_service.stats().retries == 0);
    manager.close();
    other_service.close();
    await([&] { return guard.sessions() == 0; });  // a session reports its statistics at its end
    const int found = deadlocks();
    publish("batches of two services: threads=" + std::to_string(threads) +
            " batches=" + std::to_string(3 * rounds * threads) + " deadlocks=" + std::to_string(found));
    CHECK(found == 0);
}

TEST_CASE("an edit of one field of a large document sends a fraction of it") {
    FaultyLine line{{.max_size = 1}};
    gs::PostgresStorageBackend<nlohmann::json> documents{line.manager, "widgets"};
    auto document = nlohmann::json::object();
    for (int i = 0; i < 200; ++i) document["key " + std::to_string(i)] = std::string(40, 'x');
    documents.write("a", document);
    const auto change = [](nlohmann::json& changed) { changed["key 7"] = "another value"; };
    const auto sent_by = [&](auto&& call) {
        line.proxy.mark();
        call();
        return line.proxy.bytes(Way::request);
    };
    documents.edit("a", [](nlohmann::json& changed) { changed["key 8"] = 1; });  // so that all is prepared
    const std::size_t whole = sent_by([&] { documents.write("a", document); });
    const std::size_t edit = sent_by([&] { documents.edit("a", change); });
    publish("figure edit_bytes measured=" + std::to_string(100 * edit / whole) + "% target=20% (" +
            std::to_string(edit) + " of " + std::to_string(whole) + " bytes)");
    CHECK(whole > 10'000);
    CHECK(edit * 5 <= whole);
}
