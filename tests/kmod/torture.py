#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Change contexts in every way, as fast as it goes, for tests/kmod/70-torture.sh; runs in the namespace it is to change.

usage: torture.py change SECONDS SEED ULID-LOCAL ULID-PEER LOC-LOCAL LOC-PEER TAG-LOCAL TAG-PEER
       torture.py fill COUNT ULID-LOCAL		that many contexts, many to a message
       torture.py starve TIMES ULID-LOCAL ULID-PEER LOC-LOCAL LOC-PEER	every allocation of each request fails once
"""
import ctypes
import os
import random
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import genl  # noqa: E402


def pairs(**kv):
    return ["%s=%s" % (k, v) for k, v in kv.items()]


def quietly(g, cmd, args=(), dump=False):
    """The kernel may say no: the context may just not be there, or no longer.  True if it said yes."""
    try:
        g.shim6(cmd, args, dump)
        return True
    except genl.NetlinkError:
        return False


def change(seconds, seed, ul, up, ll, lp, tl, tp):
    rnd = random.Random(int(seed))
    g = genl.Genl()
    done = {}
    end = time.monotonic() + float(seconds)
    add = pairs(ct_local=tl, ct_peer=tp, ulid_local=ul, ulid_peer=up, loc_local=ul, loc_peer=up)
    needed = ("add", "move", "mode", "other", "less", "del")
    # On a slow machine it takes longer until each has been possible once.
    while time.monotonic() < end or (time.monotonic() < end + 60 and not all(done.get(k) for k in needed)):
        n = 1000 + rnd.randrange(400)
        other = "2001:db8:ffff::%x" % n
        what = rnd.choices(["add", "move", "back", "mode", "other", "less", "del", "dump", "stats", "flush", "hooks"],
                           [8, 10, 6, 8, 40, 20, 3, 1, 1, 0.3, 1])[0]
        ok = {
            "add": lambda: quietly(g, "ctx_add", add),
            "move": lambda: quietly(g, "ctx_set", pairs(ct_local=tl, loc_local=ll, loc_peer=lp)),
            "back": lambda: quietly(g, "ctx_set", pairs(ct_local=tl, loc_local=ul, loc_peer=up)),
            "mode": lambda: quietly(g, "ctx_set", pairs(ct_local=tl, reap_mode=rnd.randrange(3), hint_min=20,
                                                        send_timeout=rnd.choice([1, 20, 15000]), ka_timeout=15,
                                                        ka_interval=5)),
            "other": lambda: quietly(g, "ctx_add", pairs(ct_local=n, ct_peer=n % 7, ulid_local=ul, ulid_peer=other,
                                                         loc_local=rnd.choice([ul, ll]), loc_peer=other)),
            "less": lambda: quietly(g, "ctx_del", pairs(ct_local=n)),
            "del": lambda: quietly(g, "ctx_del", pairs(ct_local=tl)),
            "dump": lambda: quietly(g, "ctx_get", dump=True),
            "stats": lambda: quietly(g, "stats", dump=True),
            "flush": lambda: quietly(g, "flush"),
            "hooks": lambda: quietly(g, "set_param", pairs(hooks=rnd.randrange(2))),
        }[what]()
        done[what] = done.get(what, 0) + ok
    print(" ".join("%s=%d" % kv for kv in sorted(done.items())))
    missing = [k for k in needed if not done.get(k)]
    if missing:
        sys.exit("never succeeded: " + " ".join(missing))


def fill(count, ul):
    g = genl.Genl()
    lot, last = [], int(count) - 1
    for n in range(last + 1):
        peer = "2001:db8:ffff::%x:%x" % (n >> 16, n & 0xffff)
        payload = b"".join(genl.pack(*p.split("=", 1)) for p in
                           pairs(ct_local=1000 + n, ct_peer=n, ulid_local=ul, ulid_peer=peer, loc_local=ul,
                                 loc_peer=peer))
        lot.append(payload)
        if len(lot) < 100 and n < last:
            continue
        g.seq += 1
        g.sock.send(b"".join(struct.pack("=IHHIIBBH", 20 + len(p), g.family, 1 | 4 * (p is lot[-1]), g.seq, 0,
                                         genl.CMD["ctx_add"], 1, 0) + p for p in lot))
        for kind, flags, _, body in g.messages():
            if kind == 2:
                g.check(flags, body)
        lot = []


def starve(times, ul, up, ll, lp):
    """The n-th allocation fails, for n from 1, until a request needs fewer: all or nothing, and no trace left."""
    tid = ctypes.CDLL(None, use_errno=True).syscall(186)
    nth = os.open("/proc/self/task/%d/fail-nth" % tid, os.O_RDWR)
    g = genl.Genl()
    failed = 0
    for n in range(1, int(times)):
        for cmd, args in (
                ("ctx_add", pairs(ct_local=77, ct_peer=78, ulid_local=ul, ulid_peer=up, loc_local=ll, loc_peer=lp)),
                ("ctx_set", pairs(ct_local=77, loc_local=ul, loc_peer=up)),
                ("ctx_set", pairs(ct_local=77, loc_local=ll, loc_peer=lp)),
                ("ctx_del", pairs(ct_local=77))):
            # The request itself must get through: the socket's own memory is asked for before the module's.
            payload = b"".join(genl.pack(*p.split("=", 1)) for p in args)
            try:
                os.pwrite(nth, b"%d" % n, 0)
                g.call(genl.CMD[cmd], payload)
            except (genl.NetlinkError, OSError):
                failed += 1
            finally:
                os.pwrite(nth, b"0", 0)
        quietly(g, "ctx_del", pairs(ct_local=77))
        if int(genl.Genl().shim6("info")[0]["contexts"]):
            sys.exit("a context is left after allocation %d failed" % n)
    print("failed=%d" % failed)
    if not failed:
        sys.exit("no allocation failed")


if __name__ == "__main__":
    {"change": change, "fill": fill, "starve": starve}[sys.argv[1]](*sys.argv[2:])
