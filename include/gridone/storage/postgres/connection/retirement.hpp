// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_RETIREMENT_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_RETIREMENT_HPP

namespace gridone::storage::inline v0 {

/// Why a pool closed a connection.
enum class Retirement {
    max_lifetime,         ///< Older than `PoolOptions::max_lifetime`.
    idle,                 ///< Unused for longer than `PoolOptions::idle_timeout`.
    failed_check,         ///< Found dead when it was about to be lent: closed by the server, or it did not answer.
    broken,               ///< Lost while it was in use, or given back before the server had answered.
    left_in_transaction,  ///< Given back in a transaction, which closing it rolls back.
    read_only,            ///< The server has stopped to accept writes: a demoted primary.
    session_changed,      ///< What was done to the session cannot be taken back: schema changes, stale plans.
    pool_closed,          ///< The pool was closed.
    budget,               ///< Another pool of its `ConnectionBudget` needed the room.
};

}  // namespace gridone::storage::inline v0

#endif
