#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A router advertisement: ra.py INTERFACE PREFIX VALID PREFERRED [ROUTER-LIFETIME]

Sends it once to all nodes, with one prefix of 64 bits for autoconfiguration (RFC 4861, RFC 4862)."""
import socket
import struct
import sys

interface, prefix, valid, preferred = sys.argv[1:5]
router = int(sys.argv[5]) if len(sys.argv) > 5 else 0
index = socket.if_nametoindex(interface)
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
on_link_autonomous = 0xc0
option = struct.pack("!BBBBIII", 3, 4, 64, on_link_autonomous, int(valid), int(preferred), 0)
option += socket.inet_pton(socket.AF_INET6, prefix)
s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, router, 0, 0) + option, ("ff02::1", 0, 0, index))
