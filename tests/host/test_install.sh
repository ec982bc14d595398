#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Labels: release
#
# Installs to one folder, moves it to another, and builds and runs programs against it: by CMake with the shared and the
# static library, by pkg-config, and by a static library with a symbol of its own that the library also has inside.
set -euo pipefail

if [ -n "${LREG_SANITIZE:-}" ]; then
    echo "skipped: a sanitized library is not installed"
    exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0

check() {
    local what=$1
    shift
    if "$@" >"$folder/log" 2>&1 </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $what"
        tail -n 30 "$folder/log"
    fi
}

cmake --install "$LREG_BUILD_DIR" --prefix "$folder/first" >"$folder/log" || { cat "$folder/log"; exit 1; }
settings=$folder/first/share/libregistry/registry-cgi.conf
installed_programs=$(sed -n 's/^ScriptAlias \/packages \(.*\)\/registry.cgi$/\1/p' "$settings")
check "the settings of Apache name the programs that were installed" test -x "$installed_programs/registry.cgi"
mv "$folder/first" "$folder/prefix"
pc=$(dirname "$(find "$folder/prefix" -name libregistry.pc)")
libraries=$(dirname "$pc")
export PKG_CONFIG_PATH=$pc

mkdir "$folder/consumer"
cat >"$folder/consumer/main.c" <<'END'
#include <libregistry/abi.h>
#include <stdio.h>
#include <string.h>
/* The library has functions of these names inside; they must not meet. */
int error_set(void);
int error_set(void) {
    return 7;
}
int main(void) {
    puts(lreg_version_string());
    return strcmp(lreg_version_string(), LREG_VERSION_STRING) == 0 && error_set() == 7 ? 0 : 1;
}
END
cat >"$folder/consumer/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(libregistry 0.1 REQUIRED COMPONENTS shared static)
add_executable(with_shared main.c)
target_link_libraries(with_shared PRIVATE libregistry::registry)
add_executable(with_static main.c)
target_link_libraries(with_static PRIVATE libregistry::registry_static)
END

check "cmake finds the package" \
    cmake -S "$folder/consumer" -B "$folder/build" -G Ninja -DCMAKE_PREFIX_PATH="$folder/prefix"
check "cmake builds against it" cmake --build "$folder/build"
check "a program with the shared library runs" "$folder/build/with_shared"
check "a program with the static library runs" "$folder/build/with_static"
check "the static one needs no libregistry.so" sh -c "! ldd '$folder/build/with_static' | grep libregistry"
check "the shared one does" sh -c "ldd '$folder/build/with_shared' | grep -q 'libregistry.so.0.1 '"

read -r -a flags < <(pkg-config --cflags --libs libregistry)
check "pkg-config gives what a program needs" cc "$folder/consumer/main.c" -o "$folder/by-pkg-config" "${flags[@]}"
check "the program runs" env LD_LIBRARY_PATH="$libraries" "$folder/by-pkg-config"
check "pkg-config knows the version" pkg-config --exact-version=0.1.0 libregistry
check "pkg-config keeps private libraries private" sh -c "! pkg-config --libs libregistry | grep -q sqlite3"
check "no installed text names the folder of the build" \
    sh -c "! grep -rIl -e '$LREG_SOURCE/' '$folder/prefix' | grep ."
check "what is installed can be moved, but for the settings of web servers" \
    sh -c "! grep -rIl -e '$folder/first' '$folder/prefix' --exclude='*.conf' | grep ."

check "the description of the ABI is installed" python3 -m json.tool "$folder/prefix/share/libregistry/abi.json"

# One page for each function, which man accepts without a warning.
pages=$folder/prefix/share/man/man3
functions=$(sed -n 's/^\(lreg_[a-z0-9_]*\) .*/\1/p' "$LREG_SOURCE/tests/abi/symbols.txt")
check "there are functions to look for" test "$(wc -w <<<"$functions")" -gt 100
check "every function has a man page" \
    sh -c "for name in \$1; do test -s '$pages/'\$name.3 || exit 1; done" sh "$functions"
check "the headers have man pages" test -s "$pages/libregistry.3" -a -s "$pages/libregistry_sys_hooks.3"
check "a page says what it blocks on" grep -q '^Blocks: ' "$pages/lreg_open.3"
if command -v man >/dev/null; then
    check "man finds a function" env MANPATH="$folder/prefix/share/man" man -w 3 lreg_open
    check "man shows a page without a warning" \
        sh -c "! man --warnings -l '$pages/lreg_exchange_begin.3' 2>&1 >/dev/null | grep ."
    check "it shows the prototype" sh -c "man -l '$pages/lreg_open.3' | grep -q 'lreg_status lreg_open('"
fi

for program in registryd registryctl; do
    if [ -e "$folder/prefix/bin/$program" ]; then
        check "$program runs from where it was moved to" "$folder/prefix/bin/$program" --help
    fi
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
