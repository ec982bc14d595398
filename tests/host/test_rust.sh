#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Labels: release
#
# The Rust binding outside the tree, against an installed library: its tests, its example, and the program that its
# README shows, built and run as the README says.
set -euo pipefail

if [ -n "${LREG_SANITIZE:-}" ]; then
    echo "skipped: the program would need the sanitizer, too"
    exit 77
fi
for tool in cargo rustc pkg-config; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: there is no $tool"
        exit 77
    fi
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CARGO_HOME=$folder/cargo CARGO_NET_OFFLINE=true CARGO_TERM_COLOR=never
unset CARGO_TARGET_DIR LIBREGISTRY_LIB_DIR RUSTFLAGS
passed=0 failed=0

check() {
    local what=$1
    shift
    if "$@" >"$folder/log" 2>&1 </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $what"
        tail -n 40 "$folder/log"
    fi
}

# block LANGUAGE NUMBER: prints a code block of the README, with the folder of this test in place of /opt/libregistry
block() {
    awk -v fence="\`\`\`$1" -v wanted="$2" '
        $0 == fence { inside = ++number == wanted; next }
        /^```/ { inside = 0 }
        inside' "$folder/libregistry-rust/README.md" | sed "s|/opt/libregistry|$folder/prefix|g"
}

cmake --install "$LREG_BUILD_DIR" --prefix "$folder/prefix" >"$folder/log" || { cat "$folder/log"; exit 1; }
mkdir "$folder/libregistry-rust"
(cd "$LREG_SOURCE/bindings/rust" && tar -c --exclude=./target --exclude=./Cargo.lock .) |
    tar -x -C "$folder/libregistry-rust"

cd "$folder/libregistry-rust"
export PKG_CONFIG_PATH=$folder/prefix/lib/pkgconfig
# Other versions have other warnings.
if [[ $(rustc --version) == "rustc 1.63."* ]]; then
    export RUSTFLAGS="-D warnings"
    if cargo clippy --version >/dev/null 2>&1; then
        check "clippy has nothing to say" cargo clippy --offline --all-targets
    fi
    if cargo fmt --version >/dev/null 2>&1; then
        check "it is formatted" cargo fmt --check
    fi
fi
check "its tests pass" timeout 600 cargo test --offline
echo "from the example" >"$folder/example.txt"
check "the example runs" sh -c "cargo run --offline -q --example publish -- '$folder/example' '$folder/example.txt' |
    grep -q 'from the example'"

mkdir -p "$folder/my-registry/src"
block toml 1 >"$folder/my-registry/Cargo.toml"
block rust 1 >"$folder/my-registry/src/main.rs"
block sh 2 >"$folder/my-registry/commands"
cd "$folder/my-registry"
check "the README has a program and three commands" \
    test "$(wc -l <src/main.rs)" -gt 20 -a "$(wc -l <commands)" = 3 -a "$(wc -l <Cargo.toml)" -gt 5
check "they work as written" env -u PKG_CONFIG_PATH bash -e -c '. ./commands >answer'
check "what was published comes back" test "$(cat answer)" = "from Rust"
check "a name that is taken is an error with its message" \
    sh -c "! LD_LIBRARY_PATH='$folder/prefix/lib' target/debug/my-registry 2>error && grep -q slug_taken error"

rm "$folder/prefix/lib/pkgconfig/libregistry.pc"
check "without pkg-config's file the folder of the library is enough" \
    env LIBREGISTRY_LIB_DIR="$folder/prefix/lib" cargo build --offline
check "without both the build says what is missing" \
    sh -c "! cargo build --offline 2>error && grep -q 'libregistry' error"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
