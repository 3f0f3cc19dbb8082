// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECT_HPP
#define GRIDONE_STORAGE_TESTS_DIFFERENTIAL_DEFECT_HPP

namespace differential {

/// What a store does wrong: one thing of one operation.
enum class Defect {
    write_keeps_the_old,
    write_rounds_integers,
    insert_overwrites,
    replace_creates,
    replace_ignores_the_version,
    replace_refuses_the_right_version,
    remove_lies,
    remove_keeps,
    remove_ignores_the_version,
    find_normalises_ids,
    read_document_gives_another_version,
    read_for_update_finds_nothing,
    contains_ignores_case,
    count_is_one_more,
    list_all_is_unsorted,
    read_all_is_unsorted,
    read_all_is_short,
    read_many_gives_only_one,
    for_each_leaves_out_the_first,
    insert_or_find_overwrites,
    insert_or_find_says_inserted,
    upsert_by_inserts_only,
    patch_applies_a_part,
    patch_unsets_to_null,
    patch_walks_through_scalars,
    patch_loses_what_is_beside,
    increment_wraps,
    increment_needs_a_number,
    increment_is_done_in_double,
    append_concatenates,
    append_replaces,
    remove_value_takes_the_first_only,
    edit_ignores_the_version,
    edit_stores_a_part,
    write_many_stores_the_last_only,
    write_many_gives_versions_backwards,
    insert_many_stores_a_part,
    insert_missing_overwrites,
    insert_missing_lies,
    remove_many_counts_all,
    remove_many_leaves_the_last,
    clear_keeps_one,
    clear_counts_nothing,
    transaction_keeps_what_a_failed_body_did,
    transaction_undoes_what_a_body_did,
    transaction_writes_though_read_only,
    part_keeps_what_it_did_before_it_failed,
    on_commit_runs_at_once,
    none,
};

}  // namespace differential

#endif
