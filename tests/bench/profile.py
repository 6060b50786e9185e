#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the instructions of tests/bench/dataplane.sh go.

usage: profile.py FOLDER [CASE/METRIC[-CASE/METRIC]]...	default: every case, less plain/udp (or plain/tcp)

FOLDER has profile (of tests/bench/profile.c), dataplane.tsv and kallsyms, as `make bench-profile` leaves them.  Prints for
each case what functions and modules take of a datagram, or of 64 KB of TCP, more than in the case behind the "-".
"""
import bisect
import collections
import os
import sys

DATAGRAMS, MEGABYTES = int(os.environ.get("DATAGRAMS", 6400)), int(os.environ.get("MEGABYTES", 64))


def symbols(path):
    out = []
    for line in open(path):
        word = line.split()
        if word[1] in "tTwW":
            out.append((int(word[0], 16), word[2], word[3].strip("[]") if len(word) > 3 else "kernel"))
    return sorted(out)


def spans(path):
    """A dictionary for each span: {address: instructions}"""
    out = []
    for line in open(path):
        word = line.split()
        if word[0] == "span":
            out.append(collections.Counter())
        else:
            out[-1][int(word[0], 16)] += int(word[1]) * int(word[2])
    return out


def by_function(span, table):
    starts = [s[0] for s in table]
    out = collections.Counter()
    for at, n in span.items():
        i = bisect.bisect_right(starts, at) - 1
        out["user" if at < 1 << 63 or i < 0 else "%s [%s]" % table[i][1:]] += n
    return out


def load(folder):
    """{case/metric: {function: instructions a unit}}"""
    table = symbols(os.path.join(folder, "kallsyms"))
    runs = [line.split("\t")[1:3] for line in open(os.path.join(folder, "dataplane.tsv"))]
    runs = [r for r in runs if r[1] in ("udp", "tcp", "none", "ulids", "shimmed")]
    counted = spans(os.path.join(folder, "profile"))
    if len(runs) != len(counted):
        sys.exit("%d runs, %d spans" % (len(runs), len(counted)))
    out = {}
    for (case, metric), span in zip(runs, counted):
        units = MEGABYTES * 16 if metric == "tcp" else DATAGRAMS
        out["%s/%s" % (case, metric)] = {f: n / units for f, n in by_function(span, table).items()}
    return out


def show(name, than, cases):
    a, b = cases[name], cases[than]
    diff = {f: a.get(f, 0) - b.get(f, 0) for f in set(a) | set(b)}
    modules = collections.Counter()
    for f, n in diff.items():
        modules[f[f.find("["):] if "[" in f else f] += n
    print("\n%s - %s: %.0f - %.0f = %.0f" % (name, than, sum(a.values()), sum(b.values()), sum(diff.values())))
    print("   ", ", ".join("%s %.0f" % (m, n) for m, n in modules.most_common() if abs(n) >= 1))
    for f, n in sorted(diff.items(), key=lambda x: -abs(x[1])):
        if abs(n) >= 10:
            print("%8.0f  %s" % (n, f))


def main():
    cases = load(sys.argv[1])
    wanted = sys.argv[2:] or ["%s-plain/%s" % (c, "tcp" if c.endswith("/tcp") else "udp") for c in cases]
    for pair in wanted:
        # A case's name may have a "-" of its own.
        name = next(c for c in sorted(cases, key=len, reverse=True) if pair == c or pair.startswith(c + "-"))
        show(name, pair[len(name) + 1:] or "plain/udp", cases)


if __name__ == "__main__":
    main()
