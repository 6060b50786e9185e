#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tagged packets with all kinds of headers around the Shim6 header.

usage: headers.py listen ADDRESS SECONDS			print the datagrams that arrive at port 5001
       headers.py send TAG SRC DST ULID-SRC ULID-DST	send each case, labelled, as a router would pass it on
       headers.py lie TAG SRC DST ULID-SRC ULID-DST	packets between the ULIDs that are not what their headers say
       headers.py full TAG SRC DST ULID-SRC ULID-DST MTU
							packets between the ULIDs that fill the path and cannot be cut
       headers.py icmp TAG SRC DST ULID-SRC ULID-DST CASE
							a router's error about a tagged packet from SRC to DST; CASE:
							right, tag, checksum or length (what is wrong with it)
"""
import socket
import struct
import sys
import time

UDP, ROUTING, FRAGMENT, DSTOPTS, HOPOPTS, SHIM6, NONE, ICMP = 17, 43, 44, 60, 0, 140, 59, 58


def addr(text):
    return socket.inet_pton(socket.AF_INET6, text)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff or 0xffff


def options(nxt, size=8):
    """Hop-by-Hop or Destination Options with one option for experiments, to be skipped (RFC 4727)."""
    return struct.pack("!BBBB", nxt, size // 8 - 1, 0x1e, size - 4) + b"\0" * (size - 4)


def routing(nxt, left):
    return struct.pack("!BBBBI", nxt, 0, 253, left, 0)


class Sender:
    def __init__(self, tag, src, dst, ulid_src, ulid_dst):
        self.tag, self.src, self.dst = int(tag, 0), addr(src), addr(dst)
        self.ulids = addr(ulid_src) + addr(ulid_dst)
        self.peer = dst
        self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self.sock.setsockopt(41, 36, 1)			# IPV6_HDRINCL

    def udp(self, label):
        """A datagram of the ULIDs."""
        body = struct.pack("!HHHH", 5000, 5001, 8 + len(label), 0) + label.encode()
        pseudo = self.ulids + struct.pack("!IxxxB", len(body), UDP)
        return body[:6] + struct.pack("!H", checksum(pseudo + body)) + body[8:]

    def shim(self, nxt, tag=None, length=0):
        return struct.pack("!BB", nxt, length) + struct.pack("!Q", (self.tag if tag is None else tag) | 1 << 47)[2:]

    def packet(self, nxt, payload, length=None, ends=None):
        ip = struct.pack("!IHBB", 6 << 28, len(payload) if length is None else length, nxt, 64)
        return ip + (ends or self.src + self.dst) + payload

    def send(self, nxt, payload):
        self.sock.sendto(self.packet(nxt, payload), (self.peer, 0))
        time.sleep(0.02)

    def lie(self):
        """A Hop-by-Hop header longer than the packet; a Payload Length that leaves no room for 8 octets more."""
        self.raw(HOPOPTS, struct.pack("!BB", UDP, 255) + bytes(14))
        self.raw(UDP, self.udp("bad-length"), length=0xffff)

    def full(self, mtu):
        """Packets that fill a path and cannot be cut: a fragment; headers that leave room for 0 to 15 octets."""
        self.raw(FRAGMENT, struct.pack("!BBHI", UDP, 0, 1, 4711) + bytes(int(mtu) - 48))
        for left in range(0, 16, 8):
            size = int(mtu) - 40 - 8 - 8 - left		# of the header, when 8 octets and a Fragment header are there
            self.raw(HOPOPTS, struct.pack("!BB", UDP, size // 8 - 1) + bytes(size - 2) + bytes(16 + left))

    def raw(self, nxt, payload, length=None):
        """From the ULID to the other one, whatever it is."""
        try:
            self.sock.sendto(self.packet(nxt, payload, length, self.ulids),
                             (socket.inet_ntop(socket.AF_INET6, self.ulids[16:]), 0))
        except PermissionError:	# what a packet that a hook drops gives
            pass

    def icmp(self, case):
        quoted = self.packet(SHIM6, self.shim(UDP, tag=self.tag ^ (case == "tag")) + self.udp("quoted"),
                             length=4 if case == "length" else None)
        error = struct.pack("!BBHI", 1, 1, 0, 0) + quoted		# administratively prohibited
        ends = self.src[:15] + b"\xff" + self.src	# of the router
        total = checksum(ends + struct.pack("!IxxxB", len(error), ICMP) + error) ^ (case == "checksum")
        error = error[:2] + struct.pack("!H", total) + error[4:]
        self.sock.sendto(self.packet(ICMP, error, ends=ends), (socket.inet_ntop(socket.AF_INET6, self.src), 0))

    def all(self):
        s, u = self.shim, self.udp
        self.send(SHIM6, s(UDP) + u("plain"))
        self.send(HOPOPTS, options(SHIM6) + s(UDP) + u("hopopts"))
        self.send(DSTOPTS, options(SHIM6) + s(UDP) + u("dstopts-before"))
        self.send(SHIM6, s(DSTOPTS) + options(UDP) + u("dstopts-behind"))
        self.send(ROUTING, routing(SHIM6, 0) + s(UDP) + u("routing"))
        self.send(HOPOPTS, options(DSTOPTS, 16) + options(ROUTING, 24) + routing(SHIM6, 0) + s(DSTOPTS) +
                  options(UDP) + u("all-of-them"))
        self.fragments("fragments-" + "x" * 100)
        # none of these may arrive
        self.send(ROUTING, routing(SHIM6, 1) + s(UDP) + u("bad-segments-left"))
        self.send(SHIM6, s(UDP, length=1) + b"\0" * 8 + u("bad-length"))
        self.send(SHIM6, s(UDP, tag=self.tag ^ 1) + u("bad-tag"))
        self.send(SHIM6, s(UDP)[:4])
        self.send(SHIM6, s(NONE))
        self.send(SHIM6, s(SHIM6) + s(UDP, tag=self.tag ^ 1) + u("bad-double"))
        self.send(SHIM6, s(UDP) + u("bad-checksum")[:-1] + b"?")
        self.send(SHIM6, s(UDP) + u("end"))

    def fragments(self, label):
        body = self.udp(label)
        for at in range(0, len(body), 64):
            piece = body[at:at + 64]
            more = at + 64 < len(body)
            self.send(SHIM6, self.shim(FRAGMENT) + struct.pack("!BBHI", UDP, 0, at | more, 4711) + piece)


def listen(address, seconds):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind((address, 5001))
    print("listening", flush=True)
    end = time.monotonic() + float(seconds)
    while True:
        s.settimeout(max(0.01, end - time.monotonic()))
        try:
            data, peer = s.recvfrom(4096)
        except TimeoutError:
            return
        label = data.decode().split("-x")[0]
        print(label, peer[0], flush=True)
        if label == "end":
            return


if __name__ == "__main__":
    if sys.argv[1:2] == ["listen"]:
        listen(*sys.argv[2:])
    elif sys.argv[1:2] == ["send"]:
        Sender(*sys.argv[2:]).all()
    elif sys.argv[1:2] == ["lie"]:
        Sender(*sys.argv[2:]).lie()
    elif sys.argv[1:2] == ["full"]:
        Sender(*sys.argv[2:-1]).full(sys.argv[-1])
    elif sys.argv[1:2] == ["icmp"]:
        Sender(*sys.argv[2:-1]).icmp(sys.argv[-1])
    else:
        sys.exit(__doc__)
