// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_SOCI_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_SOCI_HPP

#include <cstddef>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <stdexcept>
#include <string>

namespace benchmarks {

/// SOCI with statements that are prepared once.
class Soci {
public:
    explicit Soci(const std::string& url) : session_{soci::postgresql, url} {}

    std::size_t get(const std::string& id) {
        id_ = id;
        if (!get_.execute(true)) throw std::runtime_error{"no document"};
        return text_.size();
    }
    void put(const std::string& id, const std::string& text) {
        id_ = id;
        text_ = text;
        put_.execute(true);
    }

private:
    soci::session session_;
    std::string id_;
    std::string text_;
    soci::statement get_{
        (session_.prepare << "SELECT data FROM devices WHERE id = :id", soci::into(text_), soci::use(id_))};
    soci::statement put_{(session_.prepare << "INSERT INTO devices (id, data) VALUES (:id, CAST(:data AS jsonb)) ON "
                                              "CONFLICT (id) DO UPDATE SET data = EXCLUDED.data",
                          soci::use(id_), soci::use(text_))};
};

}  // namespace benchmarks

#endif
