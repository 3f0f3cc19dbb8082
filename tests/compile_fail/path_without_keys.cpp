// SPDX-License-Identifier: MIT
// expect: gridone::storage: a path has at least one key

#include <gridone/storage/query/field.hpp>

namespace gs = gridone::storage;

auto change() {
#ifdef GRIDONE_CONTROL
    return gs::path<int>("floor").unset();
#else
    return gs::path<int>().unset();
#endif
}
