// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_LIBPQXX_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_LIBPQXX_HPP

#include "libpq.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/prepared_statement>
#include <pqxx/result>
#include <pqxx/row>
#include <pqxx/transaction>

#include <cstddef>
#include <string>

namespace benchmarks {

/// libpqxx as fast as it goes: one nontransaction for ever, prepared statements.
class FastLibpqxx {
public:
    explicit FastLibpqxx(const std::string& url) : connection_{url} {
        connection_.prepare("get", get_sql);
        connection_.prepare("put", put_sql);
    }
    std::size_t get(const std::string& id) {
        return work_.exec(pqxx::prepped{"get"}, pqxx::params{id}).one_row()[0].as<std::string>().size();
    }
    void put(const std::string& id, const std::string& text) {
        work_.exec(pqxx::prepped{"put"}, pqxx::params{id, text}).no_rows();
    }

private:
    pqxx::connection connection_;
    pqxx::nontransaction work_{connection_};
};

/// libpqxx as most write it: a transaction around each statement, its text and values each time.
class UsualLibpqxx {
public:
    explicit UsualLibpqxx(const std::string& url) : connection_{url} {}
    std::size_t get(const std::string& id) {
        pqxx::work work{connection_};
        const std::size_t size = work.exec(get_sql, pqxx::params{id}).one_row()[0].as<std::string>().size();
        work.commit();
        return size;
    }
    void put(const std::string& id, const std::string& text) {
        pqxx::work work{connection_};
        work.exec(put_sql, pqxx::params{id, text}).no_rows();
        work.commit();
    }

private:
    pqxx::connection connection_;
};

}  // namespace benchmarks

#endif
