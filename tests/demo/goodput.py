#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Goodput over time out of iperf3's JSON: goodput.py FILE START -> lines "SECONDS <tab> MBIT/S", seconds of the machine's clock."""

import json
import sys


def main():
    with open(sys.argv[1]) as f:
        report = json.load(f)
    start = float(sys.argv[2])
    intervals = report["intervals"]
    for i in intervals:
        s = i["sum"]
        print(f"{start + s['end']:.2f}\t{s['bits_per_second'] / 1e6:.2f}")
    return 0 if intervals else 1


if __name__ == "__main__":
    sys.exit(main())
