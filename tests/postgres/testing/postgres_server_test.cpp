// SPDX-License-Identifier: MIT

#include <gridone/storage/testing/postgres_server.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <poll.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace gs = gridone::storage;
using gs::testing::PostgresServer;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection connect(const std::string& url) {
    return {PQconnectdb(url.c_str()), &PQfinish};
}

/// The first value that the statement gives, or nothing.
std::string run(const std::string& url, const std::string& statement) {
    const auto connection = connect(url);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(connection.get(), statement.c_str()), &PQclear};
    INFO(PQerrorMessage(connection.get()));
    REQUIRE((PQresultStatus(result.get()) == PGRES_TUPLES_OK || PQresultStatus(result.get()) == PGRES_COMMAND_OK));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

/// A process that has ended and that nobody has asked about does not run.
bool runs(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.size() > name_end + 2 && stat[name_end + 2] != 'Z';
}

template <class Condition>
bool becomes_true(Condition condition) {
    for (const auto deadline = std::chrono::steady_clock::now() + 20s; !condition(); std::this_thread::sleep_for(5ms)) {
        if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
}

/// The processes that work in the server's folder.
std::set<pid_t> processes_in(const std::string& directory) {
    std::set<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        std::error_code gone;
        const auto folder = std::filesystem::read_symlink(entry.path() / "cwd", gone);
        if (!gone && folder.string().starts_with(directory)) found.insert(std::stoi(entry.path().filename().string()));
    }
    return found;
}

/// What `postmaster.pid` says on its seventh line: key and number of the server's segment of shared memory.
std::string shared_memory_of(const PostgresServer& server) {
    std::ifstream file{server.socket_directory() + "/data/postmaster.pid"};
    std::string line;
    for (int i = 0; i < 7; ++i) std::getline(file, line);
    return line.substr(line.find_last_of(' ') + 1);
}

bool shared_memory_exists(const std::string& number) {
    std::ifstream list{"/proc/sysvipc/shm"};
    std::string line;
    std::getline(list, line);
    for (std::string key, id; list >> key >> id && std::getline(list, line);) {
        if (id == number) return true;
    }
    return false;
}

/// A folder for one test, with files that count as programs.
struct Folder {
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "find-postgres-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }

    std::string add_server(const std::string& folder) const {
        std::filesystem::create_directories(path / folder);
        for (const auto* program : {"initdb", "postgres"}) {
            std::ofstream{path / folder / program} << "#!/bin/sh\n";
            std::filesystem::permissions(path / folder / program, std::filesystem::perms::owner_all);
        }
        return (path / folder).string();
    }
    std::filesystem::path path;
};

}  // namespace

TEST_CASE("each created database is another one, and empty") {
    PostgresServer server;
    std::vector<std::future<std::string>> pending(8);
    for (auto& url : pending) url = std::async(std::launch::async, [&] { return server.create_database(); });
    std::vector<std::string> urls;
    for (auto& url : pending) urls.push_back(url.get());

    CHECK(std::set<std::string>(urls.begin(), urls.end()).size() == urls.size());
    for (const auto& url : urls) {
        CHECK(run(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == "0");
        run(url, "CREATE TABLE only_here (id text)");
    }
}

TEST_CASE("the server's text is UTF-8 and its default collation is not byte order") {
    PostgresServer server;
    const auto url = server.create_database();
    CHECK(run(url, "SHOW server_encoding") == "UTF8");
    CHECK(run(url, "SELECT 'a' < 'B'") == "t");
    CHECK(run(url, "SELECT 'a' < 'B' COLLATE \"C\"") == "f");
}

TEST_CASE("the server listens on its Unix socket only, unless asked for TCP") {
    PostgresServer local;
    CHECK(run(local.url("postgres"), "SHOW listen_addresses").empty());
    CHECK(std::filesystem::exists(local.socket_directory() + "/.s.PGSQL." + std::to_string(local.port())));

    PostgresServer reachable{{.tcp = true}};
    CHECK(run(reachable.tcp_url("postgres"), "SELECT host(inet_server_addr())") == "127.0.0.1");
}

TEST_CASE("what was committed is there after an immediate restart, in another process") {
    PostgresServer server;
    const auto url = server.create_database();
    run(url, "CREATE TABLE kept (id text)");
    run(url, "INSERT INTO kept VALUES ('one')");
    const auto before = server.pid();

    server.restart(PostgresServer::Stop::immediate);

    CHECK(server.pid() != before);
    CHECK_FALSE(runs(before));
    CHECK(run(url, "SELECT id FROM kept") == "one");
    CHECK_THAT(server.log(), ContainsSubstring("not properly shut down"));
}

TEST_CASE("a stopped server has no process and answers again after start") {
    PostgresServer server;
    const auto url = server.create_database();
    server.stop();
    CHECK(server.pid() == 0);
    CHECK(processes_in(server.socket_directory() + "/data").empty());
    CHECK(PQstatus(connect(url).get()) != CONNECTION_OK);
    server.stop();

    server.start();
    CHECK(run(url, "SELECT 1") == "1");
    const auto pid = server.pid();
    server.start();
    CHECK(server.pid() == pid);
}

TEST_CASE("a smart stop lets the sessions end") {
    PostgresServer server;
    auto session = connect(server.url("postgres"));
    REQUIRE(PQstatus(session.get()) == CONNECTION_OK);
    auto stopped = std::async(std::launch::async, [&] { server.stop(PostgresServer::Stop::smart); });
    CHECK(becomes_true([&] { return PQping(server.url("postgres").c_str()) != PQPING_OK; }));

    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(session.get(), "SELECT 1"), &PQclear};
    CHECK(PQresultStatus(result.get()) == PGRES_TUPLES_OK);
    session.reset();
    stopped.get();
    CHECK(server.pid() == 0);
}

TEST_CASE("start brings back a server whose postmaster was killed") {
    PostgresServer server;
    const auto url = server.create_database();
    REQUIRE(::kill(server.pid(), SIGKILL) == 0);
    server.start();
    CHECK(run(url, "SELECT 1") == "1");
}

TEST_CASE("nothing is left of a server that was destroyed") {
    std::optional<PostgresServer> server{std::in_place};
    const auto directory = server->socket_directory();
    const auto segment = shared_memory_of(*server);
    const auto pid = server->pid();
    REQUIRE(std::filesystem::exists(directory));
    REQUIRE(runs(pid));
    REQUIRE(shared_memory_exists(segment));
    auto session = connect(server->url("postgres"));
    REQUIRE(PQstatus(session.get()) == CONNECTION_OK);

    SECTION("while it ran, with a session open") {}
    SECTION("while it was stopped") {
        server->stop();
    }
    SECTION("while it did not react") {
        REQUIRE(::kill(pid, SIGSTOP) == 0);
    }
    SECTION("after its postmaster was killed, with a backend that does not notice") {
        REQUIRE(::kill(PQbackendPID(session.get()), SIGSTOP) == 0);
        REQUIRE(::kill(pid, SIGKILL) == 0);
    }
    server.reset();

    CHECK_FALSE(std::filesystem::exists(directory));
    CHECK_FALSE(runs(pid));
    CHECK(becomes_true([&] { return processes_in(directory).empty(); }));
    CHECK_FALSE(shared_memory_exists(segment));
}

TEST_CASE("nothing is left of a server whose owner was killed") {
    struct Report {
        std::array<char, 200> directory{};
        pid_t pid = 0;
    };
    std::array<int, 2> reports{};
    REQUIRE(::pipe(reports.data()) == 0);
    const auto owner = ::fork();
    if (owner == 0) {
        // From another thread, which is gone when the owner is killed: the server is the process's, not the thread's.
        std::optional<PostgresServer> server;
        std::thread{[&] { server.emplace(); }}.join();
        Report report;
        server->socket_directory().copy(report.directory.data(), report.directory.size() - 1);
        report.pid = server->pid();
        if (::write(reports[1], &report, sizeof report) != static_cast<ssize_t>(sizeof report)) ::_exit(1);
        for (;;) ::pause();
    }
    ::close(reports[1]);
    Report report;
    const auto received = ::read(reports[0], &report, sizeof report);
    const bool was_there = runs(report.pid) && std::filesystem::exists(report.directory.data());
    ::kill(owner, SIGKILL);
    ::waitpid(owner, nullptr, 0);

    REQUIRE(received == static_cast<ssize_t>(sizeof report));
    ::close(reports[0]);
    REQUIRE(was_there);
    CHECK(becomes_true([&] { return !std::filesystem::exists(report.directory.data()); }));
    CHECK(becomes_true([&] { return !runs(report.pid); }));
}

TEST_CASE("a running server does not hold the files of its owner open") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);  // without O_CLOEXEC, like the pipe that a test runner reads our output from
    const PostgresServer server;
    ::close(ends[1]);
    pollfd readable{ends[0], POLLIN, 0};
    CHECK(::poll(&readable, 1, 0) == 1);
    CHECK((readable.revents & POLLHUP) != 0);
    ::close(ends[0]);
}

TEST_CASE("a forked copy of the owner does not take the server along") {
    auto server = std::make_unique<PostgresServer>();
    const auto copy = ::fork();
    if (copy == 0) {
        server.reset();
        ::_exit(0);
    }
    ::waitpid(copy, nullptr, 0);
    CHECK(run(server->url("postgres"), "SELECT 1") == "1");
}

TEST_CASE("settings arrive, whatever characters are in them") {
    PostgresServer server{{.settings = {{"max_connections", "20"}, {"cluster_name", R"(it's a \n)"}, {"fsync", "on"}}}};
    const auto url = server.url("postgres");
    CHECK(run(url, "SHOW max_connections") == "20");
    CHECK(run(url, "SHOW cluster_name") == R"(it's a \n)");
    CHECK(run(url, "SHOW fsync") == "on");
}

TEST_CASE("only the durable server pays for durability") {
    PostgresServer quick;
    CHECK(run(quick.url("postgres"), "SHOW fsync") == "off");
    CHECK(run(quick.url("postgres"), "SHOW full_page_writes") == "off");
    CHECK(run(quick.url("postgres"), "SHOW synchronous_commit") == "on");
    PostgresServer durable{{.durable = true}};
    CHECK(run(durable.url("postgres"), "SHOW fsync") == "on");
    CHECK(run(durable.url("postgres"), "SHOW full_page_writes") == "on");
}

TEST_CASE("a configured password is asked for") {
    PostgresServer server{{.password = "p@ss/w:rd 'ü"}};
    const auto url = server.create_database();
    CHECK(run(url, "SELECT 1") == "1");
    CHECK_FALSE(std::filesystem::exists(server.socket_directory() + "/password"));

    const auto at = url.find('@');
    const auto with_password = [&](const std::string& word) {
        return connect("postgresql://postgres" + word + url.substr(at) + "&passfile=/nowhere");
    };
    CHECK(PQconnectionNeedsPassword(with_password("").get()) == 1);
    CHECK_THAT(PQerrorMessage(with_password(":wrong").get()), ContainsSubstring("password authentication failed"));
}

TEST_CASE("a server that cannot start says why") {
    CHECK_THROWS_MATCHES((PostgresServer{{.settings = {{"no_such_setting", "1"}}}}), std::runtime_error,
                         MessageMatches(ContainsSubstring("ended while it started") &&
                                        ContainsSubstring("unrecognized configuration parameter \"no_such_setting\"")));
}

TEST_CASE("a server that is not installed says what to install") {
    const Folder folder;
    const gs::testing::detail::PostgresSearch nowhere{
        .path = folder.path.string(), .ask_pg_config = false, .versions = (folder.path / "versions").string()};
    CHECK_THROWS_MATCHES(
        gs::testing::detail::find_postgres(nowhere), std::runtime_error,
        MessageMatches(ContainsSubstring("no PostgreSQL server found") && ContainsSubstring("apt install postgresql")));
    CHECK_THROWS_MATCHES((PostgresServer{{.bin_directory = folder.path.string()}}), std::runtime_error,
                         MessageMatches(ContainsSubstring("are not in " + folder.path.string())));
}

TEST_CASE("the server's programs are taken from PATH, else from the newest version") {
    const Folder folder;
    folder.add_server("versions/9.6/bin");
    const auto newest = folder.add_server("versions/17/bin");
    std::filesystem::create_directories(folder.path / "versions/18/bin");  // only the client is installed
    gs::testing::detail::PostgresSearch search{
        .path = "", .ask_pg_config = false, .versions = (folder.path / "versions").string()};
    CHECK(gs::testing::detail::find_postgres(search) == newest);

    const auto own = folder.add_server("own");
    search.path = "/nowhere:" + own;
    CHECK(gs::testing::detail::find_postgres(search) == own);
}
