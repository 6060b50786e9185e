#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Break what is in use, again and again, and say how long nothing came back.  Runs inside a scene (failover.sh), which has
made the topology and started the daemons.

  reps.py ROW [--reps N] [--mptcp]      a line "KIND GAP-MS" a repetition on standard output, remarks on standard error

ROW: tcp udp icmp oneway tcp-from tcp-to udp-from udp-to link stall, all: tcp, udp and icmp in one failure, or last: of
UPLINKS x UPLINKS pairs only the one works that both ends come to last
"""

import argparse
import ctypes
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TRAFFIC = os.path.join(HERE, "traffic.py")
STREAMS = os.path.join(HERE, "..", "tools", "streams.py")
TOPOLOGY = os.path.join(HERE, "..", "vm", "topology.sh")
A1, A2, B1, B2 = "2001:db8:a1::a", "2001:db8:a2::a", "2001:db8:b1::b", "2001:db8:b2::b"
PROVIDER = {A1: "PA1", A2: "PA2", B1: "PB1", B2: "PB2"}
UPLINKS = int(os.environ.get("UPLINKS", "2"))
LOCATORS = {h: [f"2001:db8:{h}{i + 1}::{h}" for i in range(UPLINKS)] for h in "ab"}
LOGS = os.environ["LOGS"]
PORT = 7000
MOST = 3          # tries for each repetition that is wanted


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def sh(command):
    subprocess.run(["sh", "-c", f"HERE={HERE}/../..; . {TOPOLOGY}; {command}"], check=True)


LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def nft(host, rules):
    """One program only, so that the moment of the failure is as sharp as can be."""
    with open(f"/run/netns/{host}") as ns:
        subprocess.run(["nft", rules], check=True, preexec_fn=lambda: LIBC.setns(ns.fileno(), CLONE_NEWNET))


CUT = {"both": "drop", "from": 'iif "host" drop', "to": 'oif "host" drop'}


def spawn(host, *command):
    return subprocess.Popen(["ip", "netns", "exec", host, *command], stdout=subprocess.DEVNULL)


def end(*processes):
    for p in processes:
        p.send_signal(signal.SIGTERM)
    for p in processes:
        p.wait()


askers = {}


def context(host):
    """The words of the first context of a host."""
    if host not in askers:
        askers[host] = subprocess.Popen(["ip", "netns", "exec", host, TRAFFIC, "ask"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
    askers[host].stdin.write("dump\n")
    words = {}
    for line in iter(askers[host].stdout.readline, "\n"):
        if line.startswith("id=") and not words:
            words = dict(re.findall(r"(\S+)=(\S+)", line))
    return words


def settled():
    return all(c.get("state") == "ESTABLISHED" and c.get("reap") == "operational" for c in map(context, "AB"))


def wait_for(what, seconds, condition):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            say(f"gave up: {what}")
            raise TimeoutError(what)
        time.sleep(0.2)


class Log:
    def __init__(self, name, every=0.01):
        self.path = os.path.join(LOGS, name)
        self.at, self.times, self.every = 0, [], every      # seconds between two requests
        if os.path.exists(self.path):
            os.unlink(self.path)

    def read(self):
        try:
            with open(self.path) as f:
                f.seek(self.at)
                text = f.read()
        except FileNotFoundError:
            return self.times
        whole = text.rfind("\n") + 1
        self.at += len(text[:whole].encode())
        self.times += [float(line.split()[0]) for line in text[:whole].splitlines()]
        return self.times

    def alive(self, span=1.0):
        """Something has come in all of the last @span seconds, or as many as ten requests take."""
        times = self.read()
        now = time.monotonic()
        span = max(span, 10 * self.every)
        late = [t for t in times if t > now - span]
        marks = [now - span, *late, now]
        return max(b - a for a, b in zip(marks, marks[1:])) < max(0.2, 3 * self.every)

    def gap(self, since):
        """The longest silence that ends after @since, in ms."""
        times = [t for t in self.read() if t > since - 1]
        gaps = [(b - a, a, b) for a, b in zip(times, times[1:]) if b > since]
        return max(gaps, default=(float("inf"), 0, 0))

    def first_after(self, when):
        return next((t for t in self.read() if t > when), None)


class Watch:
    """Whether the machine itself stood still while something was measured: then it is measured again."""
    def __init__(self):
        self.logs = [Log(f"still-{cpu}.log") for cpu in range(os.cpu_count())]
        self.processes = [subprocess.Popen([TRAFFIC, "watch", str(cpu), log.path])
                          for cpu, log in enumerate(self.logs)]

    def still(self, begin, end):
        return any(begin < t < end + 0.1 for log in self.logs for t in log.read())

    def end(self):
        end(*self.processes)


def in_use(row):
    """Address of A that the direction to be broken uses now."""
    return context("B")["loc_peer"] if row.endswith("-to") else context("A")["loc_local"]


def direction(row):
    return row.split("-")[1] if "-" in row else "both"


def last_pair(a, b):
    """The pair that is tried last while (a, b) is in use, by the end that comes to it first (lib/proto/pathset.c)."""
    a, b = LOCATORS["a"].index(a), LOCATORS["b"].index(b)
    pairs = [(i, k) for i in range(UPLINKS) for k in range(UPLINKS)]

    def place(order):
        key = {p: (p != (a, b), (p[0] == a) + (p[1] == b), p != (0, 0), order(p)) for p in pairs}
        return {p: n for n, p in enumerate(sorted(pairs, key=key.get))}

    of_a, of_b = place(lambda p: p), place(lambda p: (p[1], p[0]))
    i, k = max(pairs, key=lambda p: min(of_a[p], of_b[p]))
    return LOCATORS["a"][i], LOCATORS["b"][k]


def leave_one(a, b):
    """Of all pairs only (a, b) goes on working."""
    nft("core", f"add rule ip6 core cut ip6 saddr {{ {a}, {b} }} ip6 daddr {{ {a}, {b} }} accept; "
        "add rule ip6 core cut drop")


def break_it(row, addr):
    """Returns when it is broken for certain."""
    if row == "last":
        used = context("A")
        leave_one(*last_pair(used["loc_local"], used["loc_peer"]))
    elif row == "link":
        subprocess.run(["ip", "-n", "A", "link", "set", "up" + PROVIDER[addr][-1], "down"], check=True)
    else:
        nft(PROVIDER[addr], f"add rule ip6 provider cut {CUT[direction(row)]}")


def answers(local, peer):
    return subprocess.run(["ip", "netns", "exec", "A", "ping", "-q", "-c", "1", "-W", "1", "-I", local, peer],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def mend(row, addr):
    if row == "last":
        nft("core", "flush chain ip6 core cut")
    elif row == "link":
        sh(f"host_routes A a {PROVIDER[addr][-1]}")
        # Linux takes up to a second to let packets out of a link that came up again after a short time.
        wait_for("the link", 30, lambda: answers(addr, addr[:addr.index("::")] + "::1"))
    else:
        nft(PROVIDER[addr], "flush chain ip6 provider cut")


def after_break(logs, limit):
    """Wait until what is broken now has been bridged.  The gap needs no time stamp: the silence speaks for itself."""
    broken = time.monotonic()
    wait_for("answers after the failure", limit,
             lambda: time.monotonic() > broken + 0.6 and all(log.alive(0.4) for log in logs))


def start_traffic(kind, every="0.01"):
    """A log of what comes back, and the processes that make it."""
    log = Log(f"{kind}.log", float(every))
    port = str(PORT + ["tcp", "udp", "icmp", "oneway"].index(kind))
    if kind == "oneway":
        processes = [spawn("B", STREAMS, "udp-recv", B1, port, log.path)]
        time.sleep(1)
        processes.append(spawn("A", STREAMS, "udp-send", A1, B1, port, "--rate", "100", "--size", "64"))
        return log, processes
    processes = []
    if kind != "icmp":
        processes = [spawn("B", TRAFFIC, "server", kind, B1, port)]
        time.sleep(1.5)
    processes.append(spawn("A", TRAFFIC, "client", kind, A1, B1, port, log.path, "--every", every))
    return log, processes


def take(watch, logs, since, patient):
    """A line for each kind of traffic.  False: the machine stood still, and the rows are not so slow that it is all one."""
    gaps = {kind: log.gap(since) for kind, log in logs.items()}
    good = patient or not any(watch.still(begin, end) for _, begin, end in gaps.values())
    for kind, (gap, begin, end) in gaps.items():
        say(f"{kind} {1000 * gap:.0f} ms from {begin:.3f} to {end:.3f}{'' if good else ', discarded'}")
        if good:
            print(f"{kind} {1000 * gap:.1f}", flush=True)
    return good


def shim6(row, reps, limit, patient, every):
    kind = row.split("-")[0]
    kinds = {"all": ["tcp", "udp", "icmp"], "link": ["tcp"], "last": ["udp"]}.get(kind, [kind])
    traffic = {k: start_traffic(k, every) for k in kinds}
    logs = {k: log for k, (log, _) in traffic.items()}
    watch = Watch()
    tries, most = 0, MOST * reps
    while reps and tries < most:
        wait_for("peace", 60, lambda: settled() and all(log.alive() for log in logs.values()))
        # Clocks of both ends, ticks of the kernel and requests stand anywhere.
        time.sleep(0.4 + tries % 10 * 0.0137)
        addr = in_use(row)
        since = time.monotonic()
        break_it(row, addr)
        after_break(logs.values(), limit)
        reps -= take(watch, logs, since, patient)
        tries += 1
        mend(row, addr)
    watch.end()
    for _, processes in traffic.values():
        end(*processes)


def subflows():
    done = subprocess.run(["ip", "netns", "exec", "A", "ss", "-Htn", "state", "established", "dport", "=", f":{PORT}"],
                          stdout=subprocess.PIPE, check=True)
    return len(done.stdout.splitlines())


def mptcp(row, reps, limit):
    subprocess.run(["ip", "netns", "exec", "A", "sh", "-c",
                    f"ip mptcp limits set subflow 4 add_addr_accepted 4; ip mptcp endpoint flush; "
                    f"ip mptcp endpoint add {A2} dev up2 subflow backup"], check=True)
    subprocess.run(["ip", "-n", "B", "mptcp", "limits", "set", "subflow", "4", "add_addr_accepted", "4"], check=True)
    server = spawn("B", TRAFFIC, "server", "mptcp", B1, str(PORT))
    watch = Watch()
    time.sleep(1.5)
    tries, most = 0, MOST * reps
    while reps and tries < most:
        log = Log(f"{row}-mptcp.log")
        client = spawn("A", TRAFFIC, "client", "mptcp", A1, B1, str(PORT), log.path)
        wait_for("both subflows", 30, lambda: subflows() >= 2 and log.alive())
        time.sleep(0.5 + tries % 10 * 0.0137)
        since = time.monotonic()
        break_it(row, A1)
        after_break([log], limit)
        reps -= take(watch, {"mptcp": log}, since, False)
        tries += 1
        end(client)
        mend(row, A1)
        wait_for("the end of the connection", 60, lambda: subflows() == 0)
        if row == "link":
            subprocess.run(["ip", "netns", "exec", "A", "sh", "-c", f"ip mptcp endpoint flush; "
                            f"ip mptcp endpoint add {A2} dev up2 subflow backup"], check=True)
    watch.end()
    end(server)


def stall(reps):
    """Everything dead for some seconds, then one provider works: UDP shows when the pair does, TCP when it notices."""
    traffic = [start_traffic("tcp"), start_traffic("udp")]
    (tcp, _), (udp, _) = traffic
    watch = Watch()
    tries, most = 0, MOST * reps
    while reps and tries < most:
        wait_for("peace", 60, lambda: settled() and tcp.alive() and udp.alive())
        used = in_use("tcp")
        nft("PA1", "add rule ip6 provider cut drop")
        nft("PA2", "add rule ip6 provider cut drop")
        time.sleep(3 + tries % 5 * 0.37)
        since = time.monotonic()
        nft("PA2" if used == A1 else "PA1", "flush chain ip6 provider cut")
        wait_for("both", 60, lambda: tcp.alive(0.5) and udp.alive(0.5))
        works, goes_on = udp.first_after(since), tcp.first_after(since)
        good = not watch.still(works, goes_on)
        gap = 1000 * max(0, goes_on - works)
        say(f"stall {gap:.1f} ms from {works:.3f} to {goes_on:.3f}{'' if good else ', discarded'}")
        if good:
            print(f"stall {gap:.1f}", flush=True)
        reps -= good
        tries += 1
        nft("PA1", "flush chain ip6 provider cut")
        nft("PA2", "flush chain ip6 provider cut")
    watch.end()
    for _, processes in traffic:
        end(*processes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row")
    parser.add_argument("--reps", type=int, default=30)
    parser.add_argument("--limit", type=float, default=600, help="seconds that a failure may last")
    parser.add_argument("--every", default="0.01", help="seconds between two requests")
    parser.add_argument("--mptcp", action="store_true")
    parser.add_argument("--patient", action="store_true", help="gaps are so long that a machine that stops does not matter")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if args.row == "stall":
        stall(args.reps)
    elif args.mptcp:
        mptcp(args.row, args.reps, args.limit)
    else:
        shim6(args.row, args.reps, args.limit, args.patient, args.every)
    for asker in askers.values():
        asker.stdin.close()


if __name__ == "__main__":
    main()
