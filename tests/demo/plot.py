#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The picture of the demo: plot.py GOODPUT.tsv EVENTS.tsv OUTPUT -> OUTPUT.png, OUTPUT.svg"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def rows(path):
    with open(path) as f:
        return [line.rstrip("\n").split("\t") for line in f]


def main():
    goodput, events, out = sys.argv[1:]
    points = [(float(t), float(v)) for t, v in rows(goodput)]
    t0 = points[0][0]
    marks = [(float(t), name) for t, name in rows(events) if float(t) >= t0 and name != "end"]
    fig, ax = plt.subplots(figsize=(11, 4.5))
    ax.fill_between([t - t0 for t, _ in points], [v for _, v in points], step="pre", color="#9ecae1")
    ax.plot([t - t0 for t, _ in points], [v for _, v in points], drawstyle="steps-pre", color="#2171b5", linewidth=1)
    top = max(v for _, v in points) or 1
    for n, (t, name) in enumerate(marks):
        bad = "dies" in name
        ax.axvline(t - t0, color="#cb181d" if bad else "#555555", linewidth=1, linestyle="-" if bad else ":")
        ax.text(t - t0 + 0.3, top * (1.12 - 0.06 * (n % 3)), name, fontsize=8, color="#cb181d" if bad else "#333333")
    ax.set_ylim(0, top * 1.22)
    ax.set_xlim(left=0)
    ax.set_xlabel("seconds")
    ax.set_ylabel("TCP goodput, Mbit/s")
    ax.set_title("An iperf3 session through the death of two providers")
    fig.tight_layout()
    fig.savefig(out + ".png", dpi=120)
    fig.savefig(out + ".svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
