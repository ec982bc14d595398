#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Labels: release
#
# Builds the host from the README, publishes a file through it and fetches it; and checks that files named in the README
# exist.
set -euo pipefail

if [ -n "${LREG_SANITIZE:-}" ]; then
    echo "skipped: the program would need the sanitizer, too"
    exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
readme=$LREG_SOURCE/README.md
export REGISTRY_DATA=$folder/data
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

ctl() { "$LREG_BIN/registryctl" --data "$REGISTRY_DATA" "$@"; }

# cgi METHOD TARGET [VARIABLE=VALUE…]: runs the program with the body on standard input
cgi() { env REQUEST_METHOD="$1" REQUEST_URI="$2" HTTP_HOST=example.com "${@:3}" "$folder/host"; }

body_of() { sed '1,/^\r$/d' "$1"; }

sed -n '/^```c$/,/^```$/p' "$readme" | sed '/^```/d' >"$folder/host.c"
check "the host compiles without a warning" cc -std=c17 -Wall -Wextra -Werror -I "$LREG_SOURCE/include" \
    "$folder/host.c" -o "$folder/host" -L "$LREG_LIB" -lregistry -Wl,-rpath,"$LREG_LIB"
check "it is about 45 lines" test "$(wc -l <"$folder/host.c")" -le 48

ctl organization create my-organization >/dev/null
ctl registry create my-organization "My files" --ecosystem files >/dev/null
token=$(ctl token create my-organization --scopes read_packages,write_packages --json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')

printf -- '--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n--b--\r\n' \
    readme-1.0.0.txt "from the README" >"$folder/form"
cgi POST /v2/packages/organizations/my-organization/registries/my-files/packages "HTTP_AUTHORIZATION=Bearer $token" \
    "CONTENT_TYPE=multipart/form-data; boundary=b" "CONTENT_LENGTH=$(wc -c <"$folder/form")" \
    <"$folder/form" >"$folder/published" || true
check "it takes a file" grep -q '^Status: 20[01]' "$folder/published"
cgi GET /my-organization/my-files/files/readme-1.0.0.txt "HTTP_AUTHORIZATION=Bearer $token" \
    </dev/null >"$folder/got" || true
check "it gives the file back" test "$(body_of "$folder/got")" = "from the README"
cgi GET /my-organization/my-files/files/readme-1.0.0.txt </dev/null >"$folder/refused" || true
check "not to everybody" grep -q '^Status: 401' "$folder/refused"

env REGISTRY_DATA="$folder/nothing/here" REQUEST_METHOD=GET REQUEST_URI=/ HTTP_HOST=example.com "$folder/host" \
    </dev/null >"$folder/failed" 2>"$folder/why" && echo "succeeded" >>"$folder/why"
check "a failure is said, and its reason" grep -qx 'registry.cgi: .*data directory.*' "$folder/why"
check "and there is no response" test ! -s "$folder/failed"

sed -n '/^ \*     lreg_options \*options/,/^ \*     lreg_close/s/^ \* //p' \
    "$LREG_SOURCE/include/libregistry.h" >"$folder/lines"
printf '#include <libregistry.h>\n#include <stdio.h>\nint main(void) {\n%s\nreturn 0;\n}\n' \
    "$(sed "s|\"/var/lib/registry\"|\"$REGISTRY_DATA\"|" "$folder/lines")" >"$folder/header.c"
check "the host of libregistry.h compiles without a warning" cc -std=c17 -Wall -Wextra -Werror \
    -I "$LREG_SOURCE/include" "$folder/header.c" -o "$folder/header" -L "$LREG_LIB" -lregistry -Wl,-rpath,"$LREG_LIB"
check "it has about 20 lines" test "$(wc -l <"$folder/lines")" -le 22
check "it answers" sh -c "'$folder/header' | head -n 1 | grep -qx 401"
check "what README says in its first 20 lines" sh -c "head -n 20 '$readme' | grep -c -e '^[$] ' | grep -qx 5"
check "clients, licence and state are in them" sh -c "head -n 20 '$readme' | grep -q 'Clients: .*Apache-2.0. State: '"

named='`[A-Za-z_/.-]*/[A-Za-z_.-]*\(\.md\|\.h\|demo\|test\)`\|`[A-Z]*\.md`'
for path in $(grep -o "$named" "$readme" | tr -d '`' | sort -u); do
    check "$path is there" test -e "$LREG_SOURCE/$path"
done
for option in $("$LREG_BIN/registryd" --help | sed -n 's/^  --\([a-z-]*\) .*/\1/p'); do
    check "the man page has --$option" grep -qF -e "\\-\\-${option//-/\\-}" "$LREG_SOURCE/docs/man/registryd.1"
done
check "a good part of the options was looked at" test "$passed" -gt 25

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
