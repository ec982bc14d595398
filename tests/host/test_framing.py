#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares registryd's parser with a strict reader (strict_http.py) on 100,000 mutated connections: registryd never
accepts a request that the reader refuses, and never reads one differently. LREG_FRAMING_SEED repeats a run."""
import os
import random
import subprocess
import sys
import unittest

import host
import strict_http

COUNT = 100000
PROGRAM = host.program("host_framing")

GET = b"GET /-/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
SEEDS = (
    GET,
    GET + GET,
    b"\r\n" + GET,
    b"GET / HTTP/1.0\r\n\r\n",
    b"HEAD /a/b?c=d&e HTTP/1.1\r\nHost: [::1]:80\r\nAccept: */*\r\nUser-Agent: x\r\nConnection: keep-alive\r\n\r\n",
    b"GET http://h/a HTTP/1.1\r\nHost: h\r\nX-Abc: \r\nX-Def:\r\nAuthorization: Bearer x\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + GET,
    b"PUT /a HTTP/1.1\r\nHost: h\r\nX: a\tb c \r\nContent-Length:  5 \r\n\r\nGET /" + GET,
    b"PATCH /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n" + GET,
    b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + GET,
    b"POST /a HTTP/1.1\r\nhost:h\r\ntransfer-encoding: Chunked\r\n\r\nA ;a=b\r\n0123456789\r\n00\r\nT: v\r\n\r\n" + GET,
    b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(GET) + GET + GET,
    b"DELETE /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: y\r\n\r\n" + GET,
    b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + GET,
)
LINES = (
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 43", b"Content-Length: +5", b"Content-Length: 5, 5",
    b"Content-Length: 5 5", b"Content-Length : 5", b"content-length:5", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding:\tchunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding:", b"Host: evil", b"Host:",
    b" folded", b"\tfolded", b"X: \rContent-Length: 5", b"X:\rTransfer-Encoding: chunked", b"X: a\nContent-Length: 5",
    b"X: \x00", b": v", b"no colon", b"Connection: close", b"Upgrade: h2c", b"Expect: x", b"GET / HTTP/1.1",
)
BYTES = (b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n", b" ", b"  ", b"\t", b"\x00", b"\x0b", b"\x0c", b"\x7f", b"\x80",
         b"\xff", b":", b";", b",", b"-", b"+", b"0", b"1", b"9", b"f", b"x", b"A", b"_", b"\"", b"(", b"/",
         b"HTTP/1.1", b"HTTP/0.9")
SOUND_LINES = (b"Content-Length: 5", b"content-length:5", b"Content-Length: 0", b"Content-Length: 43",
               b"Transfer-Encoding: chunked", b"Transfer-Encoding:\tchunked", b"Connection: close", b"Upgrade: h2c")
BAD_HEADS = (
    b"GET / HTTP/1.1\nHost: h\n\n", b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /\r\n\r\n",
    b"GET /  HTTP/1.1\r\nHost: h\r\n\r\n", b"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", b"\n" + GET, b"\r" + GET,
    b"\r" + GET, b" " + GET, b"GET / ICE/1.1\r\nHost: h\r\n\r\n", b"SOURCE / ICE/1.1\r\nHost: h\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\n\rX", b"GET / http/1.1\r\nHost: h\r\n\r\n", b"\r\n" * 17 + GET,
)
BAD_CHUNKS = (
    b"5 \r\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhelloXX0\r\n\r\n", b"5;\n\r\nhello\r\n0\r\n\r\n", b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    b"0\r\nT : v\r\n\r\n", b"0\r\n T: v\r\n\r\n", b"0\r\nT: v\n\r\n",
)


def line_ends(data):
    return [i for i in range(len(data) - 1) if data[i : i + 2] == b"\r\n"]


def anywhere(data, draw):
    """More often at the end of a line, or at the start of a field or its value."""
    places = [i for i, byte in enumerate(data) if byte in b"\r\n: "] if draw.random() < 0.7 else []
    at = draw.choice(places) + draw.randrange(2) if places else draw.randrange(len(data) + 1)
    return min(at, len(data))


def insert(data, draw):
    at = anywhere(data, draw)
    return data[:at] + draw.choice(BYTES) + data[at:]


def replace(data, draw):
    at = anywhere(data, draw)
    return data[:at] + draw.choice(BYTES) + data[at + draw.randrange(1, 3) :]


def remove(data, draw):
    at = anywhere(data, draw)
    return data[:at] + data[at + draw.randrange(1, 4) :]


def add_line(data, draw):
    ends = line_ends(data)
    if not ends:
        return insert(data, draw)
    at = draw.choice(ends) + 2
    return data[:at] + draw.choice(LINES) + draw.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r")) + data[at:]


def repeat_line(data, draw):
    ends = line_ends(data)
    if len(ends) < 2:
        return insert(data, draw)
    i = draw.randrange(len(ends) - 1)
    line = data[ends[i] : ends[i + 1]]
    at = draw.choice(ends)
    return data[:at] + line + data[at:]


MUTATIONS = (insert, insert, replace, replace, remove, add_line, add_line, repeat_line)


def mutate(draw):
    data = draw.choice(SEEDS)
    for _ in range(draw.choice((1, 1, 2, 3))):
        data = draw.choice(MUTATIONS)(data, draw) or b"x"
    return data


def taken_by_registryd(connections):
    """For each, the marks of the accepted requests, and whether the rest was refused."""
    told = b"".join(b"%d\n%s" % (len(data), data) for data in connections)
    done = subprocess.run([PROGRAM], input=told, stdout=subprocess.PIPE, check=True, timeout=host.PATIENCE_S * 5)
    lines = done.stdout.decode("ascii").splitlines()
    return [([word for word in line.split() if word != "refused"], line.endswith("refused")) for line in lines]


class Framing(unittest.TestCase):
    def test_sound_connections_are_taken(self):
        results = taken_by_registryd(SEEDS)
        for data, (marks, is_refused) in zip(SEEDS, results):
            with self.subTest(data=data):
                self.assertEqual(marks, strict_http.marks(data))
                self.assertEqual(is_refused, False)

    def test_known_tricks_are_refused(self):
        head = b"POST /a HTTP/1.1\r\nHost: h\r\n"
        lines = [line for line in LINES if line not in SOUND_LINES]
        tricks = [*BAD_HEADS, *(head + line + b"\r\n\r\nhello" for line in lines)]
        tricks += [head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks for chunks in BAD_CHUNKS]
        for data, (marks, is_refused) in zip(tricks, taken_by_registryd(tricks)):
            with self.subTest(data=data):
                self.assertEqual((marks, is_refused, strict_http.marks(data)), ([], True, []))

    def test_nothing_is_taken_that_a_strict_reader_refuses(self):
        seed = os.environ.get("LREG_FRAMING_SEED") or str(random.SystemRandom().randrange(2**32))
        draw = random.Random(seed)
        connections = [mutate(draw) for _ in range(COUNT)]
        taken = stricter = 0
        for data, (marks, is_refused) in zip(connections, taken_by_registryd(connections), strict=True):
            expected = strict_http.marks(data)
            shown = f"seed {seed}: {data!r} is read as {strict_http.read(data)}"
            self.assertEqual(marks, expected[: len(marks)], shown)
            taken += len(marks)
            stricter += is_refused and len(marks) < len(expected)
        self.assertGreater(taken, COUNT // 4, "mutations that are all refused show nothing")
        self.assertLess(stricter, COUNT // 20, "what is sound is taken, but for methods that are not known")
        print(f"{COUNT} connections, {taken} requests taken alike, {stricter} refused by registryd alone")


if __name__ == "__main__":
    if not os.path.exists(PROGRAM):
        print("skipped: host_framing is not built")
        sys.exit(77)
    host.main()
