// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_QUERY_ON_DELETE_HPP
#define GRIDONE_STORAGE_QUERY_ON_DELETE_HPP

namespace gridone::storage::inline v0 {

/// What happens to documents that refer to one that is removed.
enum class OnDelete {
    refuse,   ///< The remove is refused with `ConstraintError`.
    cascade,  ///< They are removed as well.
    /// Their reference becomes null, by a trigger on the parent, `Gridone_<table>_<field>_null`. It stays when the
    /// description gets another action, which `verify_schema` tells; where table or column are gone, it does nothing.
    set_null
};

/// For descriptions of tables: `.references(alert::device, "devices", on_delete::cascade)`.
namespace on_delete {
inline constexpr OnDelete refuse = OnDelete::refuse;
inline constexpr OnDelete cascade = OnDelete::cascade;
inline constexpr OnDelete set_null = OnDelete::set_null;
}  // namespace on_delete

}  // namespace gridone::storage::inline v0

#endif
