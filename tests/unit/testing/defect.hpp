// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_UNIT_TESTING_DEFECT_HPP
#define GRIDONE_STORAGE_TESTS_UNIT_TESTING_DEFECT_HPP

/// What a `DefectiveBackend` does wrong.
enum class Defect {
    none,
    overwrite_lost,          ///< A write to an id that is there is dropped.
    write_to_wrong_id,       ///< A write goes to the neighbour, if there is one.
    stale_read,              ///< What was read once is read from then on.
    shared_reference,        ///< Objects are kept, not what they say.
    shared_storage,          ///< Two storages are one.
    list_ignores_case,       ///< list_all goes by letters.
    read_all_by_time,        ///< read_all goes by the order of first writes.
    list_is_cut,             ///< Listing ends at a hundred.
    empty_lists_something,   ///< An empty storage has a document that nobody wrote.
    missing_swallowed,       ///< read of a missing id gives an empty document.
    missing_found,           ///< find of a missing id does.
    remove_always_true,      ///< remove tells that it removed something.
    remove_by_prefix,        ///< remove takes along the ids that start alike.
    insert_does_nothing,     ///< insert of a new id is dropped.
    insert_overwrites,       ///< insert of a taken id overwrites.
    replace_does_nothing,    ///< replace of an id that is there is dropped.
    replace_creates,         ///< replace of a missing id creates.
    contains_remembers,      ///< contains tells that a removed document is there.
    count_off_by_one,        ///< count forgets one from the tenth on.
    clear_keeps_one,         ///< clear leaves the last document.
    id_cut,                  ///< At 63 bytes.
    id_folded,               ///< To lower case.
    id_trimmed,              ///< Of spaces at its end.
    id_composed,             ///< e and an accent are one.
    id_is_a_path,            ///< Two slashes are one.
    unicode_mangled,         ///< Characters beyond the BMP become question marks.
    integer_through_double,  ///< Whole numbers go through a double.
    fraction_through_float,  ///< Fractions go through a float.
    empty_member_dropped,    ///< An empty text comes back absent.
    unusable_after_error,    ///< Nothing works after an error.
    impossible_id_stored,    ///< A bad id is refused after it was stored.
    any_id_read,             ///< read takes what is no text for an id that is missing.
    nan_becomes_null,        ///< A document is stored as nlohmann prints it.
    lost_update,             ///< Not thread-safe: two writes at the same time, one is lost.
    torn_write,              ///< Not thread-safe: a write is visible before it is whole.
    insert_race,             ///< Not thread-safe: insert looks first and stores later.
    remove_race,             ///< Not thread-safe: remove looks first and removes later.
};

#endif
