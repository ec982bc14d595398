#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fuzzers as OSS-Fuzz and similar services expect it: compilers in $CC and $CXX, their flags in $CFLAGS and
# $CXXFLAGS, the engine in $LIB_FUZZING_ENGINE, results in $OUT. Each fuzzer gets its corpus (NAME_seed_corpus.zip) and
# its dictionary beside it, and its shared libraries below $OUT/lib. To try it locally:
set -euo pipefail
: "${CC:?}" "${CXX:?}" "${CFLAGS:?}" "${LIB_FUZZING_ENGINE:?}" "${OUT:?}"
source=$(cd "$(dirname "$0")/.." && pwd)
build=${WORK:-$(mktemp -d)}/libregistry-fuzz

# The flags come from the engine: no build type and no sanitizers of our own. Shared libraries are found beside the
# program.
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$CFLAGS" \
    -DCMAKE_CXX_FLAGS="${CXXFLAGS:-$CFLAGS}" \
    -DCMAKE_EXE_LINKER_FLAGS="-Wl,-rpath,'\$ORIGIN/lib'" \
    -DLREG_FUZZ_ENGINE=external -DLREG_FUZZ_LIBRARY="$LIB_FUZZING_ENGINE" -DLREG_LTO=OFF \
    -DLREG_BUILD_FUZZ=ON -DLREG_INSTALL=OFF
cmake --build "$build" -t fuzzers

mkdir -p "$OUT/lib"
for program in "$build"/bin/*_fuzzer; do
    name=$(basename "$program")
    subject=${name%_fuzzer}
    cp "$program" "$OUT/"
    cp "$source/fuzz/dict/$subject.dict" "$OUT/$name.dict"
    python3 - "$OUT/${name}_seed_corpus.zip" "$source"/fuzz/{corpus,regressions}/"$subject" <<'PYTHON'
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as archive:
    for folder in map(pathlib.Path, sys.argv[2:]):
        for path in sorted(folder.glob("*")):
            archive.write(path, path.name)
PYTHON
    mapfile -t libraries < <(ldd "$program" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' |
        grep -E '/lib(sqlite3|archive|jansson|mbed|nettle|hogweed|gmp|http_parser|z|bz2|lzma|lz4|zstd|xml2|acl|icu)')
    [ ${#libraries[@]} = 0 ] || cp -L -t "$OUT/lib" "${libraries[@]}"
done
