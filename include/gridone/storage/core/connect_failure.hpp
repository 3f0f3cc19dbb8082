// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_CORE_CONNECT_FAILURE_HPP
#define GRIDONE_STORAGE_CORE_CONNECT_FAILURE_HPP

namespace gridone::storage::inline v0 {

/// Why there is no connection. Where several hosts were tried, why one of the last of them was no use.
enum class ConnectFailure {
    none,                  ///< There was a connection, and it was lost.
    refused,               ///< No server at the address: nobody listens, no such socket, no route to it.
    name_not_found,        ///< The host name could not be looked up.
    tls,                   ///< TLS as `sslmode` demands it did not come about; neither password nor data were sent.
    authentication,        ///< User, password, pg_hba.conf, or no right to connect. The same attempt would fail again.
    unknown_database,      ///< The same attempt would fail again.
    too_many_connections,  ///< Of the server, the database or the role.
    starting_up,           ///< Or shutting down, or in recovery.
    deadline,              ///< Somebody may listen there, but no session was ready in time.
    not_writable,          ///< A standby, or set to read-only.
    other,
};

}  // namespace gridone::storage::inline v0

#endif
