#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of this checkout show of the RFCs.

usage: report.py [--write] [--draft]

Reads the register of requirements (requirements.tsv beside this file), our answers (tests/conformance.tsv) and the
results of the tests that ran last (build/out/results, left by tests/run-unit, tests/check and tests/vm/run); prints
counts and faults; ends with "N passed, M failed".
  --write   write docs/CONFORMANCE.md anew; without it a file that is not current is a fault
  --draft   only print where tests name requirements: "id<TAB>tests", to be judged by a person

tests/conformance.tsv: id, status (met, not-applicable, not-yet), tests separated by commas, remark.
Names of tests, in it and in build/out/results/*/*.tsv ("name<TAB>pass|fail"):
  PROGRAM:TEST    a test of a unit test program: proto_wire_layout:wire_i1_layout
  SCENE:CHECK     a check of a scene in the virtual machine: S3-failures:link down: A uses the other uplink at once
  STAGE:CHECK     the same for the stages xt, kmod, style, install
  PROGRAM, SCENE or STAGE alone: all of it
A comma in a name is written as a semicolon.
"""
import collections
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
REGISTER = os.path.join(HERE, "requirements.tsv")
ANSWERS = os.path.join(TOP, "tests", "conformance.tsv")
LINSHIM6 = os.path.join(HERE, "linshim6.tsv")
READINGS = os.path.join(HERE, "readings.tsv")
RESULTS = os.path.join(TOP, "build", "out", "results")
PAGE = os.path.join(TOP, "docs", "CONFORMANCE.md")

STATUS = ("met", "not-applicable", "not-yet")
LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "BEHAVIOUR")
FINISHED = ("5533", "5534")	# RFCs of which no row may be not-yet any more


def table(path):
    with open(path, encoding="utf-8") as f:
        head, *lines = f.read().splitlines()
    names = head.split("\t")
    for n, line in enumerate(lines, 2):
        cells = line.split("\t")
        if len(cells) != len(names):
            sys.exit(f"{path}:{n}: {len(cells)} columns, {len(names)} wanted")
        yield dict(zip(names, cells))


def results():
    out = {}
    for path in sorted(glob.glob(os.path.join(RESULTS, "*", "*.tsv"))):
        with open(path, encoding="utf-8") as f:
            for line in f:
                name, _, verdict = line.rstrip("\n").rpartition("\t")
                name = name.replace(",", ";")
                # The same name twice: both have to pass.
                if out.get(name) != "fail":
                    out[name] = verdict
    return out


def names_of(answer):
    return [t.strip() for t in answer["tests"].split(",") if t.strip()]


# --- judging ------------------------------------------------------------------------------------------------------

def faults_of_rows(register, answers):
    """(missing and strange ids, bad rows)"""
    ids = [r["id"] for r in register]
    given = collections.Counter(a["id"] for a in answers)
    strange = [f"{i}: no row in tests/conformance.tsv" for i in ids if i not in given]
    strange += [f"{i}: not in the register" for i in given if i not in set(ids)]
    strange += [f"{i}: {n} rows" for i, n in given.items() if n > 1]
    bad = []
    for a in answers:
        if a["status"] not in STATUS:
            bad.append(f"{a['id']}: status {a['status']!r}")
        elif a["status"] == "met" and not names_of(a):
            bad.append(f"{a['id']}: met, but no test is named")
        elif a["status"] == "not-applicable" and not a["remark"]:
            bad.append(f"{a['id']}: not applicable, but no reason is given")
    return strange, bad


def faults_of_tests(answers, ran):
    for a in answers:
        for name in names_of(a) if a["status"] == "met" else ():
            if ran.get(name) != "pass":
                yield f"{a['id']}: {name}: {'failed' if name in ran else 'did not run'}"


def counts(register, by_id):
    n = collections.Counter()
    for r in register:
        status = by_id.get(r["id"], {}).get("status", "missing")
        n[r["rfc"], r["level"], status] += 1
        n[r["rfc"], "all", status] += 1
    return n


def count_lines(register, n, row):
    for rfc in dict.fromkeys(r["rfc"] for r in register):
        for level in (*LEVELS, "all"):
            c = [n[rfc, level, s] for s in STATUS]
            if sum(c):
                yield row.format(rfc, level, sum(c), *c)


# --- the page -------------------------------------------------------------------------------------------------------

def ours(ids, by_id):
    """One answer for the rows behind an item of the LinShim6 report."""
    c = collections.Counter(by_id[i]["status"] for i in ids)
    if c["met"] == len(ids):
        return "yes"
    if c["not-yet"] == 0:
        return "does not apply" if not c["met"] else f"yes ({c['not-applicable']} of {len(ids)} do not apply)"
    return "not yet" if not c["met"] else f"partly: {c['met']} of {len(ids)} rows"


# Decisions that are no reading of a contradiction; the reasons stand beside the code.
OURS = (
    "A context ends with its ULID only when the lifetime of the ULID's address ends (RFC 5533, 1.5). A ULID whose address "
    "vanished otherwise, with its link or by a hand, may come back: it stays in the list, marked BROKEN, and its sessions "
    "go on over other locators.",
    "An I2 or I2bis that passes all checks makes a context in IDLE as well, which is every state in which no context of "
    "these ULIDs and FII is kept (7.13, 7.20); its source has to be the ULID or be proven by its list (Q20).",
    "An Update Request that was obeyed before is acknowledged again, not obeyed again; one whose list is a little behind "
    "the present one was overtaken and gets Error 3 (10.3, 10.4).",
    "The choice between pairs: priorities of both ends added up, lasting before temporary locators, weights, then the "
    "rules of RFC 6724; the pair in use stays until trouble is found or an owner ranks its locators anew, and then only "
    "a Probe that was answered moves it (10.4; RFC 5534, 3.5).",
    "ICMPv6 errors that another pair may cure are acted upon, and kept from upper layers, for two seconds, and only if "
    "there is another pair and the reachability daemon listens (8). They cause Probes and nothing else.",
    "Data of a fork is chosen by firewall mark or rule. While the fork uses its ULIDs as locators, its packets cannot be "
    "told from those of the default context, which then watches reachability for both (4.2, 11).",
    "Two machines were explored exhaustively (tests/unit/proto_shim6_explore.c): breadth first, seven steps deep, over "
    "orders of messages, one loss, one duplicate, two early timers and a crash of either side, from one and from two "
    "beginnings and from an established context: every state ends in agreement on all tags, or both give up.",
)


def page(register, by_id):
    yield "# Conformance"
    yield ""
    yield "Written by `tests/conformance/report.py --write` from `tests/conformance.tsv`; do not edit. `make conformance`"
    yield "checks that every test that is named there ran and passed. The requirements, one a line in our own words, are in"
    yield "`tests/conformance/requirements.tsv`."
    yield ""
    yield "## Counts"
    yield ""
    yield "| RFC | level | rows | met | not applicable | not yet |"
    yield "|---|---|---:|---:|---:|---:|"
    yield from count_lines(register, counts(register, by_id), "| {} | {} | {} | {} | {} | {} |")
    yield ""
    yield "## Beside LinShim6"
    yield ""
    yield "The items of section 3 of LinShim6's own report (draft-barre-shim6-impl-03, for version 0.9), what it says of itself,"
    yield "and what the rows behind each item say of us. Rows: see the register."
    yield ""
    yield "| item | requirement | LinShim6 0.9 | shim6 | rows |"
    yield "|---|---|---|---|---|"
    for item in table(LINSHIM6):
        ids = item["rows"].split()
        shown = " ".join(ids) if len(ids) <= 4 else f"{ids[0]} to {ids[-1]} ({len(ids)} rows)"
        yield f"| {item['item']} | {item['content']} | {item['answer']} | {ours(ids, by_id)} | {shown} |"
    yield ""
    yield "## Readings"
    yield ""
    yield "Where the texts contradict themselves or leave something open, this is how we read them. Code names these numbers."
    yield ""
    yield "| no | where | reading |"
    yield "|---|---|---|"
    for q in table(READINGS):
        yield f"| {q['no']} | {q['where']} | {q['reading']} |"
    yield ""
    yield "Where the texts leave the decision to us:"
    yield ""
    for line in OURS:
        yield f"- {line}"
    for status, title in (("not-applicable", "Not applicable"), ("not-yet", "Not yet")):
        yield ""
        yield f"## {title}"
        yield ""
        yield "| row | level | requirement | remark |"
        yield "|---|---|---|---|"
        for r in register:
            a = by_id[r["id"]]
            if a["status"] == status:
                yield f"| {r['id']} | {r['level']} | {r['requirement']} | {a['remark']} |".replace("  |", " |")


# --- where tests name requirements ------------------------------------------------------------------------------------

ID = re.compile(r"S(?:5533|5534|5535|3972|4581|4982|6316)-[0-9A-Z.]+-[0-9]+")


def named_in(path):
    """(id, name of the test) of each mention: the test function it stands in, or in front of."""
    program = os.path.splitext(os.path.basename(path))[0]
    waiting, inside = [], None
    with open(path, encoding="utf-8") as f:
        for line in f:
            top = not line.startswith(("\t", " ", "#", "/"))
            start = top and re.match(r"(?:[A-Z]+|(?:static )?\w[\w *]*?\b(\w+))\((\w*).*[^;]$", line)
            if start:
                inside = start.group(1) or start.group(2)	# a function, or a macro that makes one
                yield from ((i, f"{program}:{inside}") for i in waiting)
                waiting = []
            found = ID.findall(line)
            if not inside and line.startswith("\t"):	# a table that the whole program walks
                yield from ((i, program) for i in found)
            elif inside and not line.startswith(("/", " *", "#")):
                yield from ((i, f"{program}:{inside}") for i in found)
            else:
                waiting += found
            if line.startswith("}"):
                inside = None


def named_in_peer(path):
    """The same for the checks of a peer of packets, which a scene of that name runs."""
    script = os.path.splitext(os.path.basename(path))[0]
    scene = next((os.path.basename(s)[:-3] for s in sorted(glob.glob(os.path.join(TOP, "tests/vm/scenes/P*.sh")))
                  if re.search(rf"^peer .*\b{script}\b", open(s, encoding="utf-8").read(), re.M)), script)
    name = scene
    with open(path, encoding="utf-8") as f:
        for line in f:
            start = re.match(r'@check\("(.*)"(?:, \w+)?\)', line)
            if start:
                name = f"{scene}:{start.group(1)}".replace(",", ";")
            yield from ((i, name) for i in ID.findall(line))


def draft():
    rows = collections.defaultdict(list)
    for pattern in ("tests/unit/*.c", "tests/kuser/*.c", "tests/vectors/*.c", "tests/unit_py/*.py", "tests/peer/*.py"):
        for path in sorted(glob.glob(os.path.join(TOP, pattern))):
            for i, name in (named_in_peer if "/peer/" in path else named_in)(path):
                if name not in rows[i]:
                    rows[i].append(name)
    for path in sorted(glob.glob(os.path.join(TOP, "tests/vm/scenes/*.sh"))):
        with open(path, encoding="utf-8") as f:
            for i in ID.findall(f.read()):
                rows[i].append(os.path.splitext(os.path.basename(path))[0])
    for i in sorted(rows):
        print(i, ",".join(rows[i]), sep="\t")


def main(argv):
    if "--draft" in argv:
        draft()
        return 0
    register, answers, ran = list(table(REGISTER)), list(table(ANSWERS)), results()
    by_id = {a["id"]: a for a in answers}
    passed = failed = 0

    def judge(what, faults):
        nonlocal passed, failed
        faults = list(faults)
        print(f"not ok {what}: {len(faults)} faults" if faults else f"ok {what}")
        for fault in faults:
            print(f"    {fault}")
        passed, failed = passed + (not faults), failed + bool(faults)

    print(f"{'RFC':6}{'level':12}{'rows':>6}{'met':>6}{'n/a':>6}{'not yet':>9}")
    for line in count_lines(register, counts(register, by_id), "{:6}{:12}{:6}{:6}{:6}{:9}"):
        print(line)
    strange, bad = faults_of_rows(register, answers)
    judge("every requirement has one row", strange)
    judge("every row is well formed", bad)
    judge("every test that shows something ran and passed", faults_of_tests(answers, ran))
    for rfc in FINISHED:
        judge(f"RFC {rfc}: nothing is left", (r["id"] for r in register if r["rfc"] == rfc and
                                              by_id.get(r["id"], {}).get("status") == "not-yet"))
    if not strange:
        text = "\n".join(page(register, by_id)) + "\n"
        if "--write" in argv:
            with open(PAGE, "w", encoding="utf-8") as f:
                f.write(text)
        with open(PAGE, encoding="utf-8") as f:
            judge("docs/CONFORMANCE.md is current", () if f.read() == text else ["run: make conformance"])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
