#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Labels: slow serial release
#
# The first command that a new user runs: scripts/demo --once.
set -euo pipefail

if [ -n "${LREG_SANITIZE:-}" ]; then
    echo "skipped: the demo makes a build of its own, which is always the same"
    exit 77
fi
exec "$LREG_SOURCE/scripts/demo" --once
