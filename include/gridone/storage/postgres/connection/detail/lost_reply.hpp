// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LOST_REPLY_HPP
#define GRIDONE_STORAGE_POSTGRES_CONNECTION_DETAIL_LOST_REPLY_HPP

#include <gridone/storage/core/detail/deadline.hpp>
#include <gridone/storage/postgres/connection/detail/backend.hpp>

namespace gridone::storage::inline v0::detail {

/// A write was sent, and no verdict came.
struct LostReply {
    Trace trace;             ///< True of the session when it was sent.
    Clock::time_point sent;  ///< Not before this.
};

}  // namespace gridone::storage::inline v0::detail

#endif
