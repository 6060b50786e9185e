#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic whose gaps are measured: a request every 10 ms (--every), whatever became of the earlier ones.

  server PROTO ADDR PORT               echo what comes; PROTO: tcp, mptcp, udp
  client PROTO SRC DST PORT LOG        PROTO: also icmp (PORT is the identifier); a line "SECONDS NUMBER" an answer
  watch CPU LOG                        a line "SECONDS LATE" whenever this processor stood still for 40 ms or more
  ask                                  each line of standard input to the debug port, its reply and an empty line back

Seconds are those of the monotonic clock.  Ends at SIGTERM.
"""

import argparse
import os
import select
import signal
import socket
import struct
import sys
import time

SIZE = 64
EVERY = 0.01
STILL = 0.04
MPTCP = 262


def stream(proto):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, MPTCP if proto == "mptcp" else socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def echo_datagrams(args):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind((args.addr, args.port))
    while True:
        data, peer = sock.recvfrom(2048)
        try:
            sock.sendto(data, peer)
        except OSError:
            pass


def echo_stream(conn):
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        data = conn.recv(65536)
        if not data:
            return
        conn.sendall(data)


def server(args):
    if args.proto == "udp":
        echo_datagrams(args)
    sock = stream(args.proto)
    sock.bind((args.addr, args.port))
    sock.listen(8)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        conn, _ = sock.accept()
        if not os.fork():
            try:
                echo_stream(conn)
            except OSError:
                pass
            os._exit(0)
        conn.close()


class Stream:
    """Numbers of 64 octets each over TCP; what the socket does not take waits, as in an application."""

    def __init__(self, args):
        self.sock = stream(args.proto)
        self.sock.bind((args.src, 0))
        self.sock.connect((args.dst, args.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.out, self.rest = b"", b""

    def send(self, seq):
        self.out += struct.pack("!Q", seq).ljust(SIZE, b"\0")
        try:
            self.out = self.out[self.sock.send(self.out):]
        except BlockingIOError:
            pass

    def receive(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("the server closed")
        self.rest += data
        whole = len(self.rest) // SIZE * SIZE
        got = [struct.unpack_from("!Q", self.rest, at)[0] for at in range(0, whole, SIZE)]
        self.rest = self.rest[whole:]
        return got


class Datagrams:
    def __init__(self, args):
        self.sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.sock.bind((args.src, 0))
        self.dst = (args.dst, args.port)
        self.sock.setblocking(False)

    def send(self, seq):
        try:
            self.sock.sendto(struct.pack("!Q", seq).ljust(SIZE, b"\0"), self.dst)
        except OSError:
            pass

    def receive(self):
        return [struct.unpack("!Q", self.sock.recv(2048)[:8])[0]]


class Echoes:
    def __init__(self, args):
        self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.sock.bind((args.src, 0))
        self.dst = (args.dst, 0)
        self.id = args.port
        self.sock.setblocking(False)

    def send(self, seq):
        packet = struct.pack("!BBHHH", 128, 0, 0, self.id, seq & 0xffff) + struct.pack("!Q", seq).ljust(SIZE - 8)
        try:
            self.sock.sendto(packet, self.dst)      # the kernel writes the checksum
        except OSError:
            pass

    def receive(self):
        data = self.sock.recv(2048)
        if len(data) < 16 or data[0] != 129 or struct.unpack_from("!H", data, 4)[0] != self.id:
            return []
        return [struct.unpack_from("!Q", data, 8)[0]]


def client(args):
    kind = {"tcp": Stream, "mptcp": Stream, "udp": Datagrams, "icmp": Echoes}[args.proto]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    traffic = kind(args)
    seq, due = 0, time.monotonic()
    with open(args.log, "w", buffering=1) as log:
        while True:
            now = time.monotonic()
            if now >= due:
                traffic.send(seq)
                seq += 1
                due = max(due + args.every, now - 5 * args.every)
            if select.select([traffic.sock], [], [], max(0, due - time.monotonic()))[0]:
                for n in traffic.receive():
                    log.write(f"{time.monotonic():.5f} {n}\n")


def watch(args):
    """An emulated machine stops when its host has something better to do; what is measured then is that."""
    os.sched_setaffinity(0, [args.cpu])
    with open(args.log, "w", buffering=1) as log:
        before = time.monotonic()
        while True:
            time.sleep(EVERY)
            now = time.monotonic()
            if now - before > EVERY + STILL:
                log.write(f"{now:.5f} {now - before - EVERY:.5f}\n")
            before = now


def ask(_):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.connect(("::1", 19384))
    sock.settimeout(2)
    for line in sys.stdin:
        reply = ""
        try:
            sock.send(line.encode())
            while not reply.rstrip().rpartition("\n")[2].startswith(("ok", "error")):
                reply += sock.recv(65536).decode()
        except OSError:
            pass
        print((reply.rstrip() or "error: no answer") + "\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = parser.add_subparsers(required=True)
    p = sub.add_parser("server")
    p.add_argument("proto", choices=["tcp", "mptcp", "udp"])
    p.add_argument("addr")
    p.add_argument("port", type=int)
    p.set_defaults(run=server)
    p = sub.add_parser("client")
    p.add_argument("proto", choices=["tcp", "mptcp", "udp", "icmp"])
    p.add_argument("src")
    p.add_argument("dst")
    p.add_argument("port", type=int)
    p.add_argument("log")
    p.add_argument("--every", type=float, default=EVERY)
    p.set_defaults(run=client)
    p = sub.add_parser("watch")
    p.add_argument("cpu", type=int)
    p.add_argument("log")
    p.set_defaults(run=watch)
    p = sub.add_parser("ask")
    p.set_defaults(run=ask)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
