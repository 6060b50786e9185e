# SPDX-License-Identifier: GPL-2.0-or-later
"""Reachability of host A (RFC 5534), with a Send Timeout of 4 s there; we ask for Keepalives within 3 s.

Several contexts wait at the same time: all their payload goes out in the first check, what came of it is looked at later.
"""
import time

from peer import *
from shim6_packets import *
from scapy.layers.inet import UDP

SLACK = 0.7	# emulation
C = {}		# name -> Context


class Context:
    def __init__(self, p, single=False):
        u = p.address()
        self.begun = time.monotonic()
        locators = p.locators(u) if single else p.locators(u, p.other(u))
        self.u, self.tag, self.a_tag = p.establish(locators, OptKeepaliveTimeout(timeout=3), ulid=u)
        self.v = p.other(u)

    def probes(self, p, since=0):
        return [g for g in p.log[since:] if g.type == PROBE and g.dst in (self.u, self.v)]

    def probe(self, p, sta, *rcvd, src=None, dst=A1, **fields):
        src = src or self.u
        sent = fields.pop("sent", [ProbeReport(src=src, dst=dst, nonce=0x10000 + p.number(), data=0xdeadbeef)])
        m = Shim6Probe(**{"tag": self.a_tag, "sta": sta, "sent": sent, "rcvd": list(rcvd), **fields})
        p.send(m, src, dst)
        return sent[0] if sent else None

    def reap(self, p, want, seconds=5):
        end = time.monotonic() + seconds
        while p.reap(self.u) != want:
            assert time.monotonic() < end, f"{p.reap(self.u)}, not {want}"
            p.drain(0.1)


def payload(p, c):
    p.socket.sendto(b"anybody there?", (c.u, 9))
    c.sent_at = time.monotonic()


def first_report(got):
    r = got.msg.sent[0]
    return ProbeReport(src=r.src, dst=r.dst, nonce=r.nonce, data=r.data)


@check("R2 tells of a Send Timeout that is not 15 s")
def _(p):
    """S5534-5.3-01 S5534-5.3-02 S5534-5.3-03 S5534-5.3-06 S5534-5.3-07 S5534-5.3-08 S5533-5.15-16"""
    p.socket = p.listen(7000)
    u = p.address()
    got = p.ask(p.i2(p.r1(u, 3), 3, p.locators(u)), R2, u)
    ls = got.msg.option(OptLocators)
    options = {type(o): o for o in got.msg.options}
    want = {OptLocators: OptLocators(generation=ls.generation, methods=[METHOD_NONE] * 2, locators=[A1, A2]),
            OptKeepaliveTimeout: OptKeepaliveTimeout(timeout=4)}
    exact(got, Shim6R2(tag=got.msg.tag, nonce=got.msg.nonce, options=[want[k] for k in options]))
    assert bytes(want[OptKeepaliveTimeout]).hex() == "0014000400000004"
    for name in ("lost", "kept", "found", "forged", "illegal", "quiet", "single"):
        C[name] = Context(p, name == "single")
    for name in ("lost", "kept", "found", "forged", "illegal", "single"):
        payload(p, C[name])


@check("nothing is sent for a context without payload, nor before its time")
def _(p):
    """S5534-1-01 S5534-A-01 S5534-6-02 S5534-4.1-13"""
    p.drain(2.5)
    assert not [g for g in p.log if g.type in (PROBE, KEEPALIVE)]


@check("a Keepalive that says nothing but its tag stops the Send Timer, reserved fields and options ignored")
def _(p):
    """S5534-4.1-08 S5534-5.1-04 S5534-5.1-05 S5534-5.1-06 S5534-5.1-07 S5534-6.6-01"""
    c = C["kept"]
    p.send(Shim6Keepalive(tag=c.a_tag, reserved1=0x7f, r=1, reserved2=0xffffffff,
                          options=[OptUnknown(type=300, content=b"x")]), c.u)
    p.drain(max(0, c.sent_at + 6 - time.monotonic()))
    assert not c.probes(p)
    assert p.reap(c.u) == "operational"


@check("payload without an answer: a Probe after the Send Timeout, octet by octet")
def _(p):
    """S5534-4.1-04 S5534-4.1-13 S5534-5.2-01 S5534-5.2-02 S5534-5.2-03 S5534-5.2-04 S5534-5.2-05 S5534-5.2-08
    S5534-5.2-10 S5534-5.2-17 S5534-5.2-20 S5534-6.1-05 S5534-6.4-01 S5533-5.3-18 S5534-3.3-01"""
    c = C["lost"]
    got = (c.probes(p) or [p.wait(lambda g: g.type == PROBE and g.dst in (c.u, c.v), 0)])[0]
    # A's R2 was the first payload (Q52), what its socket sent came after it
    assert got.t - c.begun >= 4 - 0.1 and got.t - c.sent_at <= 4.4 + SLACK, f"{got.t - c.begun:.2f} s"
    r = first_report(got)
    exact(got, Shim6Probe(tag=c.tag, sta=EXPLORING, sent=[ProbeReport(src=got.src, dst=got.dst, nonce=r.nonce, data=r.data)]))
    c.reap(p, "exploring")


@check("Probes follow after 0.5 s three times, then after 1 s and 2 s, over all pairs, one at a time")
def _(p):
    """S5534-4.3-03 S5534-4.3-04 S5534-4.3-05 S5534-4.3-06 S5534-5.2-11 S5534-5.2-23 S5534-6.5-02 S5534-7-01 S5534-7-02
    S5534-6.1-06 S5534-6.1-07"""
    c = C["lost"]
    end = time.monotonic() + 12
    while len(c.probes(p)) < 6 and time.monotonic() < end:
        p.drain(0.1)
    seen = c.probes(p)[:6]
    assert len(seen) == 6
    assert {(g.src, g.dst) for g in seen[:4]} == {(a, b) for a in (A1, A2) for b in (c.u, c.v)}
    for a, b, nominal in zip(seen, seen[1:], (0.5, 0.5, 0.5, 1, 2)):
        assert nominal * 0.85 - 0.15 <= b.t - a.t <= nominal * 1.15 + SLACK, f"{b.t - a.t:.2f} s for {nominal} s"
    assert len({g.msg.sent[0].nonce for g in seen}) == 6
    told = [bytes(r) for r in seen[5].msg.sent]
    assert bytes(first_report(seen[4])) in told, "earlier Probes are reported as they were"


@check("a Probe InboundOk that reports our Probe ends the exploration over that pair")
def _(p):
    """S5534-4.2-01 S5534-5.2-12 S5534-5.2-14 S5534-5.2-16 S5534-5.2-24 S5534-6.8-02 S5534-6.8-04 S5534-6.9-06"""
    c = C["found"]
    got = p.wait(lambda g: g.type == PROBE and (g.src, g.dst) == (A2, c.v), 0)
    assert got, "no Probe over the second locators"
    assert p.context(c.u)["loc_peer"] == c.u
    since = p.mark()
    ours = c.probe(p, INBOUND_OK, first_report(got), src=c.v, dst=A2)
    answer = p.wait(lambda g: g.type == PROBE and g.dst in (c.u, c.v) and g.msg.sta == OPERATIONAL, since)
    assert answer, c.probes(p, since)
    assert bytes(ours) in [bytes(r) for r in answer.msg.rcvd]
    c.reap(p, "operational")
    now = p.context(c.u)
    assert (now["loc_local"], now["loc_peer"]) == (A2, c.v)


@check("a peer with one locator: only our own is varied")
def _(p):
    """S5533-3-04"""
    c = C["single"]
    seen = [g for g in p.log if g.type == PROBE and g.dst == c.u]
    got = next((g for g in seen if g.src == A2), None) or \
        p.wait(lambda g: g.type == PROBE and (g.src, g.dst) == (A2, c.u), 0, 12)
    assert got
    c.probe(p, INBOUND_OK, first_report(got), dst=A2)
    c.reap(p, "operational")
    now = p.context(c.u)
    assert (now["loc_local"], now["loc_peer"]) == (A2, c.u)


@check("payload goes over the new pair, with our tag and the ULIDs' checksum")
def _(p):
    """S5533-5.2-01 S5533-5.2-02 S5533-5.2-03 S5533-11.1-01 S5533-11.1-02 S5534-6.9-06"""
    c = C["found"]
    since = p.mark()
    p.socket.sendto(b"over there", (c.u, 9))
    got = p.wait(lambda g: g.payload, since)
    assert got and (got.src, got.dst) == (A2, c.v), p.log[since:]
    want = tagged(A2, c.v, c.tag, A1, c.u, UDP(sport=7000, dport=9) / b"over there")
    assert got.octets[40:] == bytes(want)[40:]
    c.probe(p, OPERATIONAL, src=c.v, dst=A2)	# stops its Send Timer


@check("reports of Probes that were never sent do not move the pair")
def _(p):
    """S5534-5.2-23 S5534-8-04 S5534-6.8-04 S5534-8-02"""
    c = C["forged"]
    got = p.wait(lambda g: g.type == PROBE and (g.src, g.dst) == (A2, c.v), 0)
    assert got
    r = first_report(got)
    before = p.context(c.u)
    for lie in (ProbeReport(src=r.src, dst=r.dst, nonce=r.nonce ^ 1), ProbeReport(src=A1, dst=c.v, nonce=r.nonce),
                ProbeReport(src=A2, dst=p.address(), nonce=r.nonce)):
        c.probe(p, INBOUND_OK, lie, src=c.v, dst=A2)
        p.drain(0.2)
        after = p.context(c.u)
        assert (after["loc_local"], after["loc_peer"]) == (before["loc_local"], before["loc_peer"])


@check("Sta=3, Psent=0, more reports than there is room for, a bad checksum: as if nothing had come")
def _(p):
    """S5534-5.2-10 S5534-5.2-19 S5534-5.2-25"""
    c = C["illegal"]
    got = p.wait(lambda g: g.type == PROBE and (g.src, g.dst) == (A1, c.v), 0)
    assert got
    r = first_report(got)
    c.reap(p, "exploring")
    since = p.mark()
    mine = ProbeReport(src=c.u, dst=A1, nonce=0x666)
    c.probe(p, 3, r)
    c.probe(p, INBOUND_OK, r, sent=[])
    c.probe(p, INBOUND_OK, r, sent=[mine], psent=15, precvd=1)
    c.probe(p, INBOUND_OK, r, sent=[mine], psent=1, precvd=15)
    c.probe(p, INBOUND_OK, r, chksum=1)
    p.drain(0.5)
    assert p.reap(c.u) == "exploring"
    assert not [g for g in c.probes(p, since) if g.msg.rcvd], "a report of what should have been dropped"


@check("a Probe Exploring from the peer is answered by InboundOk, a Probe Operational by none")
def _(p):
    """S5534-5.2-06 S5534-5.2-07 S5534-5.2-09 S5534-5.2-12 S5534-5.2-18 S5534-6.7-01 S5534-6.9-03 S5534-6.9-04
    S5534-5.2-14 S5534-6.9-05"""
    c = C["quiet"]
    since = p.mark()
    ours = c.probe(p, EXPLORING, reserved1=0x7f, r=1, reserved2=0x3fffff)
    got = p.wait(lambda g: g.type == PROBE and g.dst in (c.u, c.v), since)
    assert got and got.msg.sta == INBOUND_OK
    assert [bytes(r) for r in got.msg.rcvd] == [bytes(ours)]
    c.reap(p, "inboundok")
    since = p.mark()
    c.probe(p, OPERATIONAL, first_report(got))
    c.reap(p, "operational")
    p.drain(1.5)
    assert len(c.probes(p, since)) <= 1, "one may have been on its way"


@check("a one-way stream brings Keepalives, octet by octet, and they end after it")
def _(p):
    """S5534-4.1-02 S5534-4.1-03 S5534-4.1-09 S5534-4.1-10 S5534-4.1-11 S5534-5.1-01 S5534-5.1-02 S5534-5.1-03
    S5534-5.3-05 S5534-6.1-08 S5534-6.1-09 S5534-7-05 S5534-7-06 S5533-4.5-01 S5533-12.1-01 S5534-A-03 S5533-5.3-17"""
    c = Context(p)
    quiet = p.listen(7001)
    since, begin = p.mark(), time.monotonic()
    while time.monotonic() < begin + 6:
        p.out_octets(bytes(IPv6(src=c.u, dst=A1) / UDP(sport=1, dport=7001) / b"one way"), A1, "up1")
        last = time.monotonic()
        p.drain(0.3)
    p.drain(6)
    quiet.close()
    seen = [g for g in p.log[since:] if g.type == KEEPALIVE and g.dst in (c.u, c.v)]
    assert 3 <= len(seen) <= 9, f"{len(seen)} Keepalives"
    assert all(g.dst == c.u and g.src == A1 for g in seen)
    exact(seen[0], Shim6Keepalive(tag=c.tag))
    assert seen[0].t - begin >= 1 - SLACK / 2
    apart = [b.t - a.t for a, b in zip(seen, seen[1:])]
    # a third to a half of 3 s; the one that goes out when the timer ends may come sooner (6.3)
    assert all(g < 1.5 + SLACK for g in apart[:1]) and len([g for g in apart if g < 0.9]) <= 4, apart
    assert seen[-1].t <= last + 3 + SLACK, f"{seen[-1].t - last:.2f} s after the last payload"
    assert not c.probes(p)


@check("payload both ways: neither Keepalives nor Probes")
def _(p):
    """S5534-1-02 S5534-4.1-06 S5534-4.1-12 S5534-A-02"""
    c = Context(p)
    s = p.listen(7002)
    since, begin = p.mark(), time.monotonic()
    while time.monotonic() < begin + 6:
        p.out_octets(bytes(IPv6(src=c.u, dst=A1) / UDP(sport=9, dport=7002) / b"ping"), A1, "up1")
        s.recvfrom(100)
        s.sendto(b"pong", (c.u, 9))
        p.drain(0.3)
    assert not [g for g in p.log[since:] if g.type in (PROBE, KEEPALIVE) and g.dst in (c.u, c.v)]
    p.send(Shim6Keepalive(tag=c.a_tag), c.u)
