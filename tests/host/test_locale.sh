#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Names and texts in many scripts, in archives, packages and requests, are treated the same in every locale of the host:
# C, UTF-8, one with a comma for the point, a Turkish one, and one that is not UTF-8.
# Labels: release
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Creates the locales that the machine lacks.
make_locale() {
    command -v localedef >/dev/null && localedef -i "$1" -f "$2" "$folder/$3" >/dev/null 2>&1
}

mkdir "$folder/answers"
played=0
play() {
    mkdir "$folder/data"
    LOCPATH=$folder "$LREG_BIN/host_locale" "$1" "$folder/data/$1" >"$folder/answers/$1"
    rm -rf "$folder/data"
    cmp "$folder/answers/C" "$folder/answers/$1"
    played=$((played + 1))
}

play C
play C.UTF-8
while read -r input charset name; do
    if make_locale "$input" "$charset" "$name"; then
        play "$name"
    else
        echo "passed over: $name cannot be made (Debian: locales)"
    fi
done <<'END'
de_DE UTF-8 de_DE.UTF-8
tr_TR UTF-8 tr_TR.UTF-8
tr_TR ISO-8859-9 tr_TR.ISO-8859-9
END
grep -q 'not in ASCII' "$folder/answers/C" # of a name that only some locales can display
echo "$played passed, 0 failed"
