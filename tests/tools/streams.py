#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams that the scenes and the demo watch, and what became of them.

Every log is a text file with a line per thing that arrived: "SECONDS NUMBER", seconds of the monotonic clock that all
namespaces of a machine share.

  udp-send SRC DST PORT [--rate N] [--size N] [--seconds T]   numbered datagrams, one way; says how many were sent
  udp-recv ADDR PORT LOG                                        log each; ends at SIGTERM
  echo LOG [--every S] [--seconds T] -- COMMAND...              a line every S to COMMAND (ssh HOST cat), log each echo
  gap LOG [--sent N]                                            longest silence, number seen, number lost
"""

import argparse
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time


def udp_send(args):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind((args.src, 0))
    sock.connect((args.dst, args.port))
    ending = []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(1))
    start = time.monotonic()
    seq = 0
    refused = 0
    while not ending and (args.seconds is None or time.monotonic() - start < args.seconds):
        try:
            sock.send(struct.pack("!Q", seq).ljust(args.size, b"\0"))
        except OSError:
            refused += 1    # an ICMP error about an earlier one, or no route: lost, like any other
        seq += 1
        pause = start + seq / args.rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
    print(f"sent={seq} refused={refused}")
    return 0


def udp_recv(args):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.bind((args.addr, args.port))
    with open(args.log, "w", buffering=1) as log:
        while True:
            data = sock.recv(65536)
            if len(data) >= 8:
                log.write(f"{time.monotonic():.4f} {struct.unpack('!Q', data[:8])[0]}\n")


def echo(args):
    """Exit status 0 if the command was alive to the end and every line came back in order, but for the last seconds'."""
    child = subprocess.Popen(args.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ending = []
    signal.signal(signal.SIGTERM, lambda *_: ending.append(1))
    os.set_blocking(child.stdin.fileno(), False)
    start = time.monotonic()
    seq, last, due, rest = 0, -1, start, b""
    pending, in_order = b"", True
    with open(args.log, "w", buffering=1) as log:
        while not ending and (args.seconds is None or time.monotonic() - start < args.seconds):
            now = time.monotonic()
            if now >= due:
                pending += b"%d\n" % seq
                seq += 1
                due += args.every
            try:
                if pending:
                    pending = pending[os.write(child.stdin.fileno(), pending):]
            except BlockingIOError:
                pass            # the session stalls: the lines wait, as a person's would
            except BrokenPipeError:
                break
            ready, _, _ = select.select([child.stdout], [], [], max(0, due - time.monotonic()))
            if ready:
                data = os.read(child.stdout.fileno(), 65536)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    in_order = in_order and int(line) == last + 1
                    last = int(line)
                    log.write(f"{time.monotonic():.4f} {last}\n")
    alive = child.poll() is None
    child.kill()
    print(f"sent={seq} last={last} alive={int(alive)} in-order={int(in_order)}")
    return 0 if alive and in_order and seq - last <= 2 / args.every + 1 else 1


def read_log(path):
    with open(path) as log:
        return [(float(t), int(n)) for t, n in (line.split() for line in log if line.endswith("\n"))]


def gap(args):
    rows = read_log(args.log)
    if len(rows) < 2:
        print("gap=inf seen=%d lost=?" % len(rows))
        return 1
    longest, at = max((b[0] - a[0], a[0]) for a, b in zip(rows, rows[1:]))
    seen = len({n for _, n in rows})
    sent = args.sent if args.sent is not None else max(n for _, n in rows) + 1
    print(f"gap={longest:.3f} at={at:.3f} seen={seen} lost={sent - seen}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = parser.add_subparsers(required=True)
    p = sub.add_parser("udp-send")
    p.add_argument("src")
    p.add_argument("dst")
    p.add_argument("port", type=int)
    p.add_argument("--rate", type=float, default=50)
    p.add_argument("--size", type=int, default=200)
    p.add_argument("--seconds", type=float)
    p.set_defaults(run=udp_send)
    p = sub.add_parser("udp-recv")
    p.add_argument("addr")
    p.add_argument("port", type=int)
    p.add_argument("log")
    p.set_defaults(run=udp_recv)
    p = sub.add_parser("echo")
    p.add_argument("log")
    p.add_argument("--every", type=float, default=0.1)
    p.add_argument("--seconds", type=float)
    p.add_argument("command", nargs="+")
    p.set_defaults(run=echo)
    p = sub.add_parser("gap")
    p.add_argument("log")
    p.add_argument("--sent", type=int)
    p.set_defaults(run=gap)
    args = parser.parse_args()
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
