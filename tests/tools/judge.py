#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture shows, judged without any code of ours; scapy computes the checksums.

  payload PCAP --src L --dst L --tag T --ulids S D [--least N]
        every shimmed packet from locator --src carries destination, tag and, inside, the checksum of the ULIDs
  times PCAP TYPE SRC                seconds between successive control messages of TYPE from SRC, one per line
  before PCAP                        packets that passed before the first control message
  count PCAP TYPE|payload [SRC]      how many of them
"""

import argparse
import socket
import struct
import sys

PROTO = 140
ULP = {6, 17, 58}


def packets(path):
    """(time, octets from the IPv6 header on) of each IPv6 packet of a capture from an Ethernet device."""
    with open(path, "rb") as f:
        magic, *_, link = struct.unpack("=IHHiIII", f.read(24))
        if magic != 0xa1b2c3d4 or link != 1:
            raise SystemExit(f"{path}: not a capture of this machine's Ethernet devices")
        while len(head := f.read(16)) == 16:
            sec, usec, length, _ = struct.unpack("=IIII", head)
            frame = f.read(length)
            if frame[12:14] == b"\x86\xdd":
                yield sec + usec / 1e6, frame[14:]


def is_shim6(octets):
    return len(octets) >= 48 and octets[6] == PROTO


def is_payload(octets):
    return is_shim6(octets) and octets[42] & 0x80


def message_type(octets):
    return octets[42] if is_shim6(octets) and not octets[42] & 0x80 else None


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def payload(args):
    from scapy.layers.inet6 import IPv6, in6_chksum      # here only: it takes seconds to load

    src, dst = address(args.src), address(args.dst)
    ulids = [address(u) for u in args.ulids]
    tag = int(args.tag, 16)
    seen = 0
    for when, p in packets(args.pcap):
        if not is_payload(p) or p[8:24] != src:
            continue
        seen += 1
        got = int.from_bytes(p[42:48], "big") & (1 << 47) - 1
        length = int.from_bytes(p[4:6], "big")
        ulp = p[48:40 + length]
        faults = []
        if p[24:40] != dst:
            faults.append("another destination")
        if got != tag:
            faults.append(f"tag {got:#014x}, wanted {tag:#014x}")
        if p[41] != 0:
            faults.append(f"Hdr Ext Len {p[41]}")
        if p[40] not in ULP:
            faults.append(f"next header {p[40]}")
        else:
            # RFC 5533, 11.1: the checksum is that of the ULIDs, the shim does not touch it
            pseudo = IPv6(src=args.ulids[0], dst=args.ulids[1])
            assert (address(pseudo.src), address(pseudo.dst)) == tuple(ulids)
            if in6_chksum(p[40], pseudo, ulp) != 0:
                faults.append("checksum is not that of the ULIDs")
            if in6_chksum(p[40], IPv6(src=args.src, dst=args.dst), ulp) == 0:
                faults.append("checksum is that of the locators")
        if faults:
            print(f"{when:.6f}: {', '.join(faults)}\n{p.hex()}")
            return 1
    print(f"{seen} shimmed packets")
    return 0 if seen >= args.least else 1


def times(args):
    last = None
    src = address(args.src)
    for when, p in packets(args.pcap):
        if message_type(p) == args.type and p[8:24] == src:
            if last is not None:
                print(f"{when - last:.3f}")
            last = when
    return 0


def before(args):
    n = 0
    for _, p in packets(args.pcap):
        if message_type(p) is not None:
            print(n)
            return 0
        n += 1
    print(f"no control message among {n} packets")
    return 1


def count(args):
    src = address(args.src) if args.src else None
    print(sum(1 for _, p in packets(args.pcap)
              if (is_payload(p) if args.what == "payload" else message_type(p) == int(args.what)) and
              (src is None or p[8:24] == src)))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = parser.add_subparsers(required=True)
    p = sub.add_parser("payload")
    p.add_argument("pcap")
    p.add_argument("--src", required=True)
    p.add_argument("--dst", required=True)
    p.add_argument("--tag", required=True)
    p.add_argument("--ulids", nargs=2, required=True)
    p.add_argument("--least", type=int, default=1)
    p.set_defaults(run=payload)
    p = sub.add_parser("times")
    p.add_argument("pcap")
    p.add_argument("type", type=int)
    p.add_argument("src")
    p.set_defaults(run=times)
    p = sub.add_parser("before")
    p.add_argument("pcap")
    p.set_defaults(run=before)
    p = sub.add_parser("count")
    p.add_argument("pcap")
    p.add_argument("what")
    p.add_argument("src", nargs="?")
    p.set_defaults(run=count)
    args = parser.parse_args()
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
