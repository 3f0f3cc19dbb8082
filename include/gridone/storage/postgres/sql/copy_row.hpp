// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_SQL_COPY_ROW_HPP
#define GRIDONE_STORAGE_POSTGRES_SQL_COPY_ROW_HPP

#include <cstdint>
#include <string>
#include <string_view>

namespace gridone::storage::inline v0::detail {

/// COPY's binary format ("Binary Format" in PostgreSQL's page on COPY): a signature, flags and the length of an extension;
/// rows, each the number of its fields and each field after its length; at the end -1 where a number of fields would be.
/// Integers in network order. Here the rows are numbered: bigint, text and jsonb.
class CopyNumberedRows {
public:
    static void begin(std::string& wire) {
        using namespace std::string_view_literals;
        wire += "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
    }

    void add(std::string& wire, std::string_view id, std::string_view document) {
        constexpr std::uint64_t jsonb_format = 1;  // its number, before its text
        append(wire, 3, 2);
        append(wire, 8, 4);
        append(wire, ++number_, 8);
        append(wire, id.size(), 4);
        wire += id;
        append(wire, document.size() + 1, 4);
        append(wire, jsonb_format, 1);
        wire += document;
    }

    static void end(std::string& wire) { append(wire, 0xFFFF, 2); }

private:
    static void append(std::string& wire, std::uint64_t number, unsigned bytes) {
        for (unsigned shift = bytes * 8; shift != 0; shift -= 8) {
            wire += static_cast<char>(static_cast<unsigned char>(number >> (shift - 8) & 0xFFU));
        }
    }

    std::uint64_t number_ = 0;
};

/// COPY's text format, which suits columns of any type: id and document.
class CopyTextRows {
public:
    static void begin(std::string&) {}
    static void add(std::string& wire, std::string_view id, std::string_view document) {
        append(wire, id);
        wire += '\t';
        append(wire, document);
        wire += '\n';
    }
    static void end(std::string&) {}

private:
    static void append(std::string& wire, std::string_view value) {
        constexpr std::string_view special = "\\\n\t\r";
        constexpr std::string_view letters = "\\ntr";
        for (auto at = value.find_first_of(special); at != std::string_view::npos; at = value.find_first_of(special)) {
            wire += value.substr(0, at);
            wire += '\\';
            wire += letters[special.find(value[at])];
            value.remove_prefix(at + 1);
        }
        wire += value;
    }
};

}  // namespace gridone::storage::inline v0::detail

#endif
