#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judge what tests/bench/dataplane.sh measured.

usage: dataplane.py [TSV]	default build/out/dataplane.tsv

Writes build/bench/dataplane.json, an array of {row, metric, unit, n, ours, peer, peer_value, ratio, target, met}, and
puts table and picture into docs/BENCHMARKS.md (between the marks) and docs/dataplane.svg.
"""
import json
import os
import statistics
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def read(path):
    """{(case, metric): values in order of rounds}"""
    out = {}
    for line in open(path):
        _, case, metric, value = line.rstrip("\n").split("\t")
        if metric != "failed":
            out.setdefault((case, metric), []).append(float(value))
    return out


class Table:
    def __init__(self, data):
        self.data = data
        self.rows = []

    def median(self, case, metric):
        values = self.data.get((case, metric))
        return statistics.median(values) if values else None

    def spread(self, case, metric):
        values = self.data.get((case, metric), [])
        return (max(values) - min(values)) / statistics.median(values) if values and statistics.median(values) else 0

    def extra(self, case, metric="udp"):
        """Cost beyond that of the plain stack; differences of the same round, so that drift drops out."""
        mine, plain = self.data.get((case, metric)), self.data.get(("plain", "udp"))
        return statistics.median(a - b for a, b in zip(mine, plain)) if mine and plain else None

    def add(self, row, metric, unit, n, ours, peer, peer_value, target, better="less"):
        """TARGET bounds the ratio of ours to the peer's, or ours itself if there is no peer's value."""
        ratio = ours / peer_value if ours is not None and peer_value else None
        judged = ours if peer_value is None else ratio
        met = None
        if target is not None and judged is not None:
            met = judged <= target if better == "less" else judged >= target
        self.rows.append({"row": row, "metric": metric, "unit": unit, "n": n, "ours": ours, "peer": peer,
                          "peer_value": peer_value, "ratio": None if ratio is None else round(ratio, 3),
                          "target": target, "met": met})


def judge(data):
    t = Table(data)
    n = len(data.get(("plain", "udp"), []))
    unit = "instructions"
    npt = {b: t.extra("npt-" + b) for b in ("nft", "legacy")}
    never = {b: t.extra("never-" + b) for b in ("nft", "legacy")}
    for metric, row, hooks, rules in (("none", "64-octet UDP, no context", 0.15, None),
                                      ("ulids", "64-octet UDP, context on its ULIDs", 0.5, 1.0),
                                      ("shimmed", "64-octet UDP, shimmed, out and in", 1.0, 1.3)):
        for b in ("legacy", "nft"):
            t.add(row, "extra cost, hooks", unit, n, t.extra("hooks", metric), "ip6t_NPT, " + b, npt[b], hooks)
        for b in ("legacy", "nft"):
            if metric == "none":
                t.add(row, "extra cost, rules", unit, n, t.extra("rules-" + b, metric), "rule that never matches, " + b,
                      never[b], 1.1)
            else:
                t.add(row, "extra cost, rules", unit, n, t.extra("rules-" + b, metric), "ip6t_NPT, " + b, npt[b], rules)
        for b in ("legacy", "nft"):
            t.add(row, "extra cost, all rules of shim6d", unit, n, t.extra("shimd-" + b, metric), "ip6t_NPT, " + b,
                  npt[b], None)
    for peer in ("xfrm", "srv6"):
        if t.extra(peer) is not None:
            name = {"xfrm": "XFRM ESP-null transport", "srv6": "SRv6 inline"}[peer]
            t.add("64-octet UDP, shimmed, out and in", "extra cost, hooks", unit, n, t.extra("hooks", "shimmed"), name,
                  t.extra(peer), None)
    for ours in ("hooks", "rules-legacy", "rules-nft"):
        t.add("bulk TCP, shimmed", "throughput, " + ours, "Mbit/s", n, t.median(ours, "tcp"), "plain",
              t.median("plain", "tcp"), 0.95, "more")
    for peer, name in (("npt-legacy", "ip6t_NPT, legacy"), ("npt-nft", "ip6t_NPT, nft"),
                       ("xfrm", "XFRM ESP-null transport")):
        t.add("bulk TCP, shimmed", "throughput, hooks", "Mbit/s", n, t.median("hooks", "tcp"), name,
              t.median(peer, "tcp"), None, "more")
    scale(t)
    return t


def scale(t):
    sizes = sorted(int(m[7:]) for c, m in t.data if c == "many" and m.startswith("lookup-"))
    look = {}
    for s in sizes:
        many, none = (t.data.get((c, "lookup-%d" % s), []) for c in ("many", "none"))
        look[s] = statistics.median(a - b for a, b in zip(many, none))
        track = t.data.get(("track", "lookup-%d" % s))
        peer = statistics.median(a - b for a, b in zip(track, none)) if track else None
        t.add("lookup among %d" % s, "extra cost, out", "instructions", len(many), look[s], "conntrack with as many",
              peer, None)
    if sizes and 1000 in look:
        t.add("lookup", "among %d / among 1000" % sizes[-1], "instructions", len(sizes), look[sizes[-1]],
              "among 1000", look[1000], 1.3)
    big = sizes[-1] if sizes else 0
    for what in ("insert", "dump", "flush"):
        t.add("%s of %d" % (what, big), "rate", "contexts/s", 1, t.median("%s-%d" % (what, big), "rate"), None, None,
              100000 if what != "flush" else None, "more")
        t.add("%s of %d" % (what, big), "rate", "contexts/s", 1, t.median("%s-%d" % (what, big), "rate"),
              "ip xfrm state", t.median("xfrm-" + what, "rate"), None, "more")
    t.add("memory per context", "slab object, in any state", "octets", 1, t.median("shim6_ctx", "octets"), None, None,
          256)
    t.add("memory per context", "all of it, hash tables too", "octets", 1, t.median("context", "octets"),
          "xfrm state, all of it", t.median("xfrm", "octets"), None)
    t.add("memory per context", "slab object", "octets", 1, t.median("shim6_ctx", "octets"), "conntrack entry",
          t.median("nf_conntrack", "octets"), None)


def text(v):
    return "-" if v is None else "%d" % round(v) if abs(v) >= 10 else "%.2f" % v


def markdown(t):
    lines = ["| row | measured | ours | beside it | value | ratio | to reach | met |", "|---|---|---|---|---|---|---|---|"]
    for r in t.rows:
        lines.append("| %s | %s (%s) | %s | %s | %s | %s | %s | %s |" % (
            r["row"], r["metric"], r["unit"], text(r["ours"]), r["peer"] or "-", text(r["peer_value"]),
            text(r["ratio"]), text(r["target"]), {None: "-", True: "yes", False: "**no**"}[r["met"]]))
    worst = max((t.spread(c, m), c, m) for c, m in t.data if len(t.data[c, m]) > 1)
    lines += ["", "The largest spread of a case, (most - least) / median, was %.1f %% (%s, %s)." % (
        100 * worst[0], worst[1], worst[2])]
    return "\n".join(lines)


def picture(t, path):
    bars = [("rule that never matches, legacy", t.extra("never-legacy"), 0),
            ("rule that never matches, nft", t.extra("never-nft"), 0),
            ("ip6t_NPT, legacy", t.extra("npt-legacy"), 0), ("ip6t_NPT, nft", t.extra("npt-nft"), 0),
            ("SRv6 inline", t.extra("srv6"), 0), ("XFRM ESP-null", t.extra("xfrm"), 0)]
    for c in ("hooks", "rules-legacy", "rules-nft"):
        for m, words in (("none", "no context"), ("ulids", "on its ULIDs"), ("shimmed", "shimmed")):
            bars.append(("shim6, %s, %s" % (c.replace("-", " "), words), t.extra(c, m), 1))
    bars = [b for b in bars if b[1] is not None]
    top = max(b[1] for b in bars)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="720" height="%d" font-family="sans-serif" font-size="12">' %
           (40 + 20 * len(bars)),
           '<text x="10" y="18" font-size="14">Extra cost of a 64-octet datagram, out and in (instructions)</text>']
    for i, (name, value, ours) in enumerate(bars):
        y = 30 + 20 * i
        out.append('<text x="230" y="%d" text-anchor="end">%s</text>' % (y + 13, name))
        out.append('<rect x="240" y="%d" width="%.1f" height="15" fill="%s"/>' % (
            y, max(1, 400 * value / top), "#2a7" if ours else "#999"))
        out.append('<text x="%.1f" y="%d">%.0f</text>' % (246 + max(1, 400 * value / top), y + 13, value))
    out.append("</svg>")
    open(path, "w").write("\n".join(out) + "\n")


def main():
    source = sys.argv[1] if len(sys.argv) > 1 else os.path.join(TOP, "build/out/dataplane.tsv")
    t = judge(read(source))
    os.makedirs(os.path.join(TOP, "build/bench"), exist_ok=True)
    with open(os.path.join(TOP, "build/bench/dataplane.json"), "w") as f:
        json.dump(t.rows, f, indent=1)
    picture(t, os.path.join(TOP, "docs/dataplane.svg"))
    doc = os.path.join(TOP, "docs/BENCHMARKS.md")
    page = open(doc).read()
    begin, end = "<!-- dataplane: begin -->\n", "<!-- dataplane: end -->"
    head, rest = page.split(begin)
    open(doc, "w").write(head + begin + markdown(t) + "\n" + end + rest.split(end)[1])
    print(markdown(t))


if __name__ == "__main__":
    main()
