#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the rule tables beside this file against an ip6tables: run.py ip6tables-nft|ip6tables-legacy

A row is "rule;listed;OK|FAIL", for each chain of the last ":" line and the table of the last "*" line (filter at
first). An OK row is added, must then be listed as "listed" ("=": as it is) and in full by -L -v -n, survive save, flush
and restore, and be deleted by the words it was added with. A FAIL row must be refused. The OK rows of a chain go
together, as each call takes its time. Needs a network namespace of its own.
"""
import glob
import os
import shlex
import subprocess
import sys
from collections import OrderedDict


def run(*args, text=None):
    return subprocess.run(args, input=text, capture_output=True, text=True, check=False)


class Group:
    """The OK rows of one chain."""

    def __init__(self, program, table, chain):
        self.program, self.table, self.chain = program, table, chain
        self.rows = []				# (rule, listed)

    def restore(self, lines):
        return run(self.program + "-restore", "-w", "--noflush",
                   text="*%s\n%s\nCOMMIT\n" % (self.table, "\n".join(lines)))

    def listed(self):
        out = run(self.program, "-w", "-t", self.table, "-S", self.chain).stdout
        return [line for line in out.splitlines() if line.startswith("-A ")]

    def want(self, row):
        rule, listed = row
        return "-A %s %s" % (self.chain, rule if listed == "=" else listed)

    def check(self):
        """What is wrong with each row (None: nothing)."""
        added = self.restore("-A %s %s" % (self.chain, rule) for rule, _ in self.rows)
        if added.returncode:
            return [self.alone(row) for row in self.rows]
        first = self.listed()
        verbose = run(self.program, "-w", "-t", self.table, "-L", self.chain, "-v", "-n").stdout.splitlines()[2:]
        saved = run(self.program + "-save", "-t", self.table).stdout
        run(self.program, "-w", "-t", self.table, "-F", self.chain)
        again = run(self.program + "-restore", text=saved)
        second = self.listed()
        deleted = self.restore("-D %s %s" % (self.chain, rule) for rule, _ in self.rows)
        left = self.listed()
        out = []
        for i, row in enumerate(self.rows):
            why = None
            if self.want(row) != (first[i:i + 1] or [None])[0]:
                why = "listed as %s" % first[i:i + 1]
            elif again.returncode or second[i:i + 1] != first[i:i + 1]:
                why = "after save and restore: %s %s" % (second[i:i + 1], again.stderr.strip())
            elif deleted.returncode or left:
                why = "not deleted: %s %s" % (left, deleted.stderr.strip())
            for word in shlex.split(self.want(row))[2:]:
                if word.startswith(("0x", "2001")) and word.split("/128")[0] not in (verbose[i:i + 1] or [""])[0]:
                    why = why or "%s is missing in -L -v -n: %s" % (word, verbose[i:i + 1])
            out.append(why)
        return out

    def alone(self, row):
        """Not all rows were accepted: which was it?"""
        added = run(self.program, "-w", "-t", self.table, "-A", self.chain, *shlex.split(row[0]))
        run(self.program, "-w", "-t", self.table, "-F", self.chain)
        return "refused: " + added.stderr.strip() if added.returncode else "refused with the others of its chain"

    def refused(self, rule):
        if run(self.program, "-w", "-t", self.table, "-A", self.chain, *shlex.split(rule)).returncode:
            return None
        run(self.program, "-w", "-t", self.table, "-F", self.chain)
        return "it was accepted"


def read(path, program):
    groups, bad = OrderedDict(), []
    chains, table = ["OUTPUT"], "filter"
    for line in open(path):
        line = line.strip()
        if line.startswith(":"):
            chains, table = line[1:].split(","), "filter"
        elif line.startswith("*"):
            table = line[1:]
        elif line and not line.startswith("#"):
            rule, listed, want = line.split(";")
            for chain in chains:
                group = groups.setdefault((table, chain), Group(program, table, chain))
                if want == "OK":
                    group.rows.append((rule, listed))
                else:
                    bad.append((group, rule))
    return groups.values(), bad


def main():
    program = sys.argv[1]
    count = [0, 0]

    def report(name, group, rule, why):
        count[bool(why)] += 1
        title = "%s %s: -t %s -A %s %s" % (program, name, group.table, group.chain, rule)
        print("not ok %s: %s" % (title, why) if why else "ok " + title, flush=True)

    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.t"))):
        name = os.path.basename(path)
        groups, bad = read(path, program)
        for group in groups:
            if group.rows:
                for row, why in zip(group.rows, group.check()):
                    report(name, group, row[0], why)
        for group, rule in bad:
            report(name, group, rule, group.refused(rule))
    print("%d passed, %d failed" % tuple(count))
    sys.exit(count[1] != 0)


if __name__ == "__main__":
    main()
