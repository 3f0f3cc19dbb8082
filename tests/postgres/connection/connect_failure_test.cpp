// SPDX-License-Identifier: MIT

#include "postgres/server.hpp"
#include "widget.hpp"
#include <gridone/storage.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <pqxx/connection>

#include <arpa/inet.h>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace gs = gridone::storage;
using gs::ConnectFailure;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// The error of an attempt to connect, of which this holds whatever the cause.
gs::ConnectionError attempt(const std::string& dsn, gs::PoolOptions options = {}) {
    gs::PostgresConnectionManager manager{dsn, options};
    auto error = error_of<gs::ConnectionError>([&] { manager.check(); });
    CHECK(error.outcome() == gs::Outcome::not_applied);
    CHECK(error.cause() != ConnectFailure::none);
    const bool for_good =
        error.cause() == ConnectFailure::authentication || error.cause() == ConnectFailure::unknown_database;
    if (error.cause() != ConnectFailure::other) {
        CHECK(error.retry() == (for_good ? gs::Retry::never : gs::Retry::same_call));
    }
    return error;
}

/// For failures that a pool waits out: the same news, sooner.
const gs::PoolOptions impatient{.acquire_timeout = 1s};

std::string place_of(const gs::testing::PostgresServer& server) {
    return "host=" + server.socket_directory() + " port=" + std::to_string(server.port()) +
           " user=postgres dbname=postgres";
}

/// Listens on 127.0.0.1; the kernel takes connections in, though nobody accepts them.
class Listener {
public:
    Listener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_.get(), generic, size) != 0 || ::listen(socket_.get(), 4) != 0 ||
            ::getsockname(socket_.get(), generic, &size) != 0) {
            throw std::runtime_error{"cannot listen on 127.0.0.1"};
        }
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        port_ = ntohs(address.sin_port);
    }

    [[nodiscard]] std::string place() const {
        return "host=127.0.0.1 port=" + std::to_string(port_) + " user=u dbname=d password=canary-password";
    }

    /// Takes every connection, answers its first bytes, and keeps all that it sent until its end.
    void answer_all(std::string_view answer) {
        answering_ = std::jthread{[this, answer] {
            for (;;) {
                const gs::testing::detail::FileDescriptor peer{::accept(socket_.get(), nullptr, nullptr)};
                if (peer.get() < 0) return;
                std::string& sent = received_.emplace_back();
                char buffer[1024];
                for (ssize_t count = 0; (count = ::read(peer.get(), buffer, sizeof buffer)) > 0;) {
                    if (sent.empty()) (void)::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
                    sent.append(buffer, static_cast<std::size_t>(count));
                }
            }
        }};
    }

    /// Ends that. @returns what came on each connection
    std::vector<std::string> received() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        answering_.join();
        return received_;
    }

private:
    gs::testing::detail::FileDescriptor socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port_ = 0;
    std::vector<std::string> received_;
    std::jthread answering_;
};

/// A server that offers TLS with a certificate for 127.0.0.1, and two authorities of which the first has signed it.
class TlsServer {
public:
    /// @param validity  of the server's certificate, as options of `openssl ca`
    explicit TlsServer(const std::string& validity = "-days 2") {
        const std::string data = server_.socket_directory() + "/data/";
        const std::string make = "openssl req -x509 -days 2 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 ";
        for (const auto& name : {authority(), other_authority()}) {
            auto command = make + "-subj '/CN=authority' -keyout '";
            run(command.append(name).append(".key' -out '").append(name).append("'"));
        }
        const std::string database = server_.socket_directory() + "/ca";
        std::ofstream{database};
        std::ofstream{database + ".conf"} << "[ca]\ndefault_ca=d\n[d]\ndatabase=" << database
                                          << "\nnew_certs_dir=" << server_.socket_directory()
                                          << "\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\n"
                                             "commonName=supplied\n[v]\nsubjectAltName=IP:127.0.0.1\n";
        run("openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=server -keyout '" + data +
            "server.key' -out '" + data + "server.csr'");
        run("openssl ca -batch -notext -extensions v -config '" + database + ".conf' -cert '" + authority() +
            "' -keyfile '" + authority() + ".key' -in '" + data + "server.csr' -out '" + data + "server.crt' " +
            validity);
        struct stat owner{};
        ::stat(data.c_str(), &owner);
        for (const auto& file : {data + "server.key", data + "server.crt"}) {
            if (::chown(file.c_str(), owner.st_uid, owner.st_gid) != 0 || ::chmod(file.c_str(), S_IRUSR) != 0) {
                throw std::runtime_error{"cannot give the server its certificate"};
            }
        }
        std::ofstream{data + "postgresql.conf", std::ios::app} << "ssl = on\n";
        server_.restart();
    }

    [[nodiscard]] std::string authority() const { return server_.socket_directory() + "/authority"; }
    [[nodiscard]] std::string other_authority() const { return server_.socket_directory() + "/other_authority"; }
    [[nodiscard]] std::string place(std::string_view host, const std::string& root) const {
        return "host=" + std::string{host} + " hostaddr=127.0.0.1 port=" + std::to_string(server_.port()) +
               " user=postgres dbname=postgres sslmode=verify-full sslrootcert=" + root;
    }

private:
    static void run(const std::string& command) {
        if (std::system((command + " 2>/dev/null").c_str()) != 0) throw std::runtime_error{"openssl failed"};
    }

    gs::testing::PostgresServer server_{{.tcp = true}};
};

}  // namespace

TEST_CASE("a refused login is told by its cause: wrong password, none given, no such role, no right to connect") {
    gs::testing::PostgresServer server{{.password = "right horse"}};
    CHECK(attempt(place_of(server) + " password=wrong").cause() == ConnectFailure::authentication);
    CHECK(attempt(place_of(server) + " passfile=/nonexistent").cause() == ConnectFailure::authentication);
    by_hand(server.url("postgres"), "CREATE ROLE guest LOGIN PASSWORD 'guest'");
    by_hand(server.url("postgres"), "CREATE DATABASE closed");
    by_hand(server.url("postgres"), "REVOKE CONNECT ON DATABASE closed FROM public");
    const std::string guest = "host=" + server.socket_directory() + " port=" + std::to_string(server.port()) +
                              " user=guest password=guest dbname=closed";
    const auto error = attempt(guest);
    CHECK(error.sqlstate() == "42501");
    CHECK(error.cause() == ConnectFailure::authentication);
    CHECK(attempt(place_of(shared_server()) + " user=nobody_of_this_name").cause() == ConnectFailure::authentication);
}

TEST_CASE("an unknown database is told by its cause") {
    const auto error = attempt(shared_server().url("no_such_database"));
    CHECK(error.cause() == ConnectFailure::unknown_database);
    CHECK(error.sqlstate() == "3D000");
}

TEST_CASE("a server or a database that is full is told by its cause") {
    gs::testing::PostgresServer server{
        {.settings = {{"max_connections", "4"}, {"superuser_reserved_connections", "0"}, {"max_wal_senders", "0"}}}};
    std::vector<std::unique_ptr<pqxx::connection>> taken;
    while (taken.size() < 4) taken.push_back(std::make_unique<pqxx::connection>(server.url("postgres")));
    const auto error = attempt(server.url("postgres"), impatient);
    CHECK(error.cause() == ConnectFailure::too_many_connections);
    CHECK(error.sqlstate() == "53300");
}

TEST_CASE("an address where nobody listens is told by its cause") {
    CHECK(attempt("host=127.0.0.1 port=1 user=u", impatient).cause() == ConnectFailure::refused);
    CHECK(attempt("host=localhost port=1 user=u", impatient).cause() == ConnectFailure::refused);
    CHECK(attempt("host=127.0.0.1,127.0.0.1 port=1,2 user=u", impatient).cause() == ConnectFailure::refused);
    CHECK(attempt("host=/nonexistent user=u", impatient).cause() == ConnectFailure::refused);
    CHECK(attempt("host=@nonexistent user=u", impatient).cause() == ConnectFailure::refused);
    gs::testing::PostgresServer server;
    const std::string url = server.url("postgres");
    server.stop();
    CHECK(attempt(url, impatient).cause() == ConnectFailure::refused);
}

TEST_CASE("a host name without an address is told by its cause") {
    const auto error = attempt("host=name.invalid user=u password=canary", impatient);
    CHECK(error.cause() == ConnectFailure::name_not_found);
    CHECK(std::string{error.what()} == "check: the host name of the connection string could not be looked up");
}

TEST_CASE("options that libpq refuses are neither a refusal nor a name without an address") {
    for (const std::string wrong :
         {"sslmode=canary", "hostaddr=canary", "port=canary", "target_session_attrs=canary"}) {
        CAPTURE(wrong);
        const auto error = attempt("host=localhost user=u " + wrong);
        CHECK(error.cause() == ConnectFailure::other);
        CHECK(error.retry() == gs::Retry::never);
        CHECK(std::string{error.what()} == "check: no session could be made with the connection string");
    }
}

TEST_CASE("a server without TLS is refused where TLS is demanded") {
    gs::testing::PostgresServer server{{.tcp = true}};
    CHECK(attempt(server.tcp_url("postgres") + "?sslmode=require", impatient).cause() == ConnectFailure::tls);
    CHECK(attempt(server.tcp_url("postgres") + "?sslmode=verify-full", impatient).cause() == ConnectFailure::tls);
    gs::PostgresConnectionManager manager{server.tcp_url("postgres") + "?sslmode=prefer"};
    CHECK_NOTHROW(manager.check());
}

TEST_CASE("where TLS is demanded and refused, nothing but the request for it is sent") {
    const std::string mode = GENERATE("require", "verify-ca", "verify-full");
    Listener listener;
    listener.answer_all("N");
    CHECK(attempt(listener.place() + " sslmode=" + mode, impatient).cause() == ConnectFailure::tls);
    const auto received = listener.received();
    CHECK_FALSE(received.empty());
    for (const std::string& sent : received) CHECK(sent == "\0\0\0\x08\x04\xd2\x16\x2f"s);
}

TEST_CASE("a line that breaks while TLS was only preferred is no failure of TLS") {
    Listener listener;
    listener.answer_all("?");
    CHECK(attempt(listener.place() + " sslmode=prefer", impatient).cause() == ConnectFailure::other);
    CHECK_FALSE(listener.received().empty());
}

TEST_CASE("verify-full lets in the host that the authority has named, and no other") {
    if (std::system("openssl version >/dev/null 2>&1") != 0) SKIP("the program openssl is not installed");
    const TlsServer server;
    gs::PostgresConnectionManager manager{server.place("127.0.0.1", server.authority())};
    CHECK_NOTHROW(manager.check());
    CHECK(attempt(server.place("127.0.0.1", server.other_authority()), {.acquire_timeout = 2s}).cause() ==
          ConnectFailure::tls);
    CHECK(attempt(server.place("localhost", server.authority()), {.acquire_timeout = 2s}).cause() ==
          ConnectFailure::tls);
    CHECK(attempt(server.place("127.0.0.1", "/nonexistent"), {.acquire_timeout = 2s}).cause() == ConnectFailure::tls);
}

TEST_CASE("verify-full lets in nobody with a certificate that has expired") {
    if (std::system("openssl version >/dev/null 2>&1") != 0) SKIP("the program openssl is not installed");
    const TlsServer server{"-startdate 20200101000000Z -enddate 20200102000000Z"};
    CHECK(attempt(server.place("127.0.0.1", server.authority()), {.acquire_timeout = 2s}).cause() ==
          ConnectFailure::tls);
}

TEST_CASE("silence after the connection was taken in ends at the deadline, in whatever stage") {
    const std::string mode = GENERATE("disable", "prefer", "require");
    const Listener listener;
    const auto started = std::chrono::steady_clock::now();
    CHECK(attempt(listener.place() + " sslmode=" + mode, {.acquire_timeout = 100ms}).cause() ==
          ConnectFailure::deadline);
    CHECK(std::chrono::steady_clock::now() - started >= 100ms);
}

TEST_CASE("what a server remarks while a connection is made is not printed") {
    Listener listener;
    static const std::string answer = "R\0\0\0\x08\0\0\0\0"s + "N\0\0\0\x26SWARNING\0VWARNING\0C01000\0Mremark\0\0"s;
    listener.answer_all(answer);
    std::fflush(stderr);
    const gs::testing::detail::FileDescriptor terminal{::dup(STDERR_FILENO)};
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> printed{std::tmpfile(), &std::fclose};
    ::dup2(::fileno(printed.get()), STDERR_FILENO);
    const auto error = attempt(listener.place() + " sslmode=disable", impatient);
    ::dup2(terminal.get(), STDERR_FILENO);
    CHECK(error.cause() == ConnectFailure::deadline);
    CHECK(::lseek(::fileno(printed.get()), 0, SEEK_END) == 0);
    (void)listener.received();
}

TEST_CASE("a server that is read-only is told by its cause, where a writable one was asked for and where it was not") {
    const std::string url = shared_server().create_database();
    by_hand(url, "CREATE TABLE widgets (id TEXT PRIMARY KEY, data JSONB NOT NULL)");
    by_hand(url,
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', "
            "current_database()); END $$");
    CHECK(attempt(url + "&target_session_attrs=read-write", impatient).cause() == ConnectFailure::not_writable);
    gs::PostgresConnectionManager manager{url};
    gs::PostgresStorageBackend<Widget> widgets{manager, "widgets"};
    CHECK(error_of<gs::ConnectionError>([&] { widgets.write("a", {"bolt", 1}); }).cause() ==
          ConnectFailure::not_writable);
}

TEST_CASE("a lost connection has no cause of a failure to connect, and keeps what the server said last") {
    const std::string url = shared_server().create_database();
    gs::PostgresConnectionManager manager{url};
    const auto error = error_of<gs::ConnectionError>([&] {
        gs::detail::ManagerAccess::state(manager)->run(
            {.sql = "SELECT pg_terminate_backend(pg_backend_pid(), 10000)", .parameters = {}}, {},
            {.operation = "test"});
    });
    CHECK(error.cause() == ConnectFailure::none);
    CHECK(error.sqlstate() == "57P01");
}
