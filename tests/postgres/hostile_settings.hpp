// SPDX-License-Identifier: MIT

#ifndef GRIDONE_STORAGE_TESTS_POSTGRES_HOSTILE_SETTINGS_HPP
#define GRIDONE_STORAGE_TESTS_POSTGRES_HOSTILE_SETTINGS_HPP

#include "postgres/server.hpp"

#include <string>

/// Gives later sessions of a database settings other than the usual ones, which may not change any value or answer of the
/// library. Some are settings of the database, the others of its role in it. Settings that the server's version does not
/// have, and locales that the machine does not have, are left out.
inline void set_hostile_settings(const std::string& url) {
    by_hand(url, R"(DO $$
DECLARE wanted text[]; scope text;
BEGIN
    FOREACH wanted SLICE 1 IN ARRAY ARRAY[
        ['DateStyle', '''SQL, DMY'''], ['IntervalStyle', 'sql_standard'], ['TimeZone', '''Asia/Kathmandu'''],
        ['timezone_abbreviations', 'India'], ['bytea_output', 'escape'], ['standard_conforming_strings', 'off'],
        ['escape_string_warning', 'off'], ['backslash_quote', 'off'], ['client_encoding', 'LATIN1'],
        ['extra_float_digits', '-15'], ['lc_numeric', '''de_DE.UTF-8'''], ['lc_monetary', '''de_DE.UTF-8'''],
        ['lc_time', '''de_DE.UTF-8'''], ['array_nulls', 'off'], ['xmlbinary', 'hex'], ['xmloption', 'document'],
        ['quote_all_identifiers', 'on'], ['transform_null_equals', 'on'], ['search_path', 'nowhere'],
        ['default_transaction_isolation', 'serializable'], ['default_transaction_deferrable', 'on'],
        ['jit', 'on'], ['plan_cache_mode', 'force_generic_plan'], ['work_mem', '''64kB'''],
        ['enable_seqscan', 'off'], ['enable_hashagg', 'off'], ['enable_hashjoin', 'off'], ['enable_mergejoin', 'off'],
        ['enable_incremental_sort', 'off'], ['enable_material', 'off'], ['enable_memoize', 'off'],
        ['enable_indexonlyscan', 'off'], ['from_collapse_limit', '1'], ['join_collapse_limit', '1'],
        ['geqo_threshold', '2'], ['constraint_exclusion', 'on'], ['check_function_bodies', 'off'],
        ['default_toast_compression', 'pglz'], ['synchronous_commit', 'off'], ['client_min_messages', 'debug1']]
    LOOP
        IF NOT EXISTS (SELECT FROM pg_settings WHERE lower(name) = lower(wanted[1])) THEN CONTINUE; END IF;
        scope := CASE WHEN length(wanted[1]) % 2 = 0 THEN format('ROLE %I IN DATABASE %I', current_user, current_database())
                      ELSE format('DATABASE %I', current_database()) END;
        BEGIN
            EXECUTE format('ALTER %s SET %I = %s', scope, lower(wanted[1]), wanted[2]);
        EXCEPTION WHEN invalid_parameter_value THEN
            CONTINUE;
        END;
    END LOOP;
END$$)");
}

#endif
