#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Thousands of contexts at once: their traffic, and how they leave an uplink that has died.

  echo ADDR...                          send back what comes, in the namespace of a peer
  ask RATE SRC... -- DST...             datagrams from every SRC to every DST in turn, RATE a second.  A line of standard
                                        input asks for "PAIRS ANSWERED" since the one before: pairs asked, and answered
  result SINCE MONITOR CAPTURE COUNT    after the failure at SINCE (time of the day): lines "NAME VALUE" for crowd.sh
"""

import datetime
import re
import select
import socket
import struct
import sys
import time

PORT = 9000
PROBE = 67


def sockets(addrs):
    out = []
    for a in addrs:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        s.bind((a, PORT))
        s.setblocking(False)
        out.append(s)
    return out


def poller(socks):
    p = select.epoll()
    for s in socks:
        p.register(s, select.EPOLLIN)
    return p, {s.fileno(): s for s in socks}


def echo(args):
    poll, by_fd = poller(sockets(args))
    while True:
        for fd, _ in poll.poll():
            data, peer = by_fd[fd].recvfrom(256)
            try:
                by_fd[fd].sendto(data, peer)
            except OSError:
                pass


def ask(args):
    rate = float(args[0])
    at = args.index("--")
    socks, peers = sockets(args[1:at]), args[at + 1:]
    index = {p: i for i, p in enumerate(peers)}
    poll, by_fd = poller(socks)
    poll.register(0, select.EPOLLIN)
    number = {s.fileno(): i for i, s in enumerate(socks)}
    pairs = [(s, (d, PORT)) for d in peers for s in socks]
    asked, answered = set(), set()
    turn, due = 0, time.monotonic()
    while True:
        now = time.monotonic()
        while due <= now:
            k = turn % len(pairs)
            turn += 1
            due = max(due + 1 / rate, now - 0.1)
            asked.add(k)
            try:
                pairs[k][0].sendto(b"?" * 32, pairs[k][1])
            except OSError:
                pass
        for fd, _ in poll.poll(max(0, due - time.monotonic())):
            if fd == 0:
                if not sys.stdin.readline():
                    return
                print(len(asked), len(answered & asked), flush=True)
                asked.clear()
                answered.clear()
                continue
            try:
                _, peer = by_fd[fd].recvfrom(256)
            except OSError:
                continue
            answered.add(index[peer[0]] * len(socks) + number[fd])


def clock(text):
    t = datetime.datetime.strptime(text, "%H:%M:%S.%f")
    return t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6


def probes(path):
    """Times of the Probes in a capture of pcap's Linux cooked form (any interface)."""
    with open(path, "rb") as f:
        data = f.read()
    at, out = 24, []
    skip = {1: 14, 113: 16, 276: 20}[struct.unpack_from("<I", data, 20)[0]]
    while at + 16 <= len(data):
        sec, usec, got, _ = struct.unpack_from("<IIII", data, at)
        packet = data[at + 16 + skip:at + 16 + got]
        if len(packet) > 43 and packet[6] == 140 and packet[42] == PROBE:
            out.append(sec + usec / 1e6)
        at += 16 + got
    return out


def result(args):
    since, count = float(args[0]), int(args[3])
    day = datetime.datetime.fromtimestamp(since).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    moved = {}
    with open(args[1]) as f:
        for line in f:
            found = re.match(r"(\S+)  context (\d+) .*  now over 2001:db8:a2:", line)
            if found and found.group(2) not in moved:
                moved[found.group(2)] = clock(found.group(1)) + day - since
    times = sorted(moved.values())
    print("contexts", count)
    print("moved", len(times))
    for name, share in (("half", 0.5), ("most", 0.99), ("all", 1)):
        need = -(-int(count * share * 100) // 100)
        print(name, f"{1000 * times[need - 1]:.0f}" if need <= len(times) else "inf")
    sent = sorted(t - since for t in probes(args[2]) if t > since)
    print("probes", len(sent))
    first, busiest = 0, 0
    for last, t in enumerate(sent):
        while sent[first] <= t - 1:
            first += 1
        busiest = max(busiest, last - first + 1)
    print("busiest", busiest)


if __name__ == "__main__":
    {"echo": echo, "ask": ask, "result": result}[sys.argv[1]](sys.argv[2:])
