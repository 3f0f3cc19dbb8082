# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Sourced by tests/run and examples/run, from the root of the checkout: steps with progress, a clean end whatever happens,
# and on Debian the installation of what is missing. Sourcing it changes nothing yet.

cache=${GRIDONE_STORAGE_CACHE:-$PWD/.cache}
logs=$PWD/build/logs
run_folder=      # temporary files of this run; servers of the tests live below it
step_pid=        # the process group of the running step
leave_actions=() # commands for the end of the run, last first
needs_root=()    # (sudo -n) for a user, empty for root

say() { printf '%s\n' "$*"; }

# fail WHY WHAT-TO-DO…: ends the run.
fail() {
    printf '\nfailed: %s\n' "$1" >&2
    shift
    [[ $# -eq 0 ]] || printf '  %s\n' "$@" >&2
    exit 1
}

# Ends the group of the running step: asks first, insists after ten seconds.
end_step() {
    [[ -n $step_pid ]] || return 0
    local group=$step_pid
    step_pid=
    kill -TERM -- "-$group" 2>/dev/null || "${needs_root[@]}" kill -TERM -- "-$group" 2>/dev/null || return 0
    timeout 10 tail --pid="$group" -f /dev/null || true
    kill -KILL -- "-$group" 2>/dev/null || true
    wait "$group" 2>/dev/null || true
}

# A private server ends by itself when the program that started it does; what remains after that is ended here. Only
# servers whose data lies in this run's own folder can be found this way.
end_servers() {
    [[ -n $run_folder && -d $run_folder ]] || return 0
    local file pid deadline=$((SECONDS + 10))
    while compgen -G "$run_folder/*/data/postmaster.pid" >/dev/null && [[ $SECONDS -lt $deadline ]]; do
        sleep 0.1
    done
    compgen -G "$run_folder/*/data/postmaster.pid" >/dev/null || return 0
    while IFS= read -r file; do
        pid=$(head -n 1 "$file" 2>/dev/null) || continue
        [[ $pid =~ ^[0-9]+$ ]] || continue
        kill -QUIT "$pid" 2>/dev/null || continue
        say "ended a server that a program had left behind ($pid)"
        timeout 10 tail --pid="$pid" -f /dev/null || true
    done < <(find "$run_folder" -name postmaster.pid 2>/dev/null)
    return 1
}

leave() {
    local status=$? index
    trap '' INT TERM HUP
    set +e
    end_step
    end_servers
    for ((index = ${#leave_actions[@]} - 1; index >= 0; index--)); do
        eval "${leave_actions[index]}"
    done
    [[ -z $run_folder ]] || rm -rf -- "$run_folder"
    exit "$status"
}

# begin: from here on the run cleans up behind itself. One run per checkout at a time, since they share build/.
begin() {
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    mkdir -p "$cache" "$logs"
    exec 9>"$cache/lock"
    if ! flock -n 9; then
        say "another run is using this checkout; waiting for it"
        flock 9
    fi
    # Everyone may write here, as in /tmp: the private servers run as another user when we are root.
    run_folder=$(mktemp -d "${TMPDIR:-/tmp}/gridone-XXXXXX")
    chmod 1777 "$run_folder"
    export TMPDIR=$run_folder
}

# in_group COMMAND…: runs it in a process group of its own, so that an interrupt can end all of it.
in_group() {
    local status=0
    set -m
    "$@" </dev/null 9>&- &
    step_pid=$!
    set +m
    wait "$step_pid" || status=$?
    step_pid=
    return "$status"
}

# step WHAT HINT COMMAND…: one line of progress; the output goes to a log, whose end is shown when the command fails.
step() {
    local what=$1 hint=$2 log begun=$SECONDS status=0
    shift 2
    log=$logs/${what//[^A-Za-z0-9]/-}.log
    printf '%-58s' "$what …"
    in_group "$@" >"$log" 2>&1 || status=$?
    if [[ $status -ne 0 ]]; then
        printf ' failed after %d s\n\n' $((SECONDS - begun))
        tail -n 40 -- "$log" >&2
        fail "$what (exit status $status, whole log: $log)" "$hint"
    fi
    printf ' %4d s\n' $((SECONDS - begun))
}

requirements() {
    cat <<'LIST'
What gridone_storage needs:
  a C++20 compiler (GCC 12 or clang 19), cmake 3.25, ninja
  libpq with headers, libpqxx 7.10 (libpqxx 8 with GCC 13), nlohmann_json 3.11
  PostgreSQL 15 or newer: the programs initdb and postgres, no running server
  for the tests also: Catch2 3.4, CLI11, python3 with asyncpg, pgbouncer
  for the examples also: CLI11, iso-codes
Install them, then run this command again with --no-install.
LIST
}

# known_system: only Debian 12 and later is changed by these scripts; anywhere else nothing is touched.
known_system() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || return 1
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && [[ $ID == debian ]] && printf '%s' "${VERSION_CODENAME:-}") || return 1
    [[ -n $codename && $codename != bullseye && $codename != buster ]]
}

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# as_root WHY: how to become root, asked once and in the foreground, since sudo may want a password.
as_root() {
    [[ $EUID -ne 0 ]] || return 0
    [[ ${#needs_root[@]} -eq 0 ]] || return 0
    command -v sudo >/dev/null || fail "$1 needs root" "run it as root once, or install sudo"
    sudo -v || fail "$1 needs root, and sudo refused"
    needs_root=(sudo -n)
}

apt_install() {
    "${needs_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends \
        -o DPkg::Lock::Timeout=120 install "$@"
}

# machine_source SUITE TYPE: the machine's own package source, written for another suite. Keeps whatever options it has
# (signed-by above all), so apt checks the same signatures by the same keys.
machine_source() {
    local suite=$1 type=$2 here="^($codename|stable|oldstable|oldoldstable|testing|unstable)\$" file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ -r $file ]] || continue
        awk -v suite="$suite" -v type="$type" -v here="$here" '
            $1 == "deb" {
                options = ""; at = 2
                if ($2 ~ /^\[/) { do { options = options " " $at } while ($(at++) !~ /\]$/) }
                if ($(at + 1) ~ here) { print type options " " $at " " suite " main"; exit }
            }' "$file"
    done | head -n 1 >"$run_folder/source.list"
    if [[ -s $run_folder/source.list ]]; then
        printf '%s\n' "$run_folder/source.list"
        return
    fi
    for file in /etc/apt/sources.list.d/*.sources; do
        [[ -r $file ]] || continue
        sed 's/^[[:space:]]*$//; /^#/d' "$file" | awk -v suite="$suite" -v type="$type" -v here="$here" '
            BEGIN { RS = ""; FS = "\n" }
            {
                fits = 0; binary = 0; enabled = 1; text = ""
                for (i = 1; i <= NF; i++) {
                    line = $i
                    if (line ~ /^Enabled:[ \t]*no/) enabled = 0
                    if (line ~ /^Types:.*deb([ \t]|$)/) binary = 1
                    if (line ~ /^Suites:/) {
                        count = split(line, words, /[ \t]+/)
                        for (w = 2; w <= count; w++) if (words[w] ~ here) fits = 1
                        line = "Suites: " suite
                    }
                    if (line ~ /^Types:/) line = "Types: " type
                    if (line ~ /^Components:/) line = "Components: main"
                    text = text line "\n"
                }
                if (fits && binary && enabled) { printf "%s", text; exit }
            }' >"$run_folder/source.sources"
        if [[ -s $run_folder/source.sources ]]; then
            printf '%s\n' "$run_folder/source.sources"
            return
        fi
    done
    fail "no package source for $codename in /etc/apt/sources.list or /etc/apt/sources.list.d" \
        "add one, or install libpqxx 7.10 and Catch2 3.4 yourself and use --no-install"
}

# machine_mirror: the address alone, for debootstrap.
machine_mirror() {
    local file
    file=$(machine_source "$codename" deb) || exit 1
    sed -n -E 's/^deb( \[[^]]*\])? ([^ ]+) .*$/\2/p; s/^URIs:[ \t]*([^ \t]+).*$/\1/p' "$file" | head -n 1
}

# private_apt SUITE TYPE COMMAND…: apt-get on another suite, with lists and caches of its own, so that the machine's stay as
# they are. apt checks signatures as always.
private_apt() {
    local apt=$run_folder/apt-$1 file
    if [[ ! -d $apt ]]; then
        # apt fetches as its own unprivileged user, which must be able to reach these folders.
        mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
        chmod -R a+rX "$apt"
        file=$(machine_source "$1" "$2") || return
        cp "$file" "$apt/parts/machine.${file##*.}"
    fi
    shift 2
    apt-get -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/parts" -o "Dir::State::Lists=$apt/lists" \
        -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
}

# unpack_backport PACKAGE STAMP: a header or static library needs no installation, only a place.
unpack_backport() {
    local work=$run_folder/$1
    mkdir -p "$work"
    private_apt "$codename-backports" deb update || return
    (cd "$work" && private_apt "$codename-backports" deb download "$1") || return
    dpkg-deb --extract "$work/$1"_*.deb "$work/tree" || return
    mkdir -p "$prefix"
    cp -a "$work/tree/usr/." "$prefix/" || return
    touch "$prefix/$2.built"
}

# build_source NAME OPTIONS…: builds the source of the next Debian release into the cache. The stamp is written last: half a
# build counts as none. Steps run where `set -e` has no effect, hence the returns.
build_source() {
    local name=$1 work=$run_folder/source-$1
    shift
    mkdir -p "$work"
    private_apt trixie deb-src update || return
    (cd "$work" && private_apt trixie deb-src --only-source --download-only source "$name") || return
    tar -x -f "$work/$name"_*.orig.tar.* -C "$work" || return
    cmake -S "$(find "$work" -mindepth 1 -maxdepth 1 -type d)" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_CXX_STANDARD=20 -DBUILD_SHARED_LIBS=OFF \
        -DCMAKE_POSITION_INDEPENDENT_CODE=ON "$@" || return
    cmake --build "$work/build" || return
    cmake --install "$work/build" || return
    touch "$prefix/$name.built"
    rm -rf -- "$work"
}

# Backports are taken away at the end of a release's life; two minutes of compiling then do instead.
get_catch2() { unpack_backport libcatch2-dev catch2 || build_source catch2 -DCATCH_INSTALL_DOCS=OFF -DBUILD_TESTING=OFF; }

server_installed() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null; }

# install_server: the package would make and start a cluster of the machine's own, which nobody asked for.
install_server() {
    local snippet=/etc/postgresql-common/createcluster.d/gridone_storage.conf package
    package=$(apt-cache depends postgresql | sed -n 's/^ *Depends: \(postgresql-[0-9]*\)$/\1/p' | head -n 1)
    [[ -n $package ]] || { say "the package postgresql depends on no server"; return 1; }
    installed postgresql-common || apt_install postgresql-common || return
    "${needs_root[@]}" mkdir -p "${snippet%/*}"
    printf 'create_main_cluster = false\n' | "${needs_root[@]}" tee "$snippet" >/dev/null
    local status=0
    apt_install "$package" || status=$?
    "${needs_root[@]}" rm -f -- "$snippet"
    return "$status"
}

pgbouncer_there() { [[ -x $prefix/bin/pgbouncer ]] || installed pgbouncer || command -v pgbouncer >/dev/null; }

# get_pgbouncer: its libraries and the program alone, for the package would start a service, now and at each boot.
get_pgbouncer() {
    local work=$run_folder/pgbouncer libraries
    mapfile -t libraries < <(apt-cache depends pgbouncer | sed -n 's/^ *Depends: \(lib[^ ]*\)$/\1/p')
    apt_install "${libraries[@]}" || return
    mkdir -p "$work" "$prefix/bin"
    (cd "$work" && apt-get -o APT::Sandbox::User=root download pgbouncer) || return
    dpkg-deb --extract "$work"/pgbouncer_*.deb "$work/tree" || return
    cp "$work/tree/usr/sbin/pgbouncer" "$prefix/bin/pgbouncer"
}

# provision PACKAGE…: everything the build needs, and these packages. A second run finds all of it and does nothing.
provision() {
    known_system || {
        say "This system is not one these scripts can install on (they know Debian 12 and later)."
        requirements
        trap - EXIT
        rm -rf -- "$run_folder"
        exit 2
    }
    local package missing=() unbuilt=() libraries=(libpqxx) with_catch2=0 with_pgbouncer=0
    prefix=$cache/$codename-$(dpkg --print-architecture)
    for package in "$@"; do
        case $package in
            catch2) with_catch2=1 ;;
            pgbouncer) with_pgbouncer=1 ;;
            *) missing+=("$package") ;;
        esac
    done
    [[ $with_pgbouncer -eq 0 ]] || ! pgbouncer_there || with_pgbouncer=0
    [[ $with_catch2 -eq 0 ]] || libraries+=(catch2)
    missing=(cmake ninja-build g++ libpq-dev nlohmann-json3-dev "${missing[@]}")
    if [[ $codename == bookworm ]]; then
        # libpqxx 6.4 and Catch2 2.13 are too old here.
        for package in "${libraries[@]}"; do
            [[ -e $prefix/$package.built ]] || unbuilt+=("$package")
        done
    else
        missing+=(libpqxx-dev)
        [[ $with_catch2 -eq 0 ]] || missing+=(libcatch2-dev)
    fi
    local wanted=("${missing[@]}")
    missing=()
    for package in "${wanted[@]}"; do
        installed "$package" || missing+=("$package")
    done

    if [[ ${#missing[@]} -gt 0 || $with_pgbouncer -eq 1 ]] || ! server_installed; then
        as_root "installing ${missing[*]} $(server_installed || printf 'postgresql')"
        local network="are the machine's package sources reachable? try: apt-get update"
        step "reading the package lists" "$network" \
            "${needs_root[@]}" apt-get -o DPkg::Lock::Timeout=120 update
        if [[ ${#missing[@]} -gt 0 ]]; then
            say "installing: ${missing[*]}"
            step "installing ${#missing[@]} packages" "$network" apt_install "${missing[@]}"
        fi
        if ! server_installed; then
            # shellcheck disable=SC2016
            leave_actions+=('"${needs_root[@]}" rm -f /etc/postgresql-common/createcluster.d/gridone_storage.conf')
            step "installing PostgreSQL, without a cluster" "$network" install_server
        fi
        if [[ $with_pgbouncer -eq 1 ]]; then
            step "unpacking PgBouncer, without its service" "$network" get_pgbouncer
        fi
    fi
    local source_reachable="is the machine's package source reachable, with its other suites?"
    for package in "${unbuilt[@]}"; do
        if [[ $package == catch2 ]]; then
            step "unpacking Catch2 of the backports, once" "$source_reachable" get_catch2
        else
            step "building libpqxx of the next Debian release, once" "$source_reachable" \
                build_source libpqxx -DSKIP_BUILD_TEST=ON
        fi
    done
}
