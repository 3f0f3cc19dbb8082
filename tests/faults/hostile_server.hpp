// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_FAULTS_HOSTILE_SERVER_HPP
#define GRIDONE_STORAGE_TESTS_FAULTS_HOSTILE_SERVER_HPP

#include <gridone/storage/testing/detail/supervisor.hpp>

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

/// The messages of PostgreSQL's protocol 3.0, as a server sends them.
namespace wire {

inline std::string int16(int value) {
    return {static_cast<char>((value >> 8) & 0xFF), static_cast<char>(value & 0xFF)};
}
inline std::string int32(std::int64_t value) {
    return int16(static_cast<int>((value >> 16) & 0xFFFF)) + int16(static_cast<int>(value & 0xFFFF));
}
inline std::string text(std::string_view value) {
    return std::string{value} + '\0';
}

/// @param length  in place of the right one
inline std::string message(char type, const std::string& body, std::optional<std::int64_t> length = {}) {
    return type + int32(length.value_or(static_cast<std::int64_t>(body.size()) + 4)) + body;
}

inline std::string row_description(int columns, int format = 0) {
    std::string body = int16(columns);
    for (int column = 0; column < columns; ++column) {
        body += text("c" + std::to_string(column)) + int32(0) + int16(0) + int32(25) + int16(-1) + int32(-1) +
                int16(format);
    }
    return message('T', body);
}
inline std::string row(const std::vector<std::optional<std::string>>& values) {
    std::string body = int16(static_cast<int>(values.size()));
    for (const auto& value : values) {
        body += int32(value ? static_cast<std::int64_t>(value->size()) : -1) + value.value_or("");
    }
    return message('D', body);
}
inline std::string complete(std::string_view tag) {
    return message('C', text(tag));
}
inline std::string ready(char status = 'I') {
    return message('Z', {status});
}
inline std::string parameter(std::string_view name, std::string_view value) {
    return message('S', text(name) + text(value));
}
/// @param fields  each begins with its letter
inline std::string report(char type, const std::vector<std::string>& fields) {
    std::string body;
    for (const std::string& field : fields) body += text(field);
    return message(type, body + '\0');
}
inline std::string error(std::string_view sqlstate) {
    return report('E', {"SERROR", "VERROR", "C" + std::string{sqlstate}, "Mit is refused"});
}
inline std::string notice() {
    return report('N', {"SNOTICE", "VNOTICE", "C00000", "Mnothing new"});
}
inline std::string notification() {
    return message('A', int32(1) + text("channel") + text("payload"));
}
inline const std::string bind_complete = message('2', {});

}  // namespace wire

/// A server on 127.0.0.1 that lets a client in as PostgreSQL does and then answers as it is told to. A thread for each
/// connection; all end with their owner.
class HostileServer {
public:
    /// One connection, as the thread that serves it sees it.
    class Line {
    public:
        Line(HostileServer& server, int socket) : server_{server}, socket_{socket} {}

        /// @returns false once the client is gone, or the server ends
        bool send(std::string_view bytes) {
            while (!bytes.empty()) {
                if (!wait_for(POLLOUT)) return false;
                const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
                if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
                if (sent <= 0) continue;
                server_.sent_ += static_cast<std::size_t>(sent);
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            }
            return true;
        }
        /// Sends the same again and again, for as long as anybody takes it in, and at most for `longest`.
        void flood(const std::string& bytes) {
            std::string many;
            while (many.size() < 65'536) many += bytes;
            const auto end = std::chrono::steady_clock::now() + longest;
            while (std::chrono::steady_clock::now() < end && send(many)) continue;
        }
        /// A byte now and then.
        void trickle(const std::string& bytes) {
            const auto end = std::chrono::steady_clock::now() + longest;
            for (std::size_t at = 0; std::chrono::steady_clock::now() < end; at = (at + 1) % bytes.size()) {
                if (!send({&bytes[at], 1})) return;
                pollfd nothing{.fd = -1, .events = 0, .revents = 0};
                ::poll(&nothing, 1, 10);
            }
        }
        /// Says nothing until the client is gone.
        void stay_silent() {
            while (!receive(1).empty()) continue;
        }

        /// Nothing once the client is gone.
        std::string receive(std::size_t size) {
            std::string bytes(size, '\0');
            for (std::size_t got = 0; got < size;) {
                if (!wait_for(POLLIN)) return {};
                const ssize_t received = ::recv(socket_, bytes.data() + got, size - got, MSG_DONTWAIT);
                if (received == 0 || (received < 0 && errno != EAGAIN && errno != EINTR)) return {};
                if (received > 0) got += static_cast<std::size_t>(received);
            }
            return bytes;
        }

    private:
        bool wait_for(short events) {
            pollfd watched{.fd = socket_, .events = events, .revents = 0};
            while (!server_.ending_) {
                if (::poll(&watched, 1, 20) > 0) return true;
            }
            return false;
        }

        static constexpr std::chrono::seconds longest{6};

        HostileServer& server_;
        int socket_;
    };

    /// What it does in place of what PostgreSQL does.
    struct Script {
        std::function<void(Line&)> on_connect{};  ///< After the startup message; the end of the connection.
        std::function<void(Line&)> reply{};       ///< To a statement.
        std::function<void(Line&, std::string_view)> query{};  ///< To SQL text, for BEGIN, COMMIT and such.
    };

    HostileServer() {
        const sockaddr_in wanted = loopback();
        sockaddr_in address{};
        socklen_t size = sizeof address;
        listener_ = FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) != 0 ||
            ::listen(listener_.get(), 100) != 0) {
            throw std::system_error{errno, std::generic_category(), "the hostile server"};
        }
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread{[this] { accept(); }};
    }
    HostileServer(const HostileServer&) = delete;
    HostileServer& operator=(const HostileServer&) = delete;
    HostileServer(HostileServer&&) = delete;
    HostileServer& operator=(HostileServer&&) = delete;
    ~HostileServer() {
        ending_ = true;
        acceptor_.join();
        for (std::thread& thread : threads_) thread.join();
    }

    [[nodiscard]] std::string url() const {
        return "postgresql://somebody@127.0.0.1:" + std::to_string(port_) + "/anything?sslmode=disable";
    }

    /// For the connections that come from now on.
    void play(Script script) {
        const std::lock_guard lock{mutex_};
        script_ = std::move(script);
    }

    /// All bytes that clients have taken in, or that lie in the buffers of their connections.
    [[nodiscard]] std::size_t sent() const noexcept { return sent_; }

private:
    using FileDescriptor = gridone::storage::testing::detail::FileDescriptor;

    static sockaddr_in loopback() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    void accept() {
        pollfd watched{.fd = listener_.get(), .events = POLLIN, .revents = 0};
        while (!ending_) {
            if (::poll(&watched, 1, 20) <= 0) continue;
            FileDescriptor client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            if (client.get() < 0) continue;
            threads_.emplace_back([this, taken = std::move(client)] {
                Line line{*this, taken.get()};
                Script script;
                {
                    const std::lock_guard lock{mutex_};
                    script = script_;
                }
                serve(line, script);
            });
        }
    }

    static std::size_t size_in(const std::string& bytes) {
        std::size_t size = 0;
        for (const char byte : bytes) size = size << 8U | static_cast<unsigned char>(byte);
        return size;
    }

    static void serve(Line& line, const Script& script) {
        const std::string size = line.receive(4);
        if (size.empty() || line.receive(size_in(size) - 4).empty()) return;
        if (script.on_connect) return script.on_connect(line);
        line.send(wire::message('R', wire::int32(0)) + wire::parameter("server_version", "15.0") +
                  wire::parameter("server_encoding", "UTF8") + wire::parameter("client_encoding", "UTF8") +
                  wire::parameter("standard_conforming_strings", "on") +
                  wire::message('K', wire::int32(pid) + wire::int32(1)) + wire::ready());
        bool executes = false;
        char status = 'I';
        for (;;) {
            const std::string head = line.receive(5);
            if (head.empty() || head.front() == 'X') return;
            const std::size_t rest = size_in(head.substr(1)) - 4;
            const std::string body = rest == 0 ? std::string{} : line.receive(rest);
            if (head.front() == 'Q') {
                if (body.starts_with("BEGIN")) status = 'T';
                if (body.starts_with("COMMIT") || body.starts_with("ROLLBACK")) status = 'I';
                answer(line, script, body, status);
            } else if (head.front() == 'E') {
                executes = true;
            } else if (head.front() == 'S' && std::exchange(executes, false)) {
                script.reply(line);
            } else if (head.front() == 'S') {
                line.send(wire::message('1', {}) + wire::ready());
            }
        }
    }

    static void answer(Line& line, const Script& script, const std::string& sql, char status) {
        const std::string id = std::to_string(pid);
        if (sql.find("txid_snapshot_xmin") != std::string::npos) {
            line.send(wire::row_description(9) + wire::row({"100", "off", id, "0", "0", id, "1", "1", "1"}) +
                      wire::complete("SELECT 1") + wire::ready());
        } else if (sql.find("pg_catalog.pg_attribute") != std::string::npos) {  // the look at the id column
            line.send(wire::row_description(3) + wire::row({"t", "text", ""}) + wire::complete("SELECT 1") +
                      wire::ready(status));
        } else if (script.query) {
            script.query(line, sql);
        } else {
            const std::string command = sql.substr(0, sql.find_first_of(" ;\0"));
            line.send(wire::complete(command) + wire::ready(status));
        }
    }

    static constexpr int pid = 4711;

    FileDescriptor listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> ending_ = false;
    std::atomic<std::size_t> sent_ = 0;
    std::mutex mutex_;
    Script script_;
    std::list<std::thread> threads_;  // of the acceptor, until it has ended
    std::thread acceptor_;
};

#endif
