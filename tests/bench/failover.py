#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the results of make bench-failover: build/bench/failover.json, a table and a picture in docs/BENCHMARKS.md.

  failover.py [--in FOLDER] [--json FILE] [--docs FOLDER]
"""

import argparse
import collections
import json
import math
import os
import re
import subprocess

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
VERDICT = {True: "yes", False: "**no**", None: ""}

# row, name of ours, name of the peer or None, target in words, test of (p50, p99, peer's p50 and p99, all results)
MPTCP_TCP = "median and p99 not above MPTCP's"
ROWS = [
    ("silent loss both ways, TCP, fast", "tcp-fast", "tcp-mptcp", MPTCP_TCP,
     lambda p50, p99, q50, q99, r: p50 <= q50 and p99 <= q99),
    ("silent loss both ways, UDP, fast", "udp-fast", "tcp-mptcp", "median <= 1.5 x TCP fast",
     lambda p50, p99, q50, q99, r: p50 <= 1.5 * r["tcp-fast"][0]),
    ("silent loss both ways, ICMP echo, fast", "icmp-fast", "tcp-mptcp", "median <= 1.5 x TCP fast",
     lambda p50, p99, q50, q99, r: p50 <= 1.5 * r["tcp-fast"][0]),
    ("silent loss, one-way UDP, fast", "oneway-fast", None, "none (Send Timeout 3 s)", None),
    ("silent loss from A to B only, TCP, fast", "tcp-from-fast", "tcp-mptcp", MPTCP_TCP,
     lambda p50, p99, q50, q99, r: p50 <= q50 and p99 <= q99),
    ("silent loss from B to A only, TCP, fast", "tcp-to-fast", "tcp-mptcp", MPTCP_TCP,
     lambda p50, p99, q50, q99, r: p50 <= q50 and p99 <= q99),
    ("local link down, TCP, fast", "link-fast", "link-mptcp", "median <= 0.2 x MPTCP's",
     lambda p50, p99, q50, q99, r: p50 <= 0.2 * q50),
    ("local link down, TCP, rfc", "link-rfc", "link-mptcp", "median <= 0.2 x MPTCP's",
     lambda p50, p99, q50, q99, r: p50 <= 0.2 * q50),
    ("TCP stall after the pair works, with the kick", "stall-kick", None, "p99 <= 2 RTT + 50 ms",
     lambda p50, p99, q50, q99, r: p99 <= 60),
    ("TCP stall after the pair works, without the kick", "stall-nokick", None, "none (for comparison)", None),
    ("silent loss both ways, TCP, rfc", "tcp-rfc", "tcp-mptcp", "none", None),
    ("silent loss both ways, UDP, rfc", "udp-rfc", None, "none", None),
    ("silent loss both ways, ICMP echo, rfc", "icmp-rfc", None, "none", None),
    ("silent loss, one-way UDP, rfc", "oneway-rfc", None, "Send Timeout (15 s + 10 %) + 1 RTT + 0.1 s",
     lambda p50, p99, q50, q99, r: p99 <= 16620),
    ("4 x 4 locators, only the last pair works, UDP, fast", "last-fast", None, "2 s",
     lambda p50, p99, q50, q99, r: p99 <= 2000),
    ("4 x 4 locators, only the last pair works, UDP, rfc", "last-rfc", None,
     "467 s: Send Timeout and 16 Probes by RFC 5534, 4.3", lambda p50, p99, q50, q99, r: p99 <= 467000),
    # B's Keepalives go on for 15 s, then A's TCP may wait 12.8 s until it sends and starts the Send Timer (RFC 5534, 6.1).
    ("silent loss from A to B only, TCP, rfc", "tcp-from-rfc", None, "none", None),
    ("silent loss from B to A only, TCP, rfc", "tcp-to-rfc", None, "none", None),
]


def read(folder):
    """Name of a row to median, p99 and all values."""
    values = collections.defaultdict(list)
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if not os.path.isfile(path):
            continue
        with open(path) as f:
            for kind, value in (line.split() for line in f if line.strip()):
                # One failure of the case all-rfc is measured with three kinds of traffic.
                values[re.sub("^all-", kind + "-", name)].append(float(value))
    return {name: (quantile(sorted(v), 0.5), quantile(sorted(v), 0.99), v) for name, v in values.items()}


def in_virtual_time():
    """What the simulators say: thousands of hosts, sixteen pairs; no processor time is in it."""
    def run(name):
        path = os.path.join(ROOT, "build/tests/unit", name)
        if not os.path.exists(path):
            return ""
        done = subprocess.run([path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
        return done.stdout

    def row(name, value, target, met, metric="time"):
        return {"row": name, "metric": metric, "unit": "probes/s" if metric == "rate" else "ms", "n": 1, "ours": value,
                "p50": value, "p99": value, "peer": None, "peer_value": None, "peer_p99": None, "ratio": None,
                "target": target, "met": met, "values": [value]}

    out = []
    found = re.search(r"4 x 4 pairs: rfc ([0-9.]+) s \(section 4.3 allows ([0-9.]+)\), fast ([0-9.]+) s",
                      run("proto_reap_fast_sim"))
    if found:
        rfc, bound, fast = (1000 * float(x) for x in found.groups())
        out.append(row("4 x 4 locators, only the last pair works, rfc (virtual time)", rfc,
                       f"{bound:.0f}: Send Timeout and 16 Probes by 4.3", rfc <= bound))
        out.append(row("4 x 4 locators, only the last pair works, fast (virtual time)", fast, "2 s", fast <= 2000))
    for what, half, most, last, probes, rate in re.findall(
            r"^(.*): 50% moved after (\d+) ms, 99% after (\d+), all after (\d+); (\d+) probes, at most (\d+) in a second",
            run("reapd_pace"), re.M):
        for share, value in (("50 %", half), ("99 %", most), ("all", last)):
            out.append(row(f"10,000 contexts lose one uplink, {what}: {share} moved (virtual time)", float(value),
                           "none", None))
        out.append(row(f"10,000 contexts lose one uplink, {what}: Probes in the busiest second (virtual time)", float(rate),
                       "probe_rate 2000 and answers", None, "rate"))
    return out


# name in the results of crowd.py, metric, unit, words
CROWD = [("half", "time", "ms", "50 % moved"), ("most", "time", "ms", "99 % moved"),
         ("all", "time", "ms", "all moved"), ("probes", "count", "probes", "Probes in all"), ("busiest", "rate", "probes/s", "Probes in the busiest second")]


def crowd(path):
    """What crowd.py measured of many contexts that lose an uplink."""
    if not os.path.exists(path):
        return []
    with open(path) as f:
        got = {name: float(value) for name, value in (line.split() for line in f)}
    many = f"{got['contexts']:,.0f} contexts lose one uplink silently, fast: "
    out = []
    for name, metric, unit, words in CROWD:
        target, met = "none", None
        if name == "all":
            target, met = "none is lost", got["moved"] == got["answered"] == got["contexts"]
        if name == "busiest":
            target, met = "probe_rate 2000, and answers", got[name] <= 4000
        out.append({"row": many + words, "metric": metric, "unit": unit, "n": 1, "ours": got[name], "p50": got[name],
                    "p99": got[name], "peer": None, "peer_value": None, "peer_p99": None, "ratio": None,
                    "target": target, "met": met, "values": [got[name]]})
    return out


def quantile(values, q):
    """Nearest rank: with 30 values the p99 is the largest one."""
    return values[max(0, math.ceil(q * len(values)) - 1)]


def judge(results):
    out = []
    for row, ours, peer, target, met in ROWS:
        if ours not in results:
            continue
        p50, p99, values = results[ours]
        values = sorted(values)
        q50, q99 = results[peer][:2] if peer in results else (None, None)
        verdict = None
        if met and not (peer and q50 is None):
            verdict = bool(met(p50, p99, q50, q99, results))
        out.append({
            "row": row, "metric": "longest gap", "unit": "ms", "n": len(values), "ours": p50, "p50": p50, "p99": p99,
            "peer": peer, "peer_value": q50, "peer_p99": q99, "ratio": round(p50 / q50, 3) if q50 else None,
            "target": target, "met": verdict, "values": values,
        })
    return out


def number(x):
    return "" if x is None else f"{x:.0f}"


def crowd_table(rows):
    return "\n".join(["| event | measured | unit | target | met |", "|---|---|---|---|---|"] + [
        f"| {r['row']} | {r['ours']:.0f} | {r['unit']} | {r['target']} | {VERDICT[r['met']]} |" for r in rows])


def table(rows):
    lines = ["| row | n | median ms | p99 ms | MPTCP median | MPTCP p99 | ratio | target | met |", "|" + "---|" * 9]
    for r in rows:
        met = VERDICT[r["met"]]
        ratio = "" if r["ratio"] is None else f"{r['ratio']:.2f}"
        lines.append(f"| {r['row']} | {r['n']} | {number(r['p50'])} | {number(r['p99'])} | {number(r['peer_value'])} | "
                     f"{number(r['peer_p99'])} | {ratio} | {r['target']} | {met} |")
    return "\n".join(lines)


def picture(results, path):
    """Every gap as a point, on a logarithmic scale."""
    names = [ours for _, ours, _, _, _ in ROWS if ours in results]
    names = [n for n in ("tcp-mptcp", "link-mptcp") if n in results] + names
    left, width, height, low, high = 130, 620, 24, 5, 600000
    scale = width / math.log10(high / low)

    def x(ms):
        return left + scale * math.log10(max(low, min(ms, high)) / low)

    total = height * len(names) + 50
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 20}" height="{total}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{left + width + 20}" height="{total}" fill="white"/>']
    for tick in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000):
        svg.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="10" y2="{total - 35}" stroke="#ddd"/>')
        svg.append(f'<text x="{x(tick):.1f}" y="{total - 20}" text-anchor="middle">{tick}</text>')
    svg.append(f'<text x="{left + width / 2}" y="{total - 5}" text-anchor="middle">longest gap, ms</text>')
    for i, name in enumerate(names):
        y = 10 + height * i + height / 2
        colour = "#c0392b" if "mptcp" in name else "#2471a3"
        svg.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
        for value in results[name][2]:
            svg.append(f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="3" fill="{colour}" fill-opacity="0.35"/>')
        p50 = x(results[name][0])
        svg.append(f'<line x1="{p50:.1f}" x2="{p50:.1f}" y1="{y - 8:.1f}" y2="{y + 8:.1f}" stroke="{colour}" '
                   'stroke-width="2"/>')
    svg.append("</svg>")
    with open(path, "w") as f:
        f.write("\n".join(svg) + "\n")


def into_docs(name, text, folder):
    """Between the marks of @name in the document."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    path = os.path.join(folder, "BENCHMARKS.md")
    with open(path) as f:
        doc = f.read()
    with open(path, "w") as f:
        f.write(doc[:doc.index(begin)] + f"{begin}\n{text}\n" + doc[doc.index(end):])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in", dest="folder", default=os.path.join(ROOT, "build/out/failover/raw"))
    parser.add_argument("--json", default=os.path.join(ROOT, "build/bench/failover.json"))
    parser.add_argument("--docs", default=os.path.join(ROOT, "docs"))
    args = parser.parse_args()
    results = read(args.folder)
    measured = judge(results)
    many = crowd(os.path.join(args.folder, "..", "crowd", "crowd"))
    rows = measured + many + in_virtual_time()
    os.makedirs(os.path.dirname(args.json), exist_ok=True)
    with open(args.json, "w") as f:
        json.dump(rows, f, indent=1)
    into_docs("failover", table(measured), args.docs)
    if many:
        into_docs("crowd", crowd_table(many), args.docs)
    picture(results, os.path.join(args.docs, "failover.svg"))
    print(table(rows))


if __name__ == "__main__":
    main()
