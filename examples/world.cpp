// SPDX-License-Identifier: MIT

// The world's languages, countries, subdivisions, currencies and scripts, from the JSON files of Debian's iso-codes:
// every document becomes a struct, is stored, comes back, and is compared with what it was.
//
// world [FOLDER]: FOLDER has the files; default /usr/share/iso-codes/json. DATABASE_URL names the server.

#include "world/iso_codes.hpp"
#include "world/models.hpp"
#include "world/progress.hpp"
#include <gridone/storage.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace gs = gridone::storage;

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t writers = 4;  // a write waits for the server most of its time, so several go at once
constexpr const char* schema = "gridone_world";

template <class M>
using Entries = std::map<std::string, world::Entry<M>>;

template <class... M>
struct Standards {
    std::tuple<Entries<M>...> entries;
    explicit Standards(const std::string& folder) : entries{world::read_standard<M>(folder)...} {}
};
using World = Standards<world::Script, world::Country, world::Subdivision, world::FormerCountry, world::Currency,
                        world::BasicLanguage, world::Language, world::LanguageFamily>;

template <class M>
gs::DocumentTable<M> table_of(const Entries<M>&) {
    return gs::document_table<M>({.table_name = std::string{M::table}, .schema_name = schema});
}

/// The tables of this program in a schema of its own, both gone afterwards. Nothing is dropped with CASCADE: if
/// somebody else has put something into the schema, it stays.
class OwnSchema {
public:
    OwnSchema(const gs::PostgresConnectionManager& manager, const World& world) : manager_{manager} {
        std::vector<gs::SchemaPart> create;
        const auto add = [&](const auto& entries) {
            const auto table = table_of(entries);
            create.emplace_back(table);
            drop_.emplace_back("DROP TABLE IF EXISTS " + std::string{schema} + "." + table.names().table_name);
        };
        std::apply([&](const auto&... entries) { (add(entries), ...); }, world.entries);
        drop_.emplace_back("DROP SCHEMA IF EXISTS " + std::string{schema});
        gs::BaseSchemaManager{manager_, create}.ensure_schema();
    }
    OwnSchema(const OwnSchema&) = delete;
    OwnSchema& operator=(const OwnSchema&) = delete;
    ~OwnSchema() {
        try {
            gs::BaseSchemaManager{manager_, drop_}.ensure_schema();
        } catch (const std::exception& error) {
            std::cerr << "the schema " << schema << " is left behind: " << error.what() << '\n';
        }
    }

private:
    const gs::PostgresConnectionManager& manager_;
    std::vector<gs::SchemaPart> drop_;
};

template <class M>
void write_all(gs::StorageBackend<M> auto& storage, const Entries<M>& entries, world::Progress& progress) {
    std::mutex mutex;
    auto next = entries.begin();
    std::exception_ptr failure;
    const auto work = [&] {
        for (;;) {
            std::unique_lock lock{mutex};
            if (failure || next == entries.end()) return;
            const auto& [id, entry] = *next++;
            lock.unlock();
            try {
                storage.write(id, entry.value);
                progress.advance();
            } catch (...) {
                lock.lock();
                if (!failure) failure = std::current_exception();
            }
        }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < writers; ++i) threads.emplace_back(work);
    threads.clear();
    if (failure) std::rethrow_exception(failure);
}

/// @throws std::runtime_error  what came back is not what the files say, in ids, structs or members.
template <class M>
void compare(const Entries<M>& entries, const std::vector<std::string>& ids, const std::vector<M>& values) {
    const auto differs = [](std::string_view id, const char* how) {
        throw std::runtime_error{std::string{M::table} + ": " + std::string{id} + " " + how};
    };
    if (ids.size() != entries.size() || values.size() != entries.size()) {
        throw std::runtime_error{std::string{M::table} + ": " + std::to_string(values.size()) +
                                 " documents came back, " + std::to_string(entries.size()) + " were written"};
    }
    std::size_t i = 0;
    for (const auto& [id, entry] : entries) {
        if (ids[i] != id) differs(id, "is not where it should be in the list of ids");
        if (values[i] != entry.value) differs(id, "came back as another value");
        if (nlohmann::json(values[i]) != entry.source) differs(id, "lost or gained a member on the way");
        ++i;
    }
}

struct Totals {
    std::size_t documents = 0;
    std::size_t bytes = 0;
    Milliseconds write{};
    Milliseconds read{};
};

std::string row(std::string_view kind, const Totals& totals) {
    std::ostringstream out;
    out << std::fixed << std::setprecision(0) << std::left << std::setw(20) << kind << std::right << std::setw(10)
        << totals.documents << std::setw(12) << totals.bytes << std::setw(9) << totals.write.count() << " ms"
        << std::setw(9) << totals.read.count() << " ms";
    return out.str();
}

template <class M>
void carry(const gs::PostgresConnectionManager& manager, const Entries<M>& entries, world::Progress& progress,
           Totals& sum) {
    gs::PostgresStorageBackend<M> storage{manager, table_of(entries)};
    storage.clear();  // an earlier run may have been stopped half way

    const auto start = Clock::now();
    write_all<M>(storage, entries, progress);
    const auto written = Clock::now();
    const std::vector<M> values = storage.read_all();
    const auto read = Clock::now();
    compare(entries, storage.list_all(), values);

    Totals totals{.documents = values.size(), .write = written - start, .read = read - written};
    for (const M& value : values) totals.bytes += gs::canonical_json(nlohmann::json(value)).size();
    progress.line(row(M::table, totals));
    sum.documents += totals.documents;
    sum.bytes += totals.bytes;
    sum.write += totals.write;
    sum.read += totals.read;
}

void run(const std::string& folder) {
    const char* url = std::getenv("DATABASE_URL");
    if (url == nullptr || *url == '\0') {
        throw std::runtime_error{"DATABASE_URL is not set: name a PostgreSQL server, or start ./examples/run"};
    }
    const auto start = Clock::now();
    const World world{folder};
    gs::PostgresConnectionManager manager{url, gs::PoolOptions{.max_size = writers}};
    manager.check();
    const OwnSchema own{manager, world};

    const std::size_t total = std::apply([](const auto&... entries) { return (entries.size() + ...); }, world.entries);
    Totals sum;
    {
        world::Progress progress{total};
        progress.line("kind                 documents  JSON bytes    written   read back");
        std::apply([&](const auto&... entries) { (carry(manager, entries, progress, sum), ...); }, world.entries);
        progress.line(row("all", sum));
    }
    std::cout << "\nEvery document came back as it was: the same struct, and the same JSON as in the files.\n"
              << std::fixed << std::setprecision(1) << std::chrono::duration<double>{Clock::now() - start}.count()
              << " s in all, with " << writers << " threads writing.\n";
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc > 1 ? argv[1] : "/usr/share/iso-codes/json");
    } catch (const std::exception& error) {
        std::cerr << "world: " << error.what() << '\n';
        return 1;
    }
}
