#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Labels: release slow
#
# The tests of bindings/python that need the library as users get it.
exec bash "$LREG_SOURCE/tests/host/test_python.sh"
