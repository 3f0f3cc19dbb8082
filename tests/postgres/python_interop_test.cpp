// SPDX-License-Identifier: MIT

// A service in Python (asyncpg, its own statements) and this library on one table: what either writes, the other reads.

#include <gridone/storage/core/errors.hpp>
#include <gridone/storage/postgres/connection/postgres_connection_manager.hpp>
#include <gridone/storage/postgres/postgres_storage_backend.hpp>
#include <gridone/storage/postgres/schema/base_schema_manager.hpp>
#include <gridone/storage/testing/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace gs = gridone::storage;

namespace {

// Not the first python3 of the PATH: asyncpg comes from the system's packages, for the system's Python.
const std::string python = "/usr/bin/python3";
const std::string corpus_file = GRIDONE_TESTS_DIR "/postgres/python_interop.json";

std::string quoted(const std::string& argument) {
    std::string text = "'";
    for (const char c : argument) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return text + "'";
}

struct Ended {
    int status = -1;
    std::string output;
};

Ended run(const std::string& command) {
    Ended ended;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error{"no shell"};
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) ended.output += static_cast<char>(c);
    ended.status = ::pclose(pipe);
    return ended;
}

/// One table, made with the statement of the Python package, and both sides of it.
class SharedTable {
public:
    SharedTable() {
        gs::BaseSchemaManager{manager,
                              {"CREATE TABLE IF NOT EXISTS devices (id TEXT PRIMARY KEY, data JSONB NOT NULL)"}}
            .ensure_schema();
    }

    [[nodiscard]] Ended ask_python(const std::string& step) const {
        return run(python + " " + quoted(GRIDONE_TESTS_DIR "/postgres/python_interop.py") + " " + quoted(url_) + " " +
                   quoted(corpus_file) + " " + step);
    }

    void python_does(const std::string& step) const {
        const auto [status, output] = ask_python(step);
        INFO(step << ": " << output);
        REQUIRE(status == 0);
    }

private:
    gs::testing::PostgresServer server_;
    std::string url_ = server_.create_database();

public:
    gs::PostgresConnectionManager manager{url_};
    gs::PostgresStorageBackend<nlohmann::json> storage{manager, "devices"};
};

/// Equal in kind as well. Numbers are equal by value: 2.0 is stored as 2.
bool same(const nlohmann::json& a, const nlohmann::json& b) {
    if (a.is_number() && b.is_number()) return a == b;
    if (a.type() != b.type() || a.size() != b.size()) return false;
    if (a.is_object()) {
        for (const auto& [key, value] : a.items()) {
            if (!b.contains(key) || !same(value, b.at(key))) return false;
        }
        return true;
    }
    if (a.is_array()) {
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!same(a[i], b[i])) return false;
        }
        return true;
    }
    return a == b;
}

using Documents = std::map<std::string, nlohmann::json>;  // by id in byte order, as the storage lists them

Documents corpus() {
    std::ifstream file{corpus_file};
    const auto all = nlohmann::json::parse(file);
    Documents documents;
    for (const auto& [id, document] : all.items()) documents.emplace(id, document);
    return documents;
}

Documents overwritten() {
    Documents documents = corpus();
    for (auto& [id, document] : documents) {
        document = nlohmann::json::object();
        document["overwritten"].push_back(id);
    }
    return documents;
}

void write(SharedTable& table, const Documents& documents) {
    for (const auto& [id, document] : documents) table.storage.write(id, document);
}

void verify(const SharedTable& table, const Documents& documents) {
    std::vector<std::string> ids;
    for (const auto& [id, document] : documents) {
        const nlohmann::json found = table.storage.read(id);
        INFO(id << " is " << found.dump() << " and should be " << document.dump());
        CHECK(same(found, document));
        ids.push_back(id);
    }
    REQUIRE(table.storage.list_all() == ids);
    const std::vector<nlohmann::json> all = table.storage.read_all();
    REQUIRE(all.size() == ids.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO("among all of them: " << ids[i]);
        CHECK(same(all[i], documents.at(ids[i])));
    }
}

}  // namespace

TEST_CASE("a Python service and this library share a table value for value") {
    if (run(python + " -c 'import asyncpg'").status != 0) {
        SKIP("asyncpg is not installed for " << python << ": apt-get install python3-asyncpg");
    }
    const Documents documents = corpus();
    REQUIRE(documents.size() > 10);
    SharedTable table;

    SECTION("what Python writes, this library reads, overwrites and removes") {
        table.python_does("write");
        verify(table, documents);
        write(table, overwritten());
        table.python_does("verify_overwritten");
        for (const auto& [id, document] : documents) CHECK(table.storage.remove(id));
        table.python_does("verify_empty");
    }

    SECTION("what this library writes, Python reads, overwrites and removes") {
        write(table, documents);
        table.python_does("verify");
        table.python_does("overwrite");
        verify(table, overwritten());
        table.python_does("remove");
        for (const auto& [id, document] : documents) {
            CHECK_FALSE(table.storage.find(id));
            CHECK_FALSE(table.storage.remove(id));
        }
        verify(table, {});
    }

    SECTION("Python's own steps notice a document that is not as it should be") {
        write(table, documents);
        table.storage.write("plain", {{"name", "boiler"}, {"floor", 4}});
        const auto [status, output] = table.ask_python("verify");
        CHECK(status != 0);
        CHECK(output.find("should be") != std::string::npos);
    }
}
