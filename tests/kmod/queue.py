#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Accept what is queued, unchanged.

usage: queue.py NUMBER		prints "ready" when it is bound
"""
import socket
import struct
import sys

NETFILTER, QUEUE = 12, 3 << 8		# netlink family; subsystem of linux/netfilter/nfnetlink_queue.h
PACKET, VERDICT, CONFIG = 0, 1, 2
CFG_CMD, CFG_PARAMS, PACKET_HDR, VERDICT_HDR = 1, 2, 1, 2


def message(kind, number, attr, data):
    data += bytes(-len(data) % 4)
    body = struct.pack("=BBH", 0, 0, socket.htons(number)) + struct.pack("=HH", 4 + len(data), attr) + data
    return struct.pack("=IHHII", 16 + len(body), QUEUE | kind, 1, 0, 0) + body


def packet_id(attrs):
    while attrs:
        size, kind = struct.unpack_from("=HH", attrs)
        if kind == PACKET_HDR:
            return struct.unpack_from("!I", attrs, 4)[0]
        attrs = attrs[(size + 3) & ~3:]


def main():
    number = int(sys.argv[1])
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
    s.bind((0, 0))
    s.send(message(CONFIG, number, CFG_CMD, struct.pack("!BxH", 1, 0)))
    s.send(message(CONFIG, number, CFG_PARAMS, struct.pack("!IB", 0, 1)))
    print("ready", flush=True)
    while True:
        data = s.recv(65536)
        while data:
            size, kind = struct.unpack_from("=IH", data)
            if kind == QUEUE | PACKET:
                s.send(message(VERDICT, number, VERDICT_HDR, struct.pack("!II", 1, packet_id(data[20:size]))))
            data = data[(size + 3) & ~3:]


main()
