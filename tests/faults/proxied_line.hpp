// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_FAULTS_PROXIED_LINE_HPP
#define GRIDONE_STORAGE_TESTS_FAULTS_PROXIED_LINE_HPP

#include <gridone/storage/testing/detail/supervisor.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <deque>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

enum class Way : std::size_t { request, reply };

/// How both ends of a line learn that it is cut.
enum class Cut {
    close,  ///< As if the other end had closed it.
    reset,  ///< By an RST.
};

/// What happens once so many bytes have passed in one direction.
struct LineFault {
    enum class Kind {
        none,
        close,     ///< `Cut::close`, both ways.
        reset,     ///< `Cut::reset`, both ways.
        stall,     ///< Nothing passes any more, in this direction.
        truncate,  ///< The receiver sees an end; what comes later is swallowed. The other direction goes on.
    };
    Kind kind = Kind::none;
    std::size_t after = 0;  ///< With 0, at the first byte, which does not pass.
};

struct Pace {
    std::size_t piece = 0;  ///< So many bytes at a time; 0 is as they come.
    std::chrono::milliseconds delay{0};
};

/// What a proxy has been told, and what it has counted over all its lines.
struct LinePlan {
    struct Direction {
        LineFault fault{};
        bool once = false;
        Pace pace{};
    };
    [[nodiscard]] Direction& at(Way way) noexcept { return directions[static_cast<std::size_t>(way)]; }
    [[nodiscard]] const Direction& at(Way way) const noexcept { return directions[static_cast<std::size_t>(way)]; }

    std::array<Direction, 2> directions{};
    std::pair<std::string, std::string> replaced{};  // in requests, where one comes whole; of the same length
    std::array<std::size_t, 2> passed{};
    std::size_t lost_in_flight = 0;
    std::size_t round_trips = 0;
};

/// A connection through the proxy: two sockets that do not block, and what is on its way between them.
class ProxiedLine {
public:
    using FileDescriptor = gridone::storage::testing::detail::FileDescriptor;
    using Clock = std::chrono::steady_clock;

    /// @param server  may be none, for a line that is silent.
    ProxiedLine(FileDescriptor client, FileDescriptor server) : client_{std::move(client)}, server_{std::move(server)} {
        const int yes = 1;
        for (const int socket : {client_.get(), server_.get()}) {
            if (socket >= 0) ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        }
        if (server_.get() < 0) silence();
    }

    [[nodiscard]] bool is_over() const noexcept { return over_; }

    /// @returns whether there was something to cut
    bool cut(Cut how) {
        if (over_) return false;
        for (const int socket : {client_.get(), server_.get()}) {
            if (socket < 0) continue;
            if (how == Cut::reset) {
                const linger at_once{.l_onoff = 1, .l_linger = 0};
                ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            } else {
                // An unread byte would turn the close into a reset.
                std::array<char, 4096> swallowed{};
                while (::recv(socket, swallowed.data(), swallowed.size(), MSG_DONTWAIT) > 0) {
                }
            }
        }
        over_ = true;
        client_ = FileDescriptor{};
        server_ = FileDescriptor{};
        return true;
    }

    void silence() {
        for (Stream& stream : streams_) stream.silent = true;
    }

    void count_from_here(Way way) { at(way).passed = 0; }

    /// Adds what to wait for. @returns when to come back anyway
    [[nodiscard]] Clock::time_point watch(std::vector<pollfd>& watched) const {
        auto wake = Clock::time_point::max();
        if (over_) return Clock::now();
        short client = 0;
        short server = 0;
        for (const Way way : {Way::request, Way::reply}) {
            const Stream& stream = at(way);
            short& source = way == Way::request ? client : server;
            short& target = way == Way::request ? server : client;
            if (wants_more(stream)) source |= POLLIN;
            if (stream.chunks.empty() || stream.silent) continue;
            if (stream.chunks.front().due <= Clock::now()) {
                target |= POLLOUT;
            } else {
                wake = std::min(wake, stream.chunks.front().due);
            }
        }
        // A socket with nothing to wait for is left out: its hang-up would be told again and again.
        if (client != 0) watched.push_back({client_.get(), client, 0});
        if (server != 0) watched.push_back({server_.get(), server, 0});
        return wake;
    }

    void move(LinePlan& plan) {
        for (const Way way : {Way::request, Way::reply}) {
            if (!over_) take(way, plan);
            if (!over_) pass(way, plan);
        }
        if (!over_ && (at(Way::request).closed && at(Way::reply).closed)) over_ = true;
        if (over_ && owes_answer_) {
            ++plan.lost_in_flight;
            owes_answer_ = false;
        }
    }

private:
    struct Chunk {
        std::string bytes;
        Clock::time_point due;
    };
    struct Stream {
        std::deque<Chunk> chunks;
        std::size_t waiting = 0;  // bytes in chunks
        std::size_t passed = 0;
        bool ended = false;   // the source will send no more
        bool closed = false;  // and the target knows
        bool silent = false;
        bool swallows = false;
    };

    static constexpr std::size_t most_waiting = 1U << 18U;

    [[nodiscard]] Stream& at(Way way) noexcept { return streams_[static_cast<std::size_t>(way)]; }
    [[nodiscard]] const Stream& at(Way way) const noexcept { return streams_[static_cast<std::size_t>(way)]; }
    [[nodiscard]] static bool wants_more(const Stream& stream) {
        return !stream.ended && stream.waiting < most_waiting;
    }

    void take(Way way, LinePlan& plan) {
        Stream& stream = at(way);
        const int source = way == Way::request ? client_.get() : server_.get();
        std::array<char, 16'384> buffer{};
        while (source >= 0 && wants_more(stream)) {
            const ssize_t count = ::recv(source, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
            if (count <= 0) {
                stream.ended = true;
                return;
            }
            const std::string_view bytes{buffer.data(), static_cast<std::size_t>(count)};
            if (stream.swallows) continue;
            stream.chunks.push_back({std::string{bytes}, Clock::now() + plan.at(way).pace.delay});
            if (way == Way::request) replace_in(stream.chunks.back().bytes, plan.replaced);
            stream.waiting += bytes.size();
            if (way == Way::request) note_request(bytes, plan);
        }
    }

    static void replace_in(std::string& bytes, const std::pair<std::string, std::string>& replaced) {
        if (replaced.first.empty()) return;
        for (auto at = bytes.find(replaced.first); at != std::string::npos; at = bytes.find(replaced.first, at)) {
            bytes.replace(at, replaced.first.size(), replaced.second);
            at += replaced.second.size();
        }
    }

    void pass(Way way, LinePlan& plan) {
        Stream& stream = at(way);
        LinePlan::Direction& told = plan.at(way);
        const int target = way == Way::request ? server_.get() : client_.get();
        while (!stream.silent && !stream.chunks.empty() && stream.chunks.front().due <= Clock::now()) {
            Chunk& chunk = stream.chunks.front();
            std::size_t size = chunk.bytes.size();
            if (told.pace.piece != 0) size = std::min(size, told.pace.piece);
            if (told.fault.kind != LineFault::Kind::none) {
                size = std::min(size, told.fault.after - std::min(told.fault.after, stream.passed));
            }
            const ssize_t sent = size == 0 ? 0 : ::send(target, chunk.bytes.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
            if (sent < 0) {  // the target is gone, and with it the line
                over_ = true;
                return;
            }
            const auto count = static_cast<std::size_t>(sent);
            if (way == Way::reply) note_reply(std::string_view{chunk.bytes}.substr(0, count));
            chunk.bytes.erase(0, count);
            stream.passed += count;
            stream.waiting -= count;
            plan.passed[static_cast<std::size_t>(way)] += count;
            if (told.fault.kind != LineFault::Kind::none && stream.passed >= told.fault.after) {
                strike(way, told);
                if (over_) return;
            } else if (told.pace.piece != 0) {
                if (chunk.bytes.empty()) stream.chunks.pop_front();
                return;  // the next piece in the next round, so that the pieces stay apart
            }
            if (!stream.chunks.empty() && stream.chunks.front().bytes.empty()) stream.chunks.pop_front();
        }
        if (stream.ended && stream.chunks.empty() && !stream.closed && !stream.silent) close_target(way);
        // Nothing can pass to the one end, and the other has gone: nobody is left to notice.
        if (at(Way::request).ended && at(Way::reply).silent) over_ = true;
    }

    void strike(Way way, LinePlan::Direction& told) {
        const LineFault::Kind kind = told.fault.kind;
        if (told.once) told = {.fault = {}, .once = false, .pace = told.pace};
        Stream& stream = at(way);
        switch (kind) {
            case LineFault::Kind::none:
                return;
            case LineFault::Kind::close:
                cut(Cut::close);
                return;
            case LineFault::Kind::reset:
                cut(Cut::reset);
                return;
            case LineFault::Kind::stall:
                stream.silent = true;
                return;
            case LineFault::Kind::truncate:
                stream.chunks.clear();
                stream.waiting = 0;
                stream.swallows = true;
                close_target(way);
        }
    }

    void close_target(Way way) {
        at(way).closed = true;
        ::shutdown(way == Way::request ? server_.get() : client_.get(), SHUT_WR);
    }

    /// A statement is in flight from its first byte until the client has been told that the server is ready for the
    /// next. (The greeting is none, nor is the goodbye.)
    void note_request(std::string_view bytes, LinePlan& plan) {
        using namespace std::string_view_literals;
        if (!was_ready_ || bytes == "X\0\0\0\4"sv) return;
        if (!owes_answer_) ++plan.round_trips;
        owes_answer_ = true;
    }
    void note_reply(std::string_view bytes) {
        using namespace std::string_view_literals;
        constexpr std::size_t ready = 6;
        end_of_reply_ += bytes.substr(bytes.size() - std::min(ready, bytes.size()));
        end_of_reply_.erase(0, end_of_reply_.size() - std::min(ready, end_of_reply_.size()));
        if (!end_of_reply_.starts_with("Z\0\0\0\5"sv)) return;
        was_ready_ = true;
        owes_answer_ = false;
    }

    FileDescriptor client_;
    FileDescriptor server_;
    std::array<Stream, 2> streams_;
    std::string end_of_reply_;
    bool was_ready_ = false;
    bool owes_answer_ = false;
    bool over_ = false;
};

#endif
