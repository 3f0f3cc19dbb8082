// SPDX-License-Identifier: MIT

#include "faults/faulty_line.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstddef>
#include <netinet/in.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>

using namespace std::chrono_literals;

namespace {

using FileDescriptor = gridone::storage::testing::detail::FileDescriptor;

/// Two ends of a line through a proxy, without any protocol.
struct Line {
    Line() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener.get(), generic, size) == 0);
        REQUIRE(::listen(listener.get(), 10) == 0);
        REQUIRE(::getsockname(listener.get(), generic, &size) == 0);
        proxy.emplace(ntohs(address.sin_port));
    }

    [[nodiscard]] FileDescriptor dial() const {
        FileDescriptor made{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        be_patient(made);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(proxy->port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            return FileDescriptor{};
        return made;
    }
    void connect() {
        client = dial();
        REQUIRE(client.get() >= 0);
        server = FileDescriptor{::accept(listener.get(), nullptr, nullptr)};
        REQUIRE(server.get() >= 0);
        be_patient(server);
    }

    static void be_patient(const FileDescriptor& socket) {
        const timeval patience{.tv_sec = 20, .tv_usec = 0};
        ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    static void send(const FileDescriptor& from, const std::string& bytes) {
        if (::send(from.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
            throw std::runtime_error{"cannot send"};
        }
    }

    struct Received {
        std::string bytes;
        int error = 0;  ///< 0 is an orderly end, or enough.
    };
    static Received receive(const FileDescriptor& at, std::size_t enough = std::string::npos) {
        Received received;
        while (received.bytes.size() < enough) {
            std::array<char, 4096> buffer{};
            const auto wanted = std::min(buffer.size(), enough - received.bytes.size());
            const ssize_t count = ::recv(at.get(), buffer.data(), wanted, 0);
            if (count < 0) received.error = errno;
            if (count <= 0) break;
            received.bytes.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return received;
    }

    FileDescriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::optional<TcpProxy> proxy;
    FileDescriptor client;
    FileDescriptor server;
};

}  // namespace

TEST_CASE_METHOD(Line, "the proxy passes bytes as they are, both ways, and the end of either side") {
    connect();
    const std::string large(3'000'000, 'x');
    std::jthread sender{[&] {
        send(client, large);
        ::shutdown(client.get(), SHUT_WR);
    }};
    CHECK(receive(server).bytes == large);
    sender.join();
    send(server, "reply");
    server = FileDescriptor{};
    const Received reply = receive(client);
    CHECK(reply.bytes == "reply");
    CHECK(reply.error == 0);
    CHECK(proxy->bytes(Way::request) == large.size());
    CHECK(proxy->bytes(Way::reply) == 5);
}

TEST_CASE_METHOD(Line, "the proxy cuts both sides after exactly so many bytes, once") {
    const auto kind = GENERATE(LineFault::Kind::close, LineFault::Kind::reset);
    const bool in_reply = GENERATE(false, true);
    const std::size_t after = GENERATE(0U, 1U, 7U, 10U);
    connect();
    send(client, "before");
    CHECK(receive(server, 6).bytes == "before");
    proxy->once(in_reply ? Way::reply : Way::request, {.kind = kind, .after = after});
    CHECK(proxy->armed(in_reply ? Way::reply : Way::request));
    const auto& from = in_reply ? server : client;
    const auto& to = in_reply ? client : server;
    send(from, "0123456789");
    const int expected = kind == LineFault::Kind::reset ? ECONNRESET : 0;
    const Received received = receive(to);
    CHECK(received.bytes == std::string{"0123456789"}.substr(0, after));
    CHECK(received.error == expected);
    CHECK(receive(from).error == expected);
    CHECK_FALSE(proxy->armed(in_reply ? Way::reply : Way::request));
    connect();
    send(client, "0123456789");
    CHECK(receive(server, 10).bytes == "0123456789");
}

TEST_CASE_METHOD(Line, "the proxy stalls, truncates and silences without the other side's knowledge") {
    connect();
    proxy->once(Way::reply, {.kind = LineFault::Kind::truncate, .after = 3});
    send(server, "0123456789");
    CHECK(receive(client).bytes == "012");
    send(client, "still there");
    CHECK(receive(server, 11).bytes == "still there");

    connect();
    proxy->once(Way::request, {.kind = LineFault::Kind::stall, .after = 3});
    send(client, "0123456789");
    CHECK(receive(server, 3).bytes == "012");
    send(server, "reply");
    CHECK(receive(client, 5).bytes == "reply");
    CHECK(proxy->bytes(Way::request) == 14);
    proxy->silence_all();
    send(server, "lost");
    CHECK(proxy->cut_all(Cut::reset) >= 1);
    CHECK(receive(client).error == ECONNRESET);
    CHECK(receive(server).bytes.empty());
}

TEST_CASE_METHOD(Line, "the proxy delays and splits") {
    connect();
    proxy->pace(Way::request, {.piece = 1, .delay = 30ms});
    const auto started = std::chrono::steady_clock::now();
    send(client, "0123456789");
    CHECK(receive(server, 10).bytes == "0123456789");
    CHECK(std::chrono::steady_clock::now() - started >= 30ms);
}

TEST_CASE_METHOD(Line, "the proxy's door opens, closes, hangs up and is silent, at the same port") {
    proxy->door(TcpProxy::Door::closed);
    CHECK(dial().get() < 0);
    proxy->door(TcpProxy::Door::hang_up);
    CHECK(receive(dial()).bytes.empty());
    proxy->door(TcpProxy::Door::silent);
    const FileDescriptor ignored = dial();
    send(ignored, "hello?");
    await([&] { return proxy->attempts().size() == 2; });
    CHECK(::recv(ignored.get(), nullptr, 0, MSG_DONTWAIT) == -1);
    proxy->heal();
    connect();
    send(client, "hello");
    CHECK(receive(server, 5).bytes == "hello");
}

TEST_CASE_METHOD(FaultyLine, "a storage works through the proxy, and a broken line counts while an answer is owed") {
    widgets.write("a", {"bolt", 1});
    CHECK(widgets.read("a") == Widget{"bolt", 1});
    CHECK(guard.sessions() == 1);
    proxy.cut_all(Cut::close);
    CHECK(proxy.lost_in_flight() == 0);
    CHECK(widgets.read("a") == Widget{"bolt", 1});
    proxy.once(Way::reply, {.kind = LineFault::Kind::close, .after = 1});
    const std::size_t attempts = proxy.attempts().size();
    bool told = false;
    try {
        (void)widgets.read("a");
    } catch (const gridone::storage::ConnectionError&) {
        told = true;
    }
    CHECK(told != (proxy.attempts().size() > attempts));
    CHECK(proxy.lost_in_flight() == 1);
}
