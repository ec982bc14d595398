#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# registryctl: every command, as text and as JSON, its exit statuses and its messages.
set -uo pipefail

program=$LREG_BIN/registryctl
[ -x "$program" ] || { echo "skipped: registryctl was not built"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
unset LIBREGISTRY_DATA
data=$folder/data
passed=0 failed=0

ctl() { "$program" --data "$data" "$@"; }

count() { # count WHAT STATUS: counts one more check as passed or failed
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $1"
        head -c 2000 out err
    fi
}

# gives STATUS WHAT ARGUMENT…: expects this exit status; standard output and error go to the files out and err
gives() {
    local wanted=$1 what=$2 status=0
    shift 2
    ctl "$@" >out 2>err </dev/null || status=$?
    [ "$status" = "$wanted" ] || echo "exit status $status in place of $wanted" >>err
    count "$what" $((status != wanted))
}

holds() { # holds WHAT FILE TEXT: expects the text in the file
    grep -qF -e "$3" "$2"
    count "$1" $?
}

# json WHAT EXPRESSION ARGUMENT…: expects success and one JSON value of which the Python expression is true
json() {
    local what=$1 expression=$2 status=0
    shift 2
    ctl "$@" --json >out 2>err </dev/null || status=$?
    if [ "$status" = 0 ]; then
        python3 -m json.tool <out >tool 2>>err &&
            python3 -c "import json, sys; v = json.load(open('out')); sys.exit(0 if ($expression) else 1)" 2>>err
        status=$?
    fi
    count "$what" "$status"
}

refused() { # refused WHAT TEXT ARGUMENT…: expects exit status 1, no output, and a message that begins with our name
    local what=$1 text=$2
    shift 2
    gives 1 "$what" "$@"
    holds "$what: message" err "$text"
    [ ! -s out ] && head -n 1 err | grep -q '^registryctl: '
    count "$what: on standard error alone" $?
}

misused() { # misused WHAT TEXT ARGUMENT…: expects exit status 2 and a message
    local what=$1 text=$2
    shift 2
    gives 2 "$what" "$@"
    holds "$what: message" err "$text"
}

# --- the command line ---

gives 0 "help is printed" --help
holds "help lists the commands" out "registry create"
gives 0 "help of a command" token create --help
holds "help of a command says its usage" out "--scopes"
gives 0 "help is printed by its short form" -h
gives 0 "help is printed by its word" help
holds "the word lists the commands" out "registry create"
gives 0 "help of a command after the word" help token create
holds "help after the word says the usage" out "--scopes"
gives 0 "the version is printed by its short form" -V
gives 0 "help behind half a command" registry --help
gives 0 "version" --version
holds "version is said" out "registryctl 0."
misused "no command" "usage:"
misused "unknown command" 'no command "dance"' dance
misused "half a command" 'no command "registry dance"' registry dance
misused "unknown option" "unknown option --bogus" --bogus list
misused "option of another command" "unknown option --scopes of registry list" registry list acme --scopes=x
misused "option without its value" "needs a value" registry list acme --data
misused "switch with a value" "takes no value" organization list --json=yes
misused "too few words" "too few words" registry show acme
misused "too many words" "too many words" organization list extra
"$program" organization list >out 2>err
count "without a data directory" $(($? != 2))
holds "without a data directory: message" err "LIBREGISTRY_DATA"

# --- the data directory ---

refused "a directory that is not there is not made" "cannot open" organization list
[ ! -e "$data" ]
count "nothing was made" $?
json "init" "v == {'data': '$data'}" init
[ "$(stat -c %a "$data")" = 700 ]
count "the directory is for its owner alone" $?
gives 0 "init again" init
LIBREGISTRY_DATA=$data "$program" organization list --json >out 2>err && [ "$(cat out)" = "[]" ]
count "the variable names the directory" $?

misused "number that is none" "whole number" gc --grace-seconds soon
misused "number below zero" "whole number" gc --grace-seconds -1
misused "number too large" "whole number" gc --grace-seconds 99999999999999999999
misused "token without scopes" "--scopes" token create acme

# --- organizations ---

json "organization create" "v['slug'] == 'acme' and v['name'] == 'Acme & Söhne' and len(v['id']) == 36" \
    organization create acme --name "Acme & Söhne"
gives 0 "organization create as text" organization create other
holds "organization create as text: row" out "other"
refused "organization create twice" "acme" organization create acme
refused "organization create with a reserved slug" "reserved" organization create v2
json "organization list" "[o['slug'] for o in v] == ['acme', 'other']" organization list
json "organization show" "v['slug'] == 'acme'" organization show acme
refused "organization show of none" "no organization nobody" organization show nobody
json "organization delete" "v == {'deleted': 'other'}" organization delete other
refused "organization delete again" "no organization other" organization delete other

# --- registries ---

json "registry create" "v['slug'] == 'my-files' and v['ecosystem'] == 'files' and v['public'] is False" \
    registry create acme "My files" --ecosystem files
json "registry create with settings" \
    "v['slug'] == 'rel' and v['public'] and v['strict_names'] and v['description'] == 'What we release'" \
    registry create acme Releases --ecosystem=files --slug=rel --public --strict-names --description "What we release"
gives 0 "registry create as text" registry create acme apks --ecosystem alpine
holds "registry create as text: row" out "acme/apks  alpine  private  apks"
refused "registry create of an unknown ecosystem" "debian" registry create acme x --ecosystem debian
refused "registry create without an ecosystem" "ecosystem" registry create acme x
refused "registry create twice" "my-files" registry create acme "My files" --ecosystem files
refused "registry create in no organization" "no organization nobody" registry create nobody x --ecosystem files
refused "registry create with a bad color" "#RRGGBB" registry create acme x --ecosystem files --color red
json "registry list" "[r['slug'] for r in v] == ['apks', 'my-files', 'rel']" registry list acme
json "registry show" "v['name'] == 'My files'" registry show acme my-files
refused "registry show of none" "no registry acme/none" registry show acme none
json "registry update" "v['public'] and v['description'] == 'new' and v['name'] == 'My files'" \
    registry update acme my-files --public --description new
json "registry update back" "v['public'] is False and v['description'] == 'new'" registry update acme my-files --private
json "registry update shows what it changed" "v['emoji'] == ':x:' and v['color'] == '#FFE0F1'" \
    registry update acme my-files --emoji :x: --color "#FFE0F1"
refused "registry delete without the name" "--confirm \"apks\"" registry delete acme apks
refused "registry delete with another name" "--confirm" registry delete acme apks --confirm rel
json "registry delete" "v == {'deleted': 'apks'}" registry delete acme apks --confirm apks
refused "organization delete with registries" "still has registries" organization delete acme

# --- packages ---

head -c 300000 /dev/urandom >app-1.0.0.bin
sum=$(sha256sum app-1.0.0.bin | cut -d ' ' -f 1)
printf 'hello\n' >note.txt
printf 'dash\n' >./-dash.txt
json "publish" \
    "len(v) == 1 and v[0]['digests']['sha256'] == '$sum' and v[0]['version'] == '1.0.0' and v[0]['created']" \
    publish acme my-files app-1.0.0.bin
json "publish again" "v[0]['created'] is False" publish acme my-files app-1.0.0.bin
gives 0 "publish several as text" publish acme my-files "$folder/note.txt" -- -dash.txt
holds "publish several as text: first" out "note.txt  published"
holds "publish several as text: second" out "-dash.txt: -dash.txt  published"
printf 'other\n' >app-1.0.0.bin
refused "publish other bytes" "app-1.0.0.bin" publish acme my-files app-1.0.0.bin
gives 1 "publish goes on after a file that is not there" publish acme my-files none.txt note.txt
holds "publish goes on: message" err "cannot open none.txt: No such file"
holds "publish goes on: the other" out "note.txt  was there already"
refused "publish a folder" "cannot read" publish acme my-files "$folder"
refused "publish a name that a strict registry refuses" "Invalid filename format" publish acme rel note.txt
refused "publish into no registry" "no registry acme/none" publish acme none note.txt
gives 1 "publish as JSON, one of two" publish acme my-files none.txt note.txt --json
python3 -c "import json; assert [p['file'] for p in json.load(open('out'))] == ['note.txt']"
count "publish as JSON, one of two: the array holds it" $?
json "package list" "sorted(p['filename'] for p in v) == ['-dash.txt', 'app-1.0.0.bin', 'note.txt']" \
    package list acme my-files
json "package list by name" "[p['name'] for p in v] == ['app']" package list acme my-files --name APP
gives 0 "package list as text" package list acme my-files
holds "package list as text: size" out "293.0 KiB"
json "package show" "v['path'] == '/acme/my-files/files/app-1.0.0.bin' and v['size'] == 300000" \
    package show acme my-files app-1.0.0.bin
id=$(ctl package show acme my-files note.txt --json | python3 -c "import json, sys; print(json.load(sys.stdin)['id'])")
json "package show by id" "v['filename'] == 'note.txt'" package show acme my-files "$id"
gives 0 "package show as text" package show acme my-files note.txt
holds "package show as text: name" out "filename: note.txt"
refused "package show of none" "no such package" package show acme my-files none.txt
ctl package download acme my-files app-1.0.0.bin 2>err | sha256sum | grep -q "^$sum"
count "package download to standard output" $?
json "package download to a file" "v['size'] == 300000" package download acme my-files app-1.0.0.bin --output got.bin
sha256sum got.bin | grep -q "^$sum"
count "package download to a file: bytes" $?
refused "package download over a file" "cannot create got.bin: File exists" \
    package download acme my-files note.txt --output got.bin
sha256sum got.bin | grep -q "^$sum"
count "package download over a file: it stays" $?
misused "package download of JSON and bytes" "--output" package download acme my-files note.txt --json
json "package delete" "v == {'deleted': '$id'}" package delete acme my-files note.txt
refused "package delete again" "no such package" package delete acme my-files note.txt
if [ -w /dev/full ]; then
    ctl package list acme my-files >/dev/full 2>err
    count "output that cannot be written is a failure" $(($? != 1))
fi
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then # there is one, and a pseudo-terminal for it
    head -c 300000 /dev/urandom >bar-1.0.0.bin
    script -qec "'$program' --data '$data' publish acme my-files bar-1.0.0.bin" /dev/null >out 2>err </dev/null
    grep -q '\[##############################\] 100%' out
    count "a progress bar on a terminal" $?
fi

# --- tokens ---

json "token create" \
    "v['token'].startswith('lr') and v['scopes'] == 'read_packages,write_packages' and not v['expires_at']" \
    token create acme --scopes write_packages,read_packages --description Deploy
id=$(python3 -c "import json; print(json.load(open('out'))['id'])")
gives 0 "token create as text" token create acme --scopes read_packages --expires 4102444800
[ "$(wc -lw <out | tr -s ' ' ' ' | sed 's/^ //')" = "1 1" ]
count "token create as text: the token alone" $?
json "token list" "len(v) == 2 and all('token' not in t for t in v) and v[1]['expires_at'] == '2100-01-01T00:00:00Z'" \
    token list acme
refused "token create with an unknown scope" "admin" token create acme --scopes admin
refused "token create that is over already" "expired" token create acme --scopes read_packages --expires 1
json "token create-registry" "v['token'].startswith('lr') and v['scopes'] == ''" \
    token create-registry acme my-files --description Install
json "token list of a registry" "len(v) == 1 and 'token' not in v[0] and v[0]['description'] == 'Install'" \
    token list acme my-files
other=$(python3 -c "import json; print(json.load(open('out'))[0]['id'])")
gives 0 "token reveal" token reveal acme my-files "$other"
holds "token reveal: the secret" out "lrgr_"
refused "token reveal of an API token" "no token" token reveal acme my-files "$id"
gives 0 "token list as text" token list acme
holds "token list as text: row" out "write_packages  Deploy"
gives 0 "the registry is made public" registry update acme my-files --public
refused "token list of a public registry" "not accessible while it is public" token list acme my-files
refused "token create-registry at a public registry" "not accessible while it is public" \
    token create-registry acme my-files
refused "token delete at a public registry" "not accessible while it is public" token delete acme my-files "$other"
gives 0 "the registry is made private" registry update acme my-files --private
json "token list of a registry that is private again" "len(v) == 1 and v[0]['id'] == '$other'" token list acme my-files
json "token delete" "v == {'deleted': '$id'}" token delete acme "$id"
refused "token delete again" "token" token delete acme "$id"
json "token delete of a registry" "v == {'deleted': '$other'}" token delete acme my-files "$other"
json "token list after deletion" "len(v) == 1" token list acme

# --- audit, verify, gc, backup ---

json "audit" \
    "v[0]['type'] == 'RegistryTokenDeletedEvent' and v[-1]['type'] == 'OrganizationCreatedEvent' and v[0]['actor']" \
    audit acme
json "audit with a limit" "len(v) == 3" audit acme --limit 3
gives 0 "audit as text" audit acme
holds "audit as text: row" out "PackageDeletedEvent"
refused "audit of none" "no organization nobody" audit nobody
json "verify" "v['blobs'] >= 2 and v['missing'] == v['damaged'] == 0 and v['findings'] == []" verify
json "backup" "v == {'backup': '$folder/copy', 'kind': 'copy'}" backup "$folder/copy"
[ -z "$(find "$folder/copy" -type f -links +1)" ]
count "the backup shares no file with the instance" $?
json "backup with links" "v == {'backup': '$folder/linked', 'kind': 'link'}" backup --link "$folder/linked"
[ -n "$(find "$folder/linked/objects" -type f -links 2)" ]
count "the backup with links shares them" $?
rm -rf "$folder/linked"
gives 0 "backup with links as text" backup --link "$folder/linked"
holds "backup with links says what it is" out "the same files under a second name"
rm -rf "$folder/linked"
misused "backup of two kinds" "exclude each other" backup --link --copy "$folder/linked"
refused "backup over what is there" "exists already" backup "$folder/copy"
"$program" --data "$folder/copy" package download acme my-files app-1.0.0.bin 2>err | sha256sum | grep -q "^$sum"
count "the backup is a data directory" $?
refused "backup inside of the data directory" "outside" backup "$folder/data/copy"
json "gc removes what nothing names" "v['blobs'] == 1 and v['blob_bytes'] == 6" gc
json "gc" "isinstance(v['blobs'], int) and isinstance(v['stages'], int)" gc --grace-seconds 0
gives 0 "gc as text" gc
holds "gc as text: row" out "removed 0 blobs"
object=$(find "$folder/copy/objects" -type f -size +200k | head -n 1)
chmod u+w "$object" && printf 'X' | dd of="$object" conv=notrunc status=none
data=$folder/copy
gives 3 "verify finds damage" verify
holds "verify finds damage: finding" err "registryctl: "
holds "verify finds damage: summary" out "1 damaged"
gives 3 "verify finds damage as JSON" verify --json
python3 -c "import json; v = json.load(open('out')); assert v['damaged'] == 1 and len(v['findings']) == 1"
count "verify finds damage as JSON: finding" $?

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
