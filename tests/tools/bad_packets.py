#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Send one malformed Shim6 packet: bad_packets.py KIND SRC DST.  KIND is the name of the counter it must raise."""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from scapy.all import IPv6, raw, send  # noqa: E402
from shim6_packets import Shim6I1, checksum  # noqa: E402


def with_checksum(octets):
    zeroed = octets[:4] + b"\0\0" + octets[6:]
    return zeroed[:4] + struct.pack("!H", checksum(zeroed)) + zeroed[6:]


def body(kind):
    i1 = raw(Shim6I1(tag=0x123456789abc, nonce=7))
    if kind == "truncated":         # says 64 octets, has 16
        return i1[:1] + b"\x07" + i1[2:]
    if kind == "checksum":
        return i1[:4] + bytes([i1[4] ^ 0xff]) + i1[5:]
    if kind == "type":              # unassigned type
        return with_checksum(i1[:2] + b"\x2a" + i1[3:])
    if kind == "short":             # an I2 of 16 octets, its fixed part has 24
        return with_checksum(i1[:2] + b"\x03" + i1[3:])
    if kind == "hip":
        return with_checksum(i1[:3] + b"\x01" + i1[4:])
    if kind == "option-length":     # an option that ends behind the header
        return with_checksum(i1[:1] + b"\x02" + i1[2:] + b"\x00\x0e\x00\x40\0\0\0\0")
    if kind == "option-critical":   # an unknown option with C = 1
        return with_checksum(i1[:1] + b"\x02" + i1[2:] + b"\x7f\xff\x00\x04\0\0\0\0")
    if kind == "address":
        return i1
    raise SystemExit(f"no kind {kind}")


def main():
    kind, src, dst = sys.argv[1:]
    if kind == "address":
        src = "ff02::1"             # a source that no host has
    send(IPv6(src=src, dst=dst, nh=140) / body(kind), verbose=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
