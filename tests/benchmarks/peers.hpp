// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_HPP

#include <libpq-fe.h>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/prepared_statement>
#include <pqxx/result>
#include <pqxx/row>
#include <pqxx/transaction>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

inline constexpr const char* get_sql = "SELECT data FROM devices WHERE id = $1";
inline constexpr const char* put_sql =
    "INSERT INTO devices (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data";

/// libpq with prepared statements: what a client can do at best. It hands out the text, and takes text that is ready.
class RawLibpq {
public:
    explicit RawLibpq(const std::string& url) : connection_{PQconnectdb(url.c_str()), &PQfinish} {
        checked(PQprepare(connection_.get(), "get", get_sql, 1, nullptr), PGRES_COMMAND_OK);
        checked(PQprepare(connection_.get(), "put", put_sql, 2, nullptr), PGRES_COMMAND_OK);
    }

    std::size_t get(const std::string& id) {
        const std::array<const char*, 1> values{id.c_str()};
        const Result result =
            checked(PQexecPrepared(connection_.get(), "get", 1, values.data(), nullptr, nullptr, 0), PGRES_TUPLES_OK);
        if (PQntuples(result.get()) != 1) throw std::runtime_error{"no document"};
        return std::string{PQgetvalue(result.get(), 0, 0)}.size();
    }

    void put(const std::string& id, const std::string& text) {
        const std::array<const char*, 2> values{id.c_str(), text.c_str()};
        checked(PQexecPrepared(connection_.get(), "put", 2, values.data(), nullptr, nullptr, 0), PGRES_COMMAND_OK);
    }

    PGconn* connection() { return connection_.get(); }

    using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
    Result checked(PGresult* given, ExecStatusType expected) {
        Result result{given, &PQclear};
        if (PQresultStatus(given) != expected) throw std::runtime_error{PQerrorMessage(connection_.get())};
        return result;
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

/// Connections that are lent in order of arrival, straight from one caller to the next.
template <class Connection>
class FifoPool {
public:
    FifoPool(std::size_t size, const std::string& url) {
        for (std::size_t i = 0; i < size; ++i) {
            connections_.push_back(std::make_unique<Connection>(url));
            free_.push_back(connections_.back().get());
        }
    }

    template <class F>
    decltype(auto) with(F&& f) {
        const Loan loan{*this, take()};
        return f(*loan.connection);
    }

private:
    struct Waiter {
        std::condition_variable woken;
        Connection* connection = nullptr;
    };
    struct Loan {
        FifoPool& pool;
        Connection* connection;
        Loan(FifoPool& from, Connection* lent) : pool{from}, connection{lent} {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        Loan(Loan&&) = delete;
        Loan& operator=(Loan&&) = delete;
        ~Loan() { pool.give_back(connection); }
    };

    Connection* take() {
        std::unique_lock lock{mutex_};
        if (!free_.empty()) {
            Connection* const last = free_.back();
            free_.pop_back();
            return last;
        }
        Waiter me;
        waiting_.push_back(&me);
        me.woken.wait(lock, [&] { return me.connection != nullptr; });
        return me.connection;
    }

    void give_back(Connection* connection) {
        const std::lock_guard lock{mutex_};
        if (waiting_.empty()) {
            free_.push_back(connection);
            return;
        }
        Waiter& next = *waiting_.front();
        waiting_.pop_front();
        next.connection = connection;
        next.woken.notify_one();
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> free_;
    std::deque<Waiter*> waiting_;
};

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
