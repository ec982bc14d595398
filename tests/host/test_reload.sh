#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Loads and unloads the library 1,000 times, every fifth time with an instance: nothing remains in the process.
# Labels: release
set -euo pipefail
if [ -n "${LREG_SANITIZE:-}" ]; then
    echo "skipped: a sanitizer keeps what is unloaded"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
timeout 300 "$LREG_BIN/host_reload" "$LREG_LIB/libregistry.so" "$folder/data" 1000
