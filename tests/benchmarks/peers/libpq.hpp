// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_LIBPQ_HPP
#define GRIDONE_STORAGE_TESTS_BENCHMARKS_PEERS_LIBPQ_HPP

#include <libpq-fe.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

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

/// libpq's pipeline mode: several statements on their way at a time, which is what the server can do at best.
class PipelinedLibpq {
public:
    PipelinedLibpq(const std::string& url, std::size_t depth) : libpq_{url}, depth_{depth} {
        if (PQenterPipelineMode(libpq_.connection()) != 1) throw std::runtime_error{"no pipeline mode"};
    }

    /// As many statements as the pipeline is deep. @param document  gives the number of one of the documents
    template <class Ids, class Texts, class Document>
    void run(bool puts, const Ids& ids, const Texts& texts, Document&& document) {
        PGconn* const connection = libpq_.connection();
        for (std::size_t i = 0; i < depth_; ++i) {
            const std::size_t number = document();
            const std::array<const char*, 2> values{ids[number].c_str(), texts[number].c_str()};
            expect(PQsendQueryPrepared(connection, puts ? "put" : "get", puts ? 2 : 1, values.data(), nullptr, nullptr,
                                       0));
            // A sync for each, so that each is a transaction of its own.
            expect(PQpipelineSync(connection));
        }
        for (std::size_t i = 0; i < depth_; ++i) {
            (void)libpq_.checked(PQgetResult(connection), puts ? PGRES_COMMAND_OK : PGRES_TUPLES_OK);
            PQclear(PQgetResult(connection));  // the end of the statement's results
            (void)libpq_.checked(PQgetResult(connection), PGRES_PIPELINE_SYNC);
        }
    }

private:
    void expect(int accepted) {
        if (accepted != 1) throw std::runtime_error{PQerrorMessage(libpq_.connection())};
    }

    RawLibpq libpq_;
    std::size_t depth_;
};

}  // namespace benchmarks

#endif
