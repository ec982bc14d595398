#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Labels: threaded
"""registryd with clients that send nothing, trickle, do not read, or connect in hundreds: no client blocks another."""
import os
import resource
import socket
import unittest

import host

host.skip_without_programs()

HEALTH = "GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n"


def serve(*options, **more):
    return host.Registryd("--shutdown-timeout", "0", *options, **more)


def connect_from(server, address):
    return host.Client(socket.create_connection(("127.0.0.1", server.port), host.PATIENCE_S, (address, 0)))


def ask(server, address="127.0.0.1"):
    """The status of a request on a connection of its own; None if it was closed without a response."""
    with connect_from(server, address) as client:
        try:
            client.send(HEALTH)
            return client.response().status
        except (ConnectionError, AssertionError):
            return None


def trickle(client, byte=b"x", step_s=0.02):
    """Sends one byte at a time until there is an answer; returns the response."""
    client.socket.settimeout(step_s)
    for _ in range(int(host.PATIENCE_S / step_s)):
        try:
            got = client.socket.recv(65536)
        except TimeoutError:
            client.send(byte)
            continue
        client.socket.settimeout(host.PATIENCE_S)
        client.buffer = got
        return client.response()
    raise AssertionError("the server goes on waiting for a client that trickles")


class Bodies(unittest.TestCase):
    def test_refused_body_that_trickles_is_given_up(self):
        options = ("--refused-timeout", "0.3", "--body-timeout", "3600", "--min-rate", "0")
        with serve(*options) as server:
            for framing in ("Content-Length: 50000", "Transfer-Encoding: chunked"):
                with self.subTest(framing=framing), server.connect() as client:
                    client.send(f"POST {host.PACKAGES} HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n")
                    response = trickle(client)
                    self.assertEqual((response.status, response.headers["connection"]), (401, "close"))
                    with self.assertRaises(ConnectionError):
                        while True:
                            trickle_end(client)

    def test_refused_body_that_stands_still_is_given_up(self):
        options = ("--refused-timeout", "0.3", "--body-timeout", "3600", "--min-rate", "0")
        with serve(*options) as server, server.connect() as client:
            client.send(f"POST {host.PACKAGES} HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\nx")
            self.assertEqual(client.response().status, 401)
            self.assertTrue(client.is_closed())

    def test_refused_body_without_an_end_is_given_up(self):
        """Also after the response, however fast bytes arrive."""
        with serve("--refused-timeout", "3600") as server, server.connect() as client:
            client.send(f"POST {host.PACKAGES} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
            with self.assertRaises(ConnectionError):
                for _ in range(200):
                    client.send(piece)

    def test_upload_that_trickles_is_ended_and_leaves_nothing(self):
        options = ("--min-rate", "10000", "--rate-window", "0.3", "--body-timeout", "3600")
        with serve(*options) as server:
            head, form = server.upload_head("trickle-1.0.0.bin", b"x" * 100000)
            chunked, _ = server.upload_head("trickle-1.0.0.bin", b"", "Transfer-Encoding: chunked")
            for start, byte in ((head + form[:1000], b"x"), (chunked, b"1\r\n-\r\n")):
                with self.subTest(byte=byte), server.connect() as client:
                    client.send(start)
                    response = trickle(client, byte)
                    self.assertEqual((response.status, response.headers["connection"]), (408, "close"))
                    self.assertIn("--min-rate", response.json()["message"])
            self.assertEqual(server.get(server.file_path("trickle-1.0.0.bin")).status, 404)
            self.assertEqual(os.listdir(os.path.join(server.data, "staging")), [])

    def test_upload_that_is_fast_enough_goes_on(self):
        """The window passes many times; time spent on the disk does not count."""
        with serve("--min-rate", "1", "--rate-window", "0.001") as server:
            head, form = server.upload_head("steady-1.0.0.bin", b"x" * 3000)
            with server.connect() as client:
                client.send(head)
                for i in range(0, len(form), 10):
                    client.send(form[i : i + 10])
                    ask(server)
                self.assertEqual(client.response().status // 100, 2)

    def test_download_that_is_read_too_slowly_is_ended(self):
        options = ("--min-rate", "1000000000", "--rate-window", "0.01", "--body-timeout", "3600")
        with serve(*options) as server:
            path = os.path.join(server.folder, "sip-1.0.0.bin")
            with open(path, "wb") as file:
                file.write(b"x" * 100000000)
            server.ctl("publish", host.ORGANIZATION, host.REGISTRY, path)
            with server.connect() as client:
                client.send(f"GET {server.file_path('sip-1.0.0.bin')} HTTP/1.1\r\nHost: x\r\n"
                            f"{server.authorization()}Connection: close\r\n\r\n")
                got = 0
                try:
                    while piece := client.socket.recv(100000):
                        got += len(piece)
                        ask(server)
                except ConnectionError:
                    pass
                self.assertLess(got, 100000000)


def trickle_end(client):
    """Sends one byte; a refused client gets nothing but the end of the connection."""
    client.send(b"x")
    if client.socket.recv(1) == b"":
        raise ConnectionResetError


class Connections(unittest.TestCase):
    def begin_upload(self, server, name):
        head, form = server.upload_head(name, b"x" * 1000)
        client = server.connect()
        self.addCleanup(client.socket.close)
        client.send(head.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n", 1))
        self.assertEqual(client.response().status, 100)
        return client, form

    def open_silent(self, server, count, address="127.0.0.1"):
        clients = [connect_from(server, address) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.socket.close)
        return clients

    def test_longest_idle_connection_makes_room(self):
        with serve("--memory", "--max-connections", "3", "--threads", "1", prepare=False) as server:
            clients = self.open_silent(server, 3)
            for client in clients:
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)
            self.assertEqual(ask(server), 200)
            self.assertTrue(clients[0].is_closed())
            for client in clients[1:]:
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)

    def test_connections_that_send_nothing_do_not_keep_others_out(self):
        for beginning in ("", "GET / HTTP/1.1\r\nHo"):
            options = ("--max-connections", "20", "--connections-per-peer", "99", "--header-timeout", "3600")
            with self.subTest(beginning=beginning), \
                    serve("--memory", *options, prepare=False) as server:
                for client in self.open_silent(server, 20):
                    client.send(beginning)
                for _ in range(30):
                    self.assertEqual(ask(server), 200)

    def test_connections_that_work_are_not_closed_for_others(self):
        with serve("--max-connections", "2") as server:
            uploads = [self.begin_upload(server, f"busy-1.0.{i}.bin") for i in range(2)]
            # The server detects idle connections a moment later; until then it accepts one more.
            refusal = host.wait_until(lambda: self.refusal(server), "a refusal")
            self.assertEqual((refusal.status, refusal.headers["retry-after"]), (503, "5"))
            for client, form in uploads:
                client.send(form)
                self.assertEqual(client.response().status // 100, 2)

    @staticmethod
    def refusal(server):
        with server.connect() as client:
            client.send(HEALTH)
            response = client.response()
        return response if response.status != 200 else None

    def test_peer_has_a_share(self):
        with serve("--connections-per-peer", "2") as server:
            uploads = [self.begin_upload(server, f"share-1.0.{i}.bin") for i in range(2)]
            with server.connect() as third:
                third.send(HEALTH)
                response = third.response()
                self.assertEqual((response.status, response.headers["retry-after"]), (429, "5"))
                self.assertEqual(response.headers["connection"], "close")
            self.assertEqual(ask(server, "127.0.0.2"), 200)
            client, form = uploads[0]
            client.send(form)
            self.assertEqual(client.response().status // 100, 2)
            client.socket.close()
            host.wait_until(lambda: ask(server) == 200, "the share to be given back")

    def test_share_by_default(self):
        with serve("--memory", "--max-connections", "200", prepare=False) as server:
            for client in self.open_silent(server, 25):
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)
            self.assertEqual(ask(server), 429)
            self.assertEqual(ask(server, "127.0.0.2"), 200)

    def test_many_more_than_the_share_are_closed_at_once(self):
        options = ("--connections-per-peer", "2", "--header-timeout", "3600", "--refused-timeout", "3600")
        with serve("--memory", *options, prepare=False) as server:
            clients = self.open_silent(server, 100)
            for client in clients[2 + 8 :]:
                self.assertTrue(client.is_closed())
            self.assertEqual(ask(server, "127.0.0.2"), 200)

    def test_those_over_the_share_have_little_time_to_be_told(self):
        options = ("--connections-per-peer", "1", "--header-timeout", "3600", "--refused-timeout", "0.3")
        with serve("--memory", *options, prepare=False) as server:
            first, silent, slow = self.open_silent(server, 3)
            slow.send("GET / HTTP/1.1\r\nHo")
            self.assertTrue(silent.is_closed())
            self.assertEqual(slow.response().status, 429)
            first.send(HEALTH)
            self.assertEqual(first.response().status, 200)

    def test_proxies_of_ours_have_no_share(self):
        options = ("--connections-per-peer", "1", "--trust-forwarded", "127.0.0.3")
        with serve("--memory", *options, prepare=False) as server:
            for client in self.open_silent(server, 20, "127.0.0.3"):
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)


class Descriptors(unittest.TestCase):
    def test_idle_connections_go_when_there_is_no_descriptor(self):
        with serve("--memory", prepare=False) as server:
            clients = [server.connect() for _ in range(5)]
            for client in clients:
                client.send(HEALTH)
                self.assertEqual(client.response().status, 200)
            used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
            resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used, used))
            for _ in range(3):
                with server.connect() as client:
                    client.send(HEALTH)
                    self.assertEqual(client.response().status, 200)
            for client in clients:
                client.socket.close()
            self.assertEqual(server.errors().count("cannot accept"), 1)

    def test_requests_do_not_fail_for_want_of_a_descriptor(self):
        wrapper = ("sh", "-c", 'ulimit -n 300; exec "$@"', "sh")
        options = ("--max-connections", "1000", "--connections-per-peer", "1000", "--workers", "1", "--threads", "1")
        with serve(*options, wrapper=wrapper) as server:
            self.assertIn("the limit of open files (300) is enough for ", server.errors())
            server.publish("large-1.0.0.bin", b"x" * 30000000)
            readers = []
            for _ in range(200):  # each keeps a file open as long as it does not read
                client = server.connect()
                self.addCleanup(client.socket.close)
                client.send(f"GET {server.file_path('large-1.0.0.bin')} HTTP/1.1\r\nHost: x\r\n"
                            f"{server.authorization()}Connection: close\r\n\r\n")
                readers.append(client)
            self.assertEqual({self.status_of(client) for client in readers} - {None}, {200, 503})

    @staticmethod
    def status_of(client):
        """None if it was closed before its request was read."""
        try:
            return int(client.read_until(b"\r\n")[9:12])
        except (ConnectionError, AssertionError):
            return None


if __name__ == "__main__":
    host.main()
