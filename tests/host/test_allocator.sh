#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# When an instance has an allocator, the library allocates all memory with it. Prints what other libraries allocate.
# Labels: release
set -euo pipefail
if [ -n "${LREG_SANITIZE:-}" ] || [ ! -e "$LREG_LIB/libcounting.so" ]; then
    echo "skipped: a sanitizer has malloc for itself, or the C library is not glibc"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
LD_PRELOAD="$LREG_LIB/libcounting.so" "$LREG_BIN/host_allocator" "$folder/data"
# Functions of the C library that allocate: directory streams and tree walks. No other calls are permitted.
allocating='strn?dup|getline|getdelim|v?asprintf|open_memstream|fmemopen|fopen|fdopen|scandir|glob|realpath|regcomp'
if nm -D --undefined-only "$LREG_LIB/libregistry.so" | grep -E " ($allocating)(64)?(@|$)"; then
    echo "the library calls what allocates"
    exit 1
fi
