// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTING_POSTGRES_SERVER_HPP
#define GRIDONE_STORAGE_TESTING_POSTGRES_SERVER_HPP

#include <gridone/storage/testing/detail/find_postgres.hpp>
#include <gridone/storage/testing/detail/supervisor.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gridone::storage::inline v0::testing {

struct PostgresServerOptions {
    std::map<std::string, std::string> settings{};  ///< As in postgresql.conf; they win over everything below.
    std::string password{};                         ///< Of the superuser. Empty: nobody is asked for one.
    bool durable = false;                           ///< Keeps what is safe against a loss of power; slower.
    bool tcp = false;                               ///< Listens on 127.0.0.1 too, at a free port.
    std::string bin_directory{};                    ///< Of `initdb` and `postgres`. Empty: PATH, pg_config, newest.
    std::chrono::milliseconds timeout{60'000};      ///< For each start and each stop.
};

/// A private PostgreSQL for tests: running when the constructor returns, gone without a trace when its owner is.
///
/// It lives in a temporary folder of its own and listens on a Unix socket there. The superuser is `postgres`, the
/// encoding UTF-8, and the default collation is that of English (where the server has ICU), so that code which takes it
/// for byte order is found out. Folder and processes also go when the owning process ends by a signal, SIGKILL
/// included. Started by root, it runs as `postgres` or `nobody`.
///
/// `create_database` and `url` may be called from several threads, the others from one at a time.
class PostgresServer {
public:
    using Options = PostgresServerOptions;

    /// How sessions end when the server stops.
    enum class Stop {
        smart = SIGTERM,      ///< When their clients end them.
        fast = SIGINT,        ///< At once, rolled back.
        immediate = SIGQUIT,  ///< As in a crash: the next start recovers.
    };

    /// @throws std::runtime_error  no server installed, or it does not start; with the end of its log.
    explicit PostgresServer(Options options = {})
        : options_{std::move(options)},
          supervisor_{detail::find_postgres({.bin_directory = options_.bin_directory})},
          port_{options_.tcp ? free_port() : std::uint16_t{5432}} {
        directory_ = ask("folder", "finds no folder that its user may write to, neither TMPDIR nor /tmp");
        if (!options_.password.empty()) {
            if (options_.password.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos) {
                throw std::runtime_error{"the password of a PostgresServer is one line"};
            }
            write(directory_ + "/password", options_.password + "\n");
        }
        ask("initdb", "cannot be initialised");
        write(directory_ + "/data/postgresql.conf", configuration());
        start();
    }

    /// Creates an empty database.
    ///
    /// @returns its connection string.
    [[nodiscard]] std::string create_database() {
        const std::string name = "test_" + std::to_string(++databases_);
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(url("postgres").c_str()), &PQfinish};
        // template0, for to template1 somebody may be connected, which would make this fail.
        const std::unique_ptr<PGresult, decltype(&PQclear)> result{
            PQexec(connection.get(), ("CREATE DATABASE " + name + " TEMPLATE template0").c_str()), &PQclear};
        if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
            throw std::runtime_error{"CREATE DATABASE on the test server: " +
                                     std::string{PQerrorMessage(connection.get())}};
        }
        return url(name);
    }

    /// The connection string of a database, over the Unix socket.
    [[nodiscard]] std::string url(std::string_view database) const {
        return "postgresql://" + user() + "@/" + percent_encoded(database) + "?host=" + percent_encoded(directory_) +
               "&port=" + std::to_string(port_);
    }

    /// The same over TCP. @pre the option `tcp`
    [[nodiscard]] std::string tcp_url(std::string_view database) const {
        return "postgresql://" + user() + "@127.0.0.1:" + std::to_string(port_) + "/" + percent_encoded(database);
    }

    [[nodiscard]] const std::string& socket_directory() const noexcept { return directory_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// The postmaster's; 0 while stopped.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// What the server has logged since it was made.
    [[nodiscard]] std::string log() const {
        std::ifstream file{directory_ + "/log"};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    /// Starts a stopped or crashed server; returns when it accepts connections. Does nothing if it does already.
    ///
    /// @throws std::runtime_error  it does not start, or not in time; with the end of its log.
    void start() {
        if (pid_ != 0) {
            if (answers()) return;
            stop(Stop::immediate);  // the remains of a crash
        }
        alive_ = detail::FileDescriptor{::open((directory_ + "/alive").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        if (alive_.get() < 0) throw std::system_error{errno, std::generic_category(), "the test server's folder"};
        const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
        pid_ = static_cast<pid_t>(std::strtol(ask("start", "cannot be started").c_str(), nullptr, 10));
        while (!answers()) {
            if (exited(std::chrono::milliseconds{5})) {
                reap();
                fail("ended while it started");
            }
            if (std::chrono::steady_clock::now() > deadline) fail("does not accept connections");
        }
    }

    /// Returns when no process of the server is left. Does nothing if it is stopped.
    ///
    /// @throws std::runtime_error  it still runs after the timeout: a smart stop that a session holds up, for one.
    void stop(Stop how = Stop::fast) {
        if (pid_ == 0) return;
        if (!exited(std::chrono::milliseconds{0})) {
            ::kill(pid_, static_cast<int>(how));
            if (!exited(options_.timeout)) fail("does not stop");
        }
        reap();
    }

    void restart(Stop how = Stop::fast) {
        stop(how);
        start();
    }

private:
    [[nodiscard]] static std::string percent_encoded(std::string_view text) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        std::string encoded;
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x80 && (std::isalnum(byte) != 0 || c == '_' || c == '-' || c == '.')) {
                encoded += c;
            } else {
                ((encoded += '%') += digits[byte >> 4U]) += digits[byte & 15U];
            }
        }
        return encoded;
    }

    [[nodiscard]] std::string user() const {
        return options_.password.empty() ? "postgres" : "postgres:" + percent_encoded(options_.password);
    }

    /// Free now. Another program may take it before the server does; then the start fails and says so.
    [[nodiscard]] static std::uint16_t free_port() {
        const detail::FileDescriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket.get(), generic, size) != 0 || ::getsockname(socket.get(), generic, &size) != 0) {
            throw std::system_error{errno, std::generic_category(), "no free port on 127.0.0.1"};
        }
        return ntohs(address.sin_port);
    }

    /// Appends, so that the server's user stays the owner of a file that is there.
    static void write(const std::string& file, const std::string& text) {
        std::ofstream out{file, std::ios::app};
        ::chmod(file.c_str(), S_IRUSR | S_IWUSR);
        if (!(out << text << std::flush)) throw std::runtime_error{"cannot write to the test server's folder"};
    }

    [[nodiscard]] std::string configuration() const {
        std::map<std::string, std::string> settings = options_.settings;
        const auto otherwise = [&](const char* name, std::string value) { settings.try_emplace(name, value); };
        otherwise("listen_addresses", options_.tcp ? "127.0.0.1" : "");
        otherwise("port", std::to_string(port_));
        otherwise("unix_socket_directories", directory_);
        otherwise("dynamic_shared_memory_type", "mmap");  // files in the folder, where nothing can be left behind
        if (!options_.durable) {
            otherwise("fsync", "off");
            otherwise("full_page_writes", "off");
        }
        std::string text = "\n";
        for (const auto& [name, value] : settings) {
            text += name + " = '";
            for (const char c : value) text += (c == '\'' || c == '\\') ? std::string(2, c) : std::string(1, c);
            text += "'\n";
        }
        return text;
    }

    /// Every process of the server holds the other end of `alive`: its end is theirs.
    [[nodiscard]] bool exited(std::chrono::milliseconds within) const {
        const auto deadline = std::chrono::steady_clock::now() + within;
        pollfd alive{alive_.get(), 0, 0};
        int ready = 0;
        do ready = ::poll(&alive, 1, detail::milliseconds_until(deadline));
        while (ready < 0 && errno == EINTR);
        return ready > 0;
    }

    [[nodiscard]] bool answers() const { return PQping((url("postgres") + "&connect_timeout=2").c_str()) == PQPING_OK; }

    /// Tells the supervisor to forget a process that has ended, before its number is somebody else's.
    void reap() {
        ask("reap", "has lost its supervisor");
        pid_ = 0;
    }

    std::string ask(std::string_view request, const char* otherwise) {
        auto answer = supervisor_.ask(request, std::chrono::steady_clock::now() + options_.timeout);
        if (answer.empty() || answer == "failed") fail(otherwise);
        return answer;
    }

    [[noreturn]] void fail(const char* what) const {
        constexpr std::size_t tail = 3000;
        auto message = std::string{"the test server "} + what;
        if (const auto text = directory_.empty() ? std::string{} : log(); !text.empty()) {
            message += "; its log ends with:\n" + text.substr(text.size() - std::min(text.size(), tail));
        }
        throw std::runtime_error{message};
    }

    Options options_;
    detail::Supervisor supervisor_;
    std::uint16_t port_;
    std::string directory_;
    detail::FileDescriptor alive_;
    pid_t pid_ = 0;
    std::atomic<unsigned> databases_ = 0;
};

}  // namespace gridone::storage::inline v0::testing

#endif
