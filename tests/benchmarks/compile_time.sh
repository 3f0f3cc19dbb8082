#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# compile_time.sh BUILD [ROUNDS]: what including parts of the library costs the compiler, beside including only what they
# depend on. Processor seconds of parsing, the median of rounds in which all take turns. Takes the flags of the benchmarks
# from BUILD/compile_commands.json.
set -euo pipefail
build=$1 rounds=${2:-5}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

declare -A sources=(
    [dependencies]='#include <libpq-fe.h>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>'
    [core]='#include <gridone/storage/core/storage_backend.hpp>'
    [memory]='#include <gridone/storage/memory/memory_storage_backend.hpp>'
    [postgres]='#include <gridone/storage/postgres/postgres_storage_backend.hpp>'
    [all]='#include <gridone/storage.hpp>'
)
order=(dependencies core memory postgres all)
for name in "${order[@]}"; do printf '%s\n' "${sources[$name]}" >"$work/$name.cpp"; done

command=$(sed -n -E '/benchmarks\/main\.cpp",?$/ s/^ *"command": "(.*)",?$/\1/p' "$build/compile_commands.json" | head -n 1)
[[ -n $command ]] || { echo "compile_time.sh: the benchmarks are not in $build/compile_commands.json" >&2; exit 1; }
read -ra words <<<"${command//\\\"/\"}"
flags=()
for ((i = 0; i < ${#words[@]}; ++i)); do
    case ${words[i]} in
        -I* | -D* | -std=*) flags+=("${words[i]}") ;;
        -isystem) flags+=("${words[i]}" "${words[++i]}") ;;
    esac
done

TIMEFORMAT='%U'
for ((round = 0; round < rounds; ++round)); do
    for name in "${order[@]}"; do
        { time "${CXX:-c++}" "${flags[@]}" -fsyntax-only "$work/$name.cpp"; } 2>>"$work/$name.seconds"
    done
done
median() { sort -n "$work/$1.seconds" | sed -n "$(((rounds + 1) / 2))p"; }
for name in "${order[@]}"; do
    awk -v name="$name" -v it="$(median "$name")" -v base="$(median dependencies)" \
        'BEGIN { printf "figure compile_%s seconds=%.2f to_dependencies=%.2f\n", name, it, it / base }'
done
