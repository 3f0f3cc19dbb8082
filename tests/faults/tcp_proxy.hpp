// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_FAULTS_TCP_PROXY_HPP
#define GRIDONE_STORAGE_TESTS_FAULTS_TCP_PROXY_HPP

#include "faults/proxied_line.hpp"
#include <gridone/storage/testing/detail/supervisor.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

/// A line to a server on 127.0.0.1 that goes wrong when it is told to. One thread of its own; ends with its owner.
class TcpProxy {
public:
    /// What becomes of a connection that comes in.
    enum class Door {
        open,     ///< It gets a line to the server.
        silent,   ///< It is taken in, and nothing ever comes.
        hang_up,  ///< It is taken in and closed at once.
        closed,   ///< It is refused: nobody listens.
    };

    explicit TcpProxy(std::uint16_t server_port) : server_port_{server_port} {
        holder_ = bound_socket(0);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        ::getsockname(holder_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        listen();
        thread_ = std::thread{[this] { serve(); }};
    }
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;
    TcpProxy(TcpProxy&&) = delete;
    TcpProxy& operator=(TcpProxy&&) = delete;
    ~TcpProxy() {
        change([this] { ending_ = true; });
        thread_.join();
    }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// The connection string of a database behind the proxy, as a superuser without a password.
    [[nodiscard]] std::string url(const std::string& database, const std::string& application_name) const {
        return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/" + database +
               "?sslmode=disable&application_name=" + application_name;
    }

    /// What happens to the first line on which that many bytes more have passed; to that line only.
    void once(Way way, LineFault fault) {
        change([&] { arm(way, fault, true); });
    }

    /// The same for each line, old and new, until `heal`.
    void always(Way way, LineFault fault) {
        change([&] { arm(way, fault, false); });
    }

    /// From now on the server is asked for something else. @param other  as long as `text`
    void replace_in_requests(const std::string& text, const std::string& other) {
        change([&] { plan_.replaced = {text, other}; });
    }

    void pace(Way way, Pace pace) {
        change([&] { plan_.at(way).pace = pace; });
    }

    /// Takes back what `once`, `always`, `pace` and `door` said. Lines that are silent stay so.
    void heal() {
        change([&] {
            plan_.directions = {};
            set_door(Door::open);
        });
    }

    void door(Door door) {
        change([&] { set_door(door); });
    }

    /// Cuts every line. @returns how many there were
    std::size_t cut_all(Cut how) {
        std::size_t cut = 0;
        change([&] {
            for (ProxiedLine& line : lines_) cut += line.cut(how) ? 1U : 0U;
        });
        return cut;
    }

    /// Makes every line that there is silent, in both directions, for good.
    void silence_all() {
        change([&] {
            for (ProxiedLine& line : lines_) line.silence();
        });
    }

    /// From now on `bytes` and `attempts` count from 0.
    void mark() {
        change([&] {
            plan_.passed = {};
            attempts_.clear();
        });
    }
    [[nodiscard]] std::size_t bytes(Way way) const {
        const std::lock_guard lock{mutex_};
        return plan_.passed.at(static_cast<std::size_t>(way));
    }

    /// When each connection came in, refused ones excepted.
    [[nodiscard]] std::vector<std::chrono::steady_clock::time_point> attempts() const {
        const std::lock_guard lock{mutex_};
        return attempts_;
    }

    /// How many lines broke, on whose side ever, while the server owed an answer to a statement.
    [[nodiscard]] std::size_t lost_in_flight() const {
        const std::lock_guard lock{mutex_};
        return plan_.lost_in_flight;
    }

    /// How often something was asked when nothing else was.
    [[nodiscard]] std::size_t round_trips() const {
        const std::lock_guard lock{mutex_};
        return plan_.round_trips;
    }

    /// Whether `once` is still to come.
    [[nodiscard]] bool armed(Way way) const {
        const std::lock_guard lock{mutex_};
        return plan_.at(way).fault.kind != LineFault::Kind::none;
    }

private:
    using FileDescriptor = gridone::storage::testing::detail::FileDescriptor;

    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }

    /// While one of these is bound, nobody else gets the port, even while nobody listens.
    static FileDescriptor bound_socket(std::uint16_t port) {
        FileDescriptor made{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        const int yes = 1;
        ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        const sockaddr_in address = loopback(port);
        if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::system_error{errno, std::generic_category(), "the proxy's port"};
        }
        return made;
    }

    void listen() {
        listener_ = bound_socket(port_);
        if (::listen(listener_.get(), 1000) != 0) throw std::system_error{errno, std::generic_category(), "listen"};
    }

    void set_door(Door door) {
        door_ = door;
        if (door == Door::closed) listener_ = FileDescriptor{};
        if (door != Door::closed && listener_.get() < 0) listen();
    }

    void arm(Way way, LineFault fault, bool once) {
        plan_.at(way).fault = fault;
        plan_.at(way).once = once;
        for (ProxiedLine& line : lines_) line.count_from_here(way);
    }

    /// Done by the thread, which alone touches the sockets, before this returns.
    void change(const std::function<void()>& f) {
        std::unique_lock lock{mutex_};
        bool done = false;
        wishes_.push_back([&] {
            f();
            done = true;
        });
        const std::uint64_t one = 1;
        (void)!::write(wake_.get(), &one, sizeof one);
        granted_.wait(lock, [&] { return done; });
    }

    void take_in() {
        for (;;) {
            FileDescriptor client{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
            if (client.get() < 0) return;
            attempts_.push_back(std::chrono::steady_clock::now());
            if (door_ == Door::hang_up) continue;
            FileDescriptor server;
            if (door_ == Door::open) {
                server = FileDescriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
                const sockaddr_in address = loopback(server_port_);
                const bool connected =
                    ::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
                if (!connected && errno != EINPROGRESS) continue;  // hangs up
            }
            lines_.emplace_back(std::move(client), std::move(server));
        }
    }

    void serve() {
        std::vector<pollfd> watched;
        std::unique_lock lock{mutex_};
        while (!ending_) {
            watched.assign({{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}});
            auto wake = std::chrono::steady_clock::time_point::max();
            for (ProxiedLine& line : lines_) wake = std::min(wake, line.watch(watched));
            lock.unlock();
            int patience = -1;
            if (wake != std::chrono::steady_clock::time_point::max()) {
                patience = gridone::storage::testing::detail::milliseconds_until(wake);
            }
            ::poll(watched.data(), watched.size(), patience);
            lock.lock();
            std::uint64_t woken = 0;
            (void)!::read(wake_.get(), &woken, sizeof woken);
            for (const auto& wish : std::exchange(wishes_, {})) wish();
            if (listener_.get() >= 0) take_in();
            for (ProxiedLine& line : lines_) line.move(plan_);
            granted_.notify_all();
            lines_.remove_if([](const ProxiedLine& line) { return line.is_over(); });
        }
    }

    std::uint16_t server_port_;
    std::uint16_t port_ = 0;
    FileDescriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    FileDescriptor holder_;
    mutable std::mutex mutex_;
    std::condition_variable granted_;
    std::vector<std::function<void()>> wishes_;
    FileDescriptor listener_;
    Door door_ = Door::open;
    LinePlan plan_;
    std::list<ProxiedLine> lines_;
    std::vector<std::chrono::steady_clock::time_point> attempts_;
    bool ending_ = false;
    std::thread thread_;
};

#endif
