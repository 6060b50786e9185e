#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Send one malformed Shim6 packet: bad_packets.py KIND SRC DST.  KIND is the name of the counter it must raise."""

import socket
import struct
import sys

I1 = bytes.fromhex("3b010100" "0000" "123456789abc" "00000007")      # RFC 5533, 5.4, checksum 0


def checked(octets):
    """With the checksum of RFC 5533, 5.3."""
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets[:4] + b"\0\0" + octets[6:]))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return octets[:4] + struct.pack("!H", total ^ 0xffff) + octets[6:]


KINDS = {
    "address": checked(I1),                                         # from a source that no host has
    "truncated": I1[:1] + b"\x07" + I1[2:],                         # says 64 octets, has 16
    "checksum": checked(I1)[:4] + b"\xff\xff" + I1[6:],
    "type": checked(I1[:2] + b"\x2a" + I1[3:]),                     # unassigned
    "short": checked(I1[:2] + b"\x03" + I1[3:]),                    # an I2 of 16 octets, its fixed part has 24
    "option-length": checked(I1[:1] + b"\x02" + I1[2:] + b"\x00\x0e\x00\x40\0\0\0\0"),      # ends behind the header
    "option-critical": checked(I1[:1] + b"\x02" + I1[2:] + b"\x7f\xff\x00\x04\0\0\0\0"),    # unknown, C = 1
}


def main():
    kind, src, dst = sys.argv[1:]
    if kind == "address":
        from scapy.all import IPv6, send        # the only one that the kernel would not send for us
        send(IPv6(src="ff02::1", dst=dst, nh=140) / KINDS[kind], verbose=False)
        return 0
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, 140) as sock:
        sock.bind((src, 0))
        sock.sendto(KINDS[kind], (dst, 0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
