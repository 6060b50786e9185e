#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Break what is in use, again and again, and say how long nothing came back.  Runs inside a scene (failover.sh), which has
made the topology and started the daemons.

  reps.py ROW [--reps N] [--mptcp]      a line "GAP-MS" a repetition on standard output, remarks on standard error

ROW: tcp udp icmp oneway tcp-from tcp-to udp-from udp-to link stall
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
LOGS = os.environ["LOGS"]
PORT = 7000


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def sh(command):
    subprocess.run(["sh", "-c", f". {TOPOLOGY}; {command}"], check=True)


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
        time.sleep(0.05)


class Log:
    def __init__(self, name):
        self.path = os.path.join(LOGS, name)
        self.at, self.times = 0, []
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
        """Something has come in all of the last @span seconds."""
        times = self.read()
        now = time.monotonic()
        late = [t for t in times if t > now - span]
        marks = [now - span, *late, now]
        return len(late) > 10 and max(b - a for a, b in zip(marks, marks[1:])) < 0.2

    def gap(self, since):
        """The longest silence that ends after @since, in ms."""
        times = [t for t in self.read() if t > since - 1]
        gaps = [b - a for a, b in zip(times, times[1:]) if b > since]
        return 1000 * max(gaps, default=float("inf"))

    def first_after(self, when):
        return next((t for t in self.read() if t > when), None)


def in_use(row):
    """Address of A that the direction to be broken uses now."""
    return context("B")["loc_peer"] if row.endswith("-to") else context("A")["loc_local"]


def direction(row):
    return row.split("-")[1] if "-" in row else "both"


def break_it(row, addr):
    """Returns when it is broken for certain."""
    if row == "link":
        subprocess.run(["ip", "-n", "A", "link", "set", "up" + PROVIDER[addr][-1], "down"], check=True)
    else:
        nft(PROVIDER[addr], f"add rule ip6 provider cut {CUT[direction(row)]}")


def mend(row, addr):
    if row == "link":
        sh(f"host_routes A a {PROVIDER[addr][-1]}")
    else:
        nft(PROVIDER[addr], "flush chain ip6 provider cut")


def after_break(log, since, limit):
    """Wait until what is broken now has been bridged.  The gap needs no time stamp: the silence speaks for itself."""
    broken = time.monotonic()
    wait_for("an answer after the failure", limit, lambda: time.monotonic() > broken + 0.6 and log.alive(0.4))
    return log.gap(since)


def shim6(row, reps, limit):
    proto = row.split("-")[0]
    log = Log(f"{row}.log")
    if proto == "oneway":
        processes = [spawn("B", STREAMS, "udp-recv", B1, str(PORT), log.path)]
        time.sleep(1)
        processes.append(spawn("A", STREAMS, "udp-send", A1, B1, str(PORT), "--rate", "100", "--size", "64"))
    else:
        proto = "tcp" if proto == "link" else proto
        processes = []
        if proto != "icmp":
            processes = [spawn("B", TRAFFIC, "server", proto, B1, str(PORT))]
            time.sleep(1.5)
        processes.append(spawn("A", TRAFFIC, "client", proto, A1, B1, str(PORT), log.path))
    wait_for("a context", 60, lambda: settled() and log.alive())
    for n in range(reps):
        wait_for("peace", 60, lambda: settled() and log.alive())
        # Clocks of both ends, ticks of the kernel and requests stand anywhere.
        time.sleep(1 + n % 10 * 0.0137)
        addr = in_use(row)
        since = time.monotonic()
        break_it(row, addr)
        print(f"{after_break(log, since, limit):.1f}", flush=True)
        mend(row, addr)
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
    time.sleep(1.5)
    for n in range(reps):
        log = Log(f"{row}-mptcp.log")
        client = spawn("A", TRAFFIC, "client", "mptcp", A1, B1, str(PORT), log.path)
        wait_for("both subflows", 30, lambda: subflows() >= 2 and log.alive())
        time.sleep(0.5)
        since = time.monotonic()
        break_it(row, A1)
        print(f"{after_break(log, since, limit):.1f}", flush=True)
        end(client)
        mend(row, A1)
        wait_for("the end of the connection", 60, lambda: subflows() == 0)
        if row == "link":
            subprocess.run(["ip", "netns", "exec", "A", "sh", "-c", f"ip mptcp endpoint flush; "
                            f"ip mptcp endpoint add {A2} dev up2 subflow backup"], check=True)
    end(server)


def stall(reps):
    """Everything dead for some seconds, then one provider works: UDP shows when the pair does, TCP when it notices."""
    tcp, udp = Log("stall-tcp.log"), Log("stall-udp.log")
    processes = [spawn("B", TRAFFIC, "server", "tcp", B1, str(PORT)), spawn("B", TRAFFIC, "server", "udp", B1, str(PORT))]
    time.sleep(1.5)
    processes += [spawn("A", TRAFFIC, "client", "tcp", A1, B1, str(PORT), tcp.path),
                  spawn("A", TRAFFIC, "client", "udp", A1, B1, str(PORT), udp.path)]
    for n in range(reps):
        wait_for("peace", 60, lambda: settled() and tcp.alive() and udp.alive())
        used = in_use("tcp")
        nft("PA1", "add rule ip6 provider cut drop")
        nft("PA2", "add rule ip6 provider cut drop")
        time.sleep(4 + n % 5 * 0.37)
        since = time.monotonic()
        nft("PA2" if used == A1 else "PA1", "flush chain ip6 provider cut")
        wait_for("both", 60, lambda: tcp.alive(0.5) and udp.alive(0.5))
        print(f"{1000 * max(0, tcp.first_after(since) - udp.first_after(since)):.1f}", flush=True)
        nft("PA1", "flush chain ip6 provider cut")
        nft("PA2", "flush chain ip6 provider cut")
    end(*processes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row")
    parser.add_argument("--reps", type=int, default=30)
    parser.add_argument("--limit", type=float, default=90)
    parser.add_argument("--mptcp", action="store_true")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if args.row == "stall":
        stall(args.reps)
    elif args.mptcp:
        mptcp(args.row, args.reps, args.limit)
    else:
        shim6(args.row, args.reps, args.limit)
    for asker in askers.values():
        asker.stdin.close()


if __name__ == "__main__":
    main()
