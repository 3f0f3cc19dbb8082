// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_INPUT_METER_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_INPUT_METER_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace gridone::storage::inline v0::detail {

/// How many bytes a socket holds that the process has not read; 0 where the system does not say.
inline std::size_t bytes_held(int socket) noexcept {
    int held = 0;
    return ::ioctl(socket, FIONREAD, &held) == 0 ? static_cast<std::size_t>(std::max(held, 0)) : 0;
}

/// Counts what libpq reads from a socket, for libpq does not tell. The first read, which is the only one of most replies,
/// is not counted and costs nothing. Over TCP the kernel counts. Over a Unix socket the count is an estimate: what the
/// socket held before a read and not after it, but at least what libpq has room for. Asking costs as much as reading a few
/// kilobytes, so while reads are small only one in eight is looked at.
class InputMeter {
public:
    /// Before libpq reads.
    void before_read(int socket) noexcept {
        ++reads_;
        if (reads_ == 2) counted_before_ = received(socket);
        if (is_looked_at() && !counted_before_) held_ = bytes_held(socket);
    }

    /// After it.
    void after_read(int socket) noexcept {
        if (!is_looked_at()) return;
        std::uint64_t read = 0;
        if (counted_before_) {
            const std::uint64_t counted = received(socket).value_or(*counted_before_);
            read = std::max(counted, *counted_before_) - *counted_before_;  // libpq may have gone to another host
            counted_before_ = counted;
            bytes_ += read;
            read /= reads_ - looked_at_;
        } else {
            const std::size_t left = std::min(bytes_held(socket), held_);
            read = std::max(held_ - left, std::min(held_, least_room));
            bytes_ += read * (read > small ? 1 : reads_ - looked_at_);
        }
        looked_at_ = reads_;
        next_look_ = reads_ + (read > small || reads_ < 8 ? 1 : 8);
    }

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

    /// libpq has room for so much at least whenever it reads.
    static constexpr std::size_t least_room = 8192;

private:
    [[nodiscard]] bool is_looked_at() const noexcept { return reads_ >= next_look_; }

    /// What the kernel has received over a TCP connection since it began: `tcpi_bytes_received` of Linux, whose header
    /// cannot be included beside that of the C library.
    [[nodiscard]] static std::optional<std::uint64_t> received(int socket) noexcept {
        constexpr std::size_t at = 128;
        std::array<unsigned char, at + sizeof(std::uint64_t)> info{};
        socklen_t size = info.size();
        constexpr int tcp_info = 11;
        if (::getsockopt(socket, IPPROTO_TCP, tcp_info, info.data(), &size) != 0 || size < info.size()) return {};
        std::uint64_t count = 0;
        std::memcpy(&count, info.data() + at, sizeof count);
        return count;
    }

    static constexpr std::size_t small = std::size_t{32} << 10U;

    std::uint64_t reads_ = 0;
    std::uint64_t looked_at_ = 1;  // the last read that was
    std::uint64_t next_look_ = 2;
    std::uint64_t bytes_ = 0;
    std::optional<std::uint64_t> counted_before_{};  // by the kernel
    std::size_t held_ = 0;
};

}  // namespace gridone::storage::inline v0::detail

#endif
