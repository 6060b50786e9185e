#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Somebody on the path who plays old lists again: replay.py TAG

Runs in the namespace of whoever sends to the context with that tag.  Keeps his first Update Request with a Locator List and
waits for a later one to be acknowledged; then sends the first again, as it was and under a new nonce.  Prints "watching",
"kept" and what came back for each: "Update Acknowledgement", "Error N" or "nothing"."""
import os
import random
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from scapy.layers.inet6 import IPv6  # noqa: E402
from shim6_packets import *  # noqa: E402

tag = int(sys.argv[1], 16)
ETH_P_ALL = 3			# with what leaves
sniff = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)


def receive(patience, wanted):
    """The first control message for which @wanted, with its IPv6 header, or None."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        sniff.settimeout(max(end - time.monotonic(), 0.01))
        try:
            p = sniff.recv(4096)
        except socket.timeout:
            return None
        if len(p) < 56 or p[0] >> 4 != 6 or p[6] != 140 or p[42] & 0x80:
            continue
        p = IPv6(p)
        if wanted(p.payload):
            return p
    return None


def update(m):
    return isinstance(m, Shim6UpdateRequest) and m.tag == tag and m.option(OptLocators)


def acknowledged(nonce):
    return lambda m: isinstance(m, Shim6UpdateAck) and m.nonce == nonce


print("watching", flush=True)
old = receive(120, update) or sys.exit("no list came")
print("kept", flush=True)
generation = old.payload.option(OptLocators).generation
new = receive(120, lambda m: update(m) and m.option(OptLocators).generation != generation) or sys.exit("no second list came")
receive(120, acknowledged(new.payload.nonce)) or sys.exit("the second list was not acknowledged")
out.bind((old.src, 0))		# the source decides the way out
fresh = old.payload.copy()
fresh.nonce = random.getrandbits(32)
fresh.chksum = None
for m in old.payload, fresh:
    out.sendto(bytes(IPv6(src=old.src, dst=old.dst, nh=140) / m), (old.dst, 0))
    answer = receive(5, lambda m, nonce=m.nonce: acknowledged(nonce)(m) or isinstance(m, Shim6Error))
    print("nothing" if not answer else "Update Acknowledgement" if isinstance(answer.payload, Shim6UpdateAck)
          else "Error %d" % answer.payload.code, flush=True)
