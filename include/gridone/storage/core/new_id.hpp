// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_NEW_ID_HPP
#define GRIDONE_STORAGE_CORE_NEW_ID_HPP

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace gridone::storage::inline v0 {

/// A new id: a UUID of version 7 (RFC 9562) in lower case, `0197c2a8-7f3e-7b1c-9a55-3f0e6d2c4b81`. Its first 48 bits are
/// the time in milliseconds, so ids that are made later sort later, but for those of one millisecond; 74 bits are
/// random, from the system's generator. Keeps no state. Thread-safe, and safe after fork.
/// @throws std::exception  the system has no random numbers (`std::random_device`)
[[nodiscard]] inline std::string new_id() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds =
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(since_epoch).count());
    std::random_device random;
    std::array<std::uint32_t, 4> words{static_cast<std::uint32_t>(milliseconds >> 16U),
                                       static_cast<std::uint32_t>(milliseconds << 16U) | 0x7000U | (random() & 0xFFFU),
                                       0x80000000U | (random() & 0x3FFFFFFFU), random()};
    std::string id;
    id.reserve(36);
    for (std::size_t nibble = 0; nibble < 32; ++nibble) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) id += '-';
        id += "0123456789abcdef"[words[nibble / 8] >> (28U - nibble % 8 * 4U) & 0xFU];
    }
    return id;
}

}  // namespace gridone::storage::inline v0

#endif
