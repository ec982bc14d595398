# SPDX-License-Identifier: Apache-2.0
"""A strict reader of HTTP/1 requests: RFC 9112 to the letter, without optional leniency. registryd is compared with it,
so it shares no code and no approach with registryd: it reads a whole connection with regular expressions, and stops at
incomplete input as it does at invalid input."""
import re
import zlib

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
HEAD = re.compile(
    rb"(?:\r\n){0,16}"
    rb"(?P<method>" + TOKEN + rb") (?P<target>[!-~\x80-\xff]+) HTTP/1\.(?P<minor>[0-9])\r\n"
    rb"(?P<fields>(?:" + TOKEN + rb":[\t -~\x80-\xff]*\r\n)*)"
    rb"\r\n"
)
CHUNK = re.compile(rb"(?P<size>[0-9A-Fa-f]+)(?:[ \t]*;[\t -~\x80-\xff]*)?\r\n")
TRAILERS = re.compile(rb"(?:" + TOKEN + rb":[\t -~\x80-\xff]*\r\n)*\r\n")
LENGTH_MAX = 2**63 - 1


class Refused(Exception):
    """Not a request, or not yet."""


def _fields(text):
    for line in text.split(b"\r\n")[:-1]:
        name, value = line.split(b":", 1)
        yield name, value.strip(b" \t")


def _framing(fields, minor):
    """Returns whether the body is chunked, and its length otherwise."""
    values = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(value)
    hosts = len(values.get(b"host", []))
    lengths, codings = values.get(b"content-length", []), values.get(b"transfer-encoding", [])
    if hosts > 1 or (minor > 0 and hosts == 0) or len(lengths) + len(codings) > 1:
        raise Refused
    if any(value.lower() != b"100-continue" for value in values.get(b"expect", [])):
        raise Refused
    if codings:
        if minor == 0 or codings[0].lower() != b"chunked":
            raise Refused
        return True, 0
    if lengths:
        if not re.fullmatch(rb"[0-9]+", lengths[0]) or int(lengths[0]) > LENGTH_MAX:
            raise Refused
        return False, int(lengths[0])
    return False, 0


def _chunks(data, at):
    body = b""
    while True:
        head = CHUNK.match(data, at)
        if head is None:
            raise Refused
        size, at = int(head["size"], 16), head.end()
        if size == 0:
            break
        if size > LENGTH_MAX or data[at + size : at + size + 2] != b"\r\n":
            raise Refused
        body += data[at : at + size]
        at += size + 2
    end = TRAILERS.match(data, at)
    if end is None:
        raise Refused
    return body, end.end()


def _request(data, at):
    """One request as the text that represents it, and the start of the next one."""
    head = HEAD.match(data, at)
    if head is None:
        raise Refused
    minor = int(head["minor"])
    fields = list(_fields(head["fields"]))
    is_chunked, length = _framing(fields, minor)
    at = head.end()
    if is_chunked:
        body, at = _chunks(data, at)
    else:
        body = data[at : at + length]
        at += length
        if len(body) < length:
            raise Refused
    text = head["method"] + b" " + head["target"] + (b" 1\n" if minor > 0 else b" 0\n")
    text += b"".join(name + b":" + value + b"\n" for name, value in fields)
    return text + b"%d %d\n" % (is_chunked, length) + body, at


def read(data):
    """The requests on a connection, each as a text of method, target, minor version, fields, framing and body, up to
    the first invalid or incomplete one."""
    at, requests = 0, []
    try:
        while at < len(data):
            request, at = _request(data, at)
            requests.append(request)
    except Refused:
        pass
    return requests


def marks(data):
    """The CRC-32 of each."""
    return ["%08x" % zlib.crc32(request) for request in read(data)]
