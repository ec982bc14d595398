#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Labels: slow
#
# The tests of bindings/python: on the release build those with servers, installed files and measured memory; on a build
# with the address sanitizer, which python3 gets preloaded, all others, and at the end a look for leaks of the library.
set -euo pipefail

if [ "${LREG_SANITIZE:-}" = thread ]; then
    echo "skipped: python3 is not made for the thread sanitizer"
    exit 77
fi
# Debian's packages are not visible to every python3 on a machine.
python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import pytest' 2>/dev/null; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    echo "skipped: no python3 with pytest (Debian: python3-pytest)"
    exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tests=$LREG_SOURCE/bindings/python/tests
with_programs=("$tests"/test_{servers,readme,types}.py)
export LIBREGISTRY_LIBRARY=$LREG_LIB/libregistry.so PYTHONDONTWRITEBYTECODE=1
environment=(env)
if [ "${LREG_SANITIZE:-}" = address ]; then
    compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$LREG_BUILD_DIR/CMakeCache.txt")
    runtime=$("${compiler:-clang}" -print-file-name="libclang_rt.asan-$(uname -m).so")
    if [ ! -e "$runtime" ]; then
        echo "skipped: no shared runtime of the sanitizer (Debian: libclang-rt-14-dev)"
        exit 77
    fi
    # The symbolizer would outlive python3 and keep the pipes of tests open; names are resolved below.
    environment+=(LD_PRELOAD="$runtime" PYTHONMALLOC=malloc LREG_LEAKS=1
        ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=1:leak_check_at_exit=0:allocator_may_return_null=1:symbolize=0")
    chosen=("$tests")
    for file in "${with_programs[@]}"; do
        chosen+=(--ignore "$file")
    done
else
    chosen=("${with_programs[@]}" "$tests"/test_{abi,library,packages,memory,misuse}.py)
fi

status=0
"${environment[@]}" "$python" -X faulthandler -m pytest -q -p no:cacheprovider --basetemp "$folder/pytest" \
    "${chosen[@]}" >"$folder/out" 2>"$folder/err" || status=$?
cat "$folder/out"
numbers=$(tail -n 5 "$folder/out")
count() { grep -o "[0-9]* $1" <<<"$numbers" | grep -o '^[0-9]*' || echo 0; }
passed=$(count passed) failed=$(($(count failed) + $(count error)))
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1

# Ignores leaks of python3 itself, which have no frame of the library. Other reports end the program.
found='libregistry\.so|ERROR: AddressSanitizer|runtime error:'
if grep -E -q "$found" "$folder/err"; then
    failed=$((failed + 1))
    status=1
fi
if [ "$status" != 0 ]; then
    names=$(command -v asan_symbolize-14 || command -v asan_symbolize || echo cat)
    "$names" <"$folder/err" | tail -n 100
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
