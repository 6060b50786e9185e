# SPDX-License-Identifier: GPL-2.0-or-later
"""Host A as responder: what it answers, octet by octet, and what it must not answer (RFC 5533)."""
import struct

from peer import *
from shim6_packets import *


def resum(octets):
    """The same message with a checksum that fits."""
    octets = bytearray(octets)
    octets[4:6] = b"\0\0"
    octets[4:6] = struct.pack("!H", checksum(header_of(bytes(octets))))
    return bytes(octets)


def with_octet(message, at, value):
    octets = bytearray(bytes(message))
    octets[at] = value
    return resum(octets)


# --- I1 and R1 -------------------------------------------------------------------------------------------------------

@check("I1 is answered by R1, octet by octet")
def _(p):
    """S5533-5.5-01 S5533-5.5-03 S5533-5.5-06 S5533-5.5-08 S5533-7.9-04 S5533-7.10-01 S5533-7.10-03 S5533-5.3-02
    S5533-5.3-03 S5533-5.3-10 S5533-5-01 S5533-12-01"""
    u = p.address()
    got = p.ask(Shim6I1(tag=0x123456789abc, nonce=0xcafe0001), R1, u)
    v = got.msg.option(OptValidator)
    assert v and v.validator, "no validator"
    exact(got, Shim6R1(nonce=0xcafe0001, resp_nonce=got.msg.resp_nonce, options=[OptValidator(validator=v.validator)]))
    assert got.octets[6] == 140 and got.octets[40] == 59
    assert not p.contexts(u), "R1 left a context"
    again = p.ask(Shim6I1(tag=0x123456789abc, nonce=0xcafe0002), R1, u)
    assert again.msg.nonce == 0xcafe0002


@check("reserved fields of I1 are ignored")
def _(p):
    """S5533-5.4-04 S5533-5.4-05"""
    u = p.address()
    plain = p.r1(u, 5)
    odd = p.ask(Shim6I1(tag=5, nonce=9, reserved1=0x7f, r=1), R1, u).msg
    if odd.resp_nonce == plain.resp_nonce:	# R is not part of the tag
        assert odd.option(OptValidator).validator == plain.option(OptValidator).validator


@check("what is behind the header, and Next Header, do not matter")
def _(p):
    """S5533-5.3-07"""
    u = p.address()
    since = p.mark()
    p.send_octets(bytes(Shim6I1(tag=6, nonce=0x77, nh=17)) + b"trailing", u)
    assert p.expect(R1, u, since).msg.nonce == 0x77


@check("a message that fails 12.3 gets no answer")
def _(p):
    """S5533-12.3-01 S5533-12.3-02 S5533-5.3-04 S5533-5.4-02 S5533-7.9-01 S5533-5.1-02"""
    u = p.address()
    i1 = bytes(Shim6I1(tag=7, nonce=7))
    p.silent([i1[:4] + bytes([i1[4] ^ 1]) + i1[5:],		# checksum
              i1[:15] + bytes([i1[15] ^ 0x80]),
              with_octet(i1, 1, 200),				# past the end of the packet
              resum(i1[:1] + b"\x02" + i1[2:]),
              resum(i1[:1] + b"\x00" + i1[2:]),		# Hdr Ext Len 0
              with_octet(i1, 3, 1),				# S = 1: HIP
              i1[:8], i1[:3]], u)


@check("I1 from or to a group or nobody gets no answer")
def _(p):
    """S5533-12.3-03 S5533-1.4-01"""
    since = p.mark()
    before = len(p.contexts())
    for src, dst in (("::", A1), ("2001:db8:a1::1", "ff02::1")):
        p.send(Shim6I1(tag=8, nonce=8), src, dst, device="PA1")
    p.fence()
    assert not [g for g in p.log[since:] if g.type == R1 and g.octets[48:52] == b"\0\0\0\x08"]
    assert len(p.contexts()) == before


@check("options with C = 0 are skipped, in every message that can be answered")
def _(p):
    """S5533-5.15-18 S5533-12.3-06 S5533-5.15-04 S5533-5.15-08 S5533-5.4-10"""
    u = p.address()
    extra = OptUnknown(type=300, content=b"abcde", pad=b"\xff\xff\xff\xff\xff\xff\xff")
    misplaced = OptPrefs(octets=b"\0\0\0")
    r1 = p.ask(Shim6I1(tag=9, nonce=9, options=[extra, misplaced]), R1, u).msg
    i2 = p.i2(r1, 9, p.locators(u))
    i2.options = [extra, *i2.options, extra]
    got = p.ask(i2, R2, u)
    tag = got.msg.tag
    ur = p.ask(Shim6UpdateRequest(tag=tag, nonce=3, options=[extra]), UPDATE_ACK, u)
    exact(ur, Shim6UpdateAck(tag=9, nonce=3))


@check("an unknown option with C = 1: Error 1 that points at it, and nothing else")
def _(p):
    """S5533-5.15-19 S5533-5.15-20 S5533-12.3-05 S5533-5.14-01 S5533-5.14-04 S5533-5.14-07 S5533-5.14-12 S5533-5.15-08
    S5533-5.14-02"""
    u, tag, a_tag = p.establish()
    before = p.context(u)
    critical = OptUnknown(type=300, c=1, content=b"12345")
    r1 = p.r1(u, tag + 1)	# another tag: R2 would answer the old one
    messages = [(Shim6I1(tag=tag, options=[critical]), 16), (Shim6R1(options=[OptValidator(), critical]), 24),
                (Shim6R2(tag=1, options=[critical]), 16), (Shim6R1bis(tag=tag, options=[OptValidator(), critical]), 24),
                (Shim6I2bis(tag=tag, options=[OptValidator(), critical]), 40),
                (Shim6UpdateRequest(tag=a_tag, options=[critical]), 16),
                (Shim6UpdateAck(tag=a_tag, options=[critical]), 16)]
    i2 = p.i2(r1, tag + 1)
    i2.options = [*i2.options, critical]
    messages.append((i2, 24 + 40))
    for m, at in messages:
        since = p.mark()
        p.send(m, u)
        got = p.expect(ERROR, u, since)
        packet = IPv6(src=u, dst=A1, nh=140, hlim=64) / bytes(m)
        want = Shim6Error(code=1, pointer=40 + at, packet=bytes(packet))
        seen = bytearray(got.octets[40:])
        seen[8 + 7] = 64	# the hop limit on arrival is A's to know
        assert resum(seen) == bytes(want), f"\n      got  {seen.hex()}\n      want {bytes(want).hex()}"
        p.fence()
        assert len(p.to(u, since)) == 1, p.to(u, since)
        assert p.context(u) == before


@check("a critical option in Keepalive and Probe: Error 1 as well")
def _(p):
    """S5533-12.3-05"""
    u, _, a_tag = p.establish()
    critical = OptUnknown(type=300, c=1, content=b"12345")
    for m, at in ((Shim6Keepalive(tag=a_tag, options=[critical]), 16),
                  (Shim6Probe(tag=a_tag, sta=1, sent=[ProbeReport(src=u, dst=A1, nonce=1)], options=[critical]), 56)):
        since = p.mark()
        p.send(m, u)
        got = p.expect(ERROR, u, since).msg
        assert (got.code, got.pointer) == (1, 40 + at)
        assert not [g for g in p.to(u, since) if g.type == PROBE]


@check("unknown types get Error 0, never R1bis")
def _(p):
    """S5533-12.3-04 S5533-5.14-06 S5533-7.17-03 S5533-5.3-08"""
    u, _, a_tag = p.establish()
    for number in (0, 7, 59, 69, 127):
        since = p.mark()
        p.drain(0.1)		# the rate of Errors is limited
        m = Shim6Unknown(type=number, body=struct.pack("!HQ", a_tag >> 32, 0))
        p.send(m, u)
        got = p.expect(ERROR, u, since)
        assert (got.msg.code, got.msg.pointer) == (0, 42), got
        assert got.octets[48 + 40:48 + 56] == bytes(m)
        p.fence()
        assert len(p.to(u, since)) == 1


@check("an Error fits 1280 octets, whatever it is about")
def _(p):
    """S5533-5.14-03 S5533-5.1-04"""
    u = p.address()
    since = p.mark()
    p.send(Shim6Unknown(body=bytes(1240 - 6)), u)
    got = p.expect(ERROR, u, since)
    assert len(got.octets) == 1280 and got.octets[41] == 1240 // 8 - 1


@check("nobody answers an Error")
def _(p):
    """S5533-5.14-05 S5533-17-03"""
    u, tag, a_tag = p.establish()
    before = p.context(u)
    quoted = bytes(IPv6(src=A1, dst=u) / Shim6UpdateRequest(tag=tag, nonce=1))
    critical = bytes(OptUnknown(type=300, c=1, content=b"12345"))
    p.silent([Shim6Error(code=c, packet=quoted) for c in (0, 1, 2, 50, 120)] +
             [Shim6Error(code=0, packet=bytes(IPv6(src=A1, dst=u, nh=140) / Shim6Unknown())),
              Shim6Error(code=1, packet=critical), Shim6Error(packet=b""), with_octet(Shim6Error(), 1, 0),
              resum(b"\x3b\x00\x44\x00\x00\x00\x00\x00")], u)
    assert p.context(u) == before


@check("Errors are limited in their rate")
def _(p):
    """S5533-12.3-04"""
    u = p.address()
    since = p.mark()
    for i in range(200):
        p.send(Shim6Unknown(type=100, body=struct.pack("!HQ", 0, i)), u)
    p.fence()
    n = len([g for g in p.to(u, since) if g.type == ERROR])
    assert 0 < n < 100, f"{n} Errors for 200 messages"
    p.drain(2.5)


# --- I2 and R2 ----------------------------------------------------------------------------------------------------------

@check("I2 is answered by R2, octet by octet, and makes a context")
def _(p):
    """S5533-5.7-01 S5533-5.7-03 S5533-5.7-06 S5533-5.7-07 S5533-7.13-09 S5533-7.14-02 S5533-7.14-03 S5533-7.6-01
    S5533-5.15.2-01 S5533-5.15.2-05 S5533-5.3-12 S5533-2.1-01 S5533-6.2-04"""
    u, tag = p.address(), 0x7fffffffffff
    r1 = p.r1(u, tag)
    got = p.ask(p.i2(r1, tag, p.locators(u, p.other(u), generation=77), nonce=0xabad1dea), R2, u)
    ls = got.msg.option(OptLocators)
    exact(got, Shim6R2(tag=got.msg.tag, nonce=0xabad1dea, options=[
        OptLocators(generation=ls.generation, methods=[METHOD_NONE] * 2, locators=[A1, A2])]))
    c = p.context(u)
    assert c["state"] == "ESTABLISHED" and c["fii"] == "0"
    assert int(c["ct_peer"], 16) == tag and int(c["ct_local"], 16) == got.msg.tag
    assert (c["ulid_local"], c["ls_local"], c["ls_peer"]) == (A1, f"{A1},{A2}", f"{u},{p.other(u)}")
    assert (c["loc_local"], c["loc_peer"]) == (A1, u)


@check("a repeated I2 gets its R2 again and changes nothing")
def _(p):
    """S5533-7.13-18 S5533-7.13-20 S5533-7.14-04"""
    u, tag = p.address(), p.number()
    i2 = p.i2(p.r1(u, tag), tag, p.locators(u))
    first = p.ask(i2, R2, u)
    c = p.context(u)
    second = p.ask(i2, R2, u)
    assert first.octets[40:] == second.octets[40:] and p.context(u) == c
    since = p.mark()
    p.fence()
    assert not p.to(u, since), "R2 came by itself"


@check("reserved fields of I2 and of the ULID Pair option are ignored")
def _(p):
    """S5533-5.6-04 S5533-5.6-05 S5533-5.6-06 S5533-5.15.6-05 S5533-5.15.6-06 S5533-5.6-11"""
    u, tag = p.address(), 0x111 + p.number()
    over = p.other(u)
    names = [OptULIDPair(sender=u, receiver=A1, reserved2=0xffffffff)]
    r1 = p.r1(over, tag, names)
    p.ask(p.i2(r1, tag, *names, p.locators(u, over), reserved1=0x7f, r=1, reserved2=0xffffffff), R2, over)
    c = p.context(u)
    assert int(c["ct_peer"], 16) == tag and c["ulid_local"] == A1
    assert (c["loc_local"], c["loc_peer"]) == (A1, over), "the pair that was tested by the exchange"


@check("an I2 with anything altered since R1 gets no answer")
def _(p):
    """S5533-7.13-05 S5533-7.10.1-02 S5533-7.13-01 S5533-7.13-07 S5533-5.15.1-02 S5533-7.20-05"""
    u, v, tag = p.address(), p.address(), 0x222
    r1 = p.r1(u, tag)
    good = p.i2(r1, tag, p.locators(u))
    bit = bytearray(r1.option(OptValidator).validator)
    bit[0] ^= 1
    p.silent([p.i2(r1, tag + 1, p.locators(u)),
              Shim6I2(tag=tag, nonce=1, resp_nonce=r1.resp_nonce, options=[OptValidator(validator=bytes(bit))]),
              Shim6I2(tag=tag, nonce=1, resp_nonce=r1.resp_nonce ^ 1, options=good.options),
              Shim6I2(tag=tag, nonce=1, resp_nonce=r1.resp_nonce, options=[p.locators(u)]),
              p.i2(r1, tag, OptFII(fii=4), p.locators(u)),
              p.i2(r1, tag, OptULIDPair(sender=v, receiver=A1), p.locators(u, v)),
              p.i2(r1, tag, OptULIDPair(sender=u, receiver=A2), p.locators(u)),
              Shim6I2bis(tag=tag, nonce=1, resp_nonce=r1.resp_nonce, packet_tag=tag, options=good.options),
              resum(bytes(good)[:1] + b"\x01" + bytes(good)[2:])], u)
    p.silent([good], v)
    p.silent([good], u, A2)
    assert not p.contexts(u) and not p.contexts(v)
    p.ask(good, R2, u)		# it was good


@check("the Initiator Nonce of I2 need not be that of I1")
def _(p):
    """S5533-7.10.1-03 S5533-7.11-08 S5533-5.6-07"""
    u = p.address()
    assert p.ask(p.i2(p.r1(u, 5), 5, p.locators(u), nonce=0x99999999), R2, u).msg.nonce == 0x99999999


@check("a list that proves nothing: Error 2 at its method, no context")
def _(p):
    """S5533-7.2-05 S5533-7.2-06 S5533-5.14-08 S5533-5.15.2-06 S5533-7.2-01"""
    u = p.address()
    r1 = p.r1(u, 6)
    for method in (0, HBA, CGA, 3, 200, 255):
        since = p.mark()
        p.drain(0.1)
        ls = OptLocators(generation=1, methods=[METHOD_NONE, method], locators=[u, p.other(u)])
        p.send(p.i2(r1, 6, ls), u)
        got = p.expect(ERROR, u, since).msg
        assert (got.code, got.pointer) == (2, 40 + 24 + 40 + 10), f"method {method}: {got.code} {got.pointer}"
        assert got.packet[got.pointer] == method
        p.fence()
        assert len(p.to(u, since)) == 1 and not p.contexts(u)


@check("I2 without a list: the ULID alone")
def _(p):
    """S5533-7.2-07 S5533-3-03"""
    u = p.address()
    p.ask(p.i2(p.r1(u, 7), 7), R2, u)
    assert p.context(u)["ls_peer"] == u


@check("I2 for a ULID from a locator that its list does not have gets no answer")
def _(p):
    """S5533-7.13-16 S5533-7.13-17"""
    u, tag, _ = p.establish()
    before = p.context(u)
    stranger = p.address()
    r1 = p.r1(stranger, 8, p.names(u))
    p.silent([p.i2(r1, 8, *p.names(u), p.locators(u))], stranger)
    assert p.context(u) == before
    p.ask(p.i2(r1, 8, *p.names(u), p.locators(u, stranger)), R2, stranger)
    assert int(p.context(u)["ct_peer"], 16) == 8


@check("a forked context stands beside the first")
def _(p):
    """S5533-7.9-03 S5533-7.9-02 S5533-7.13-02 S5533-7.13-08 S5533-12.4-01 S5533-12.4-02 S5533-4.2-01"""
    u, tag, a_tag = p.establish()
    _, fork, b_tag = p.establish(p.locators(u), ulid=u, names=[OptFII(fii=0xdead)])
    assert a_tag != b_tag and len(p.contexts(u)) == 2
    assert int(p.context(u, 0xdead)["ct_peer"], 16) == fork
    assert int(p.context(u)["ct_peer"], 16) == tag


@check("a late I1: R2 if it fits the context, else R1")
def _(p):
    """S5533-7.9-05 S5533-7.9-06 S5533-7.9-07 S5533-7.9-08 S5533-7.10-02 S5533-B-46 S5533-B-47"""
    u, tag, a_tag = p.establish()
    before = p.context(u)
    got = p.ask(Shim6I1(tag=tag, nonce=0x1111), R2, u)
    assert (got.msg.tag, got.msg.nonce) == (a_tag, 0x1111)
    p.ask(Shim6I1(tag=tag + 1, nonce=1), R1, u)
    p.ask(Shim6I1(tag=tag, nonce=1, options=p.names(u)), R2, p.other(u))
    p.ask(Shim6I1(tag=tag, nonce=1, options=p.names(u)), R1, p.address())
    assert p.context(u) == before


@check("the peer that forgot begins anew and the keeper takes its new tag")
def _(p):
    """S5533-7.5-02 S5533-7.13-18"""
    u, _, a_tag = p.establish()
    _, new, again = p.establish(p.locators(u), ulid=u, tag=0x600000000001)
    assert a_tag == again
    c = p.context(u)
    assert int(c["ct_peer"], 16) == new and c["ls_peer"] == u


@check("messages out of place are dropped without a word")
def _(p):
    """S5533-B-07 S5533-B-08 S5533-B-09 S5533-B-52 S5533-B-53 S5533-7.16-06 S5533-7.17-03 S5533-12.4-03 S5533-12.4-04"""
    v = OptValidator(validator=bytes(32))
    strays = [Shim6R1(nonce=5, resp_nonce=1, options=[v]), Shim6R2(tag=5, nonce=5), Shim6R1bis(tag=5, options=[v]),
              Shim6I2(tag=5, options=[v]), Shim6I2bis(tag=5, options=[v])]
    p.silent(strays, p.address())
    u = p.establish()[0]
    before = p.context(u)
    p.silent(strays, u)
    assert p.context(u) == before


# --- tags without a context ------------------------------------------------------------------------------------------------

def r1bis_for(p, m, tag, u):
    since = p.mark()
    p.send(m, u)
    got = p.expect(R1BIS, u, since)
    v = got.msg.option(OptValidator)
    assert v and v.validator
    exact(got, Shim6R1bis(tag=tag, resp_nonce=got.msg.resp_nonce, options=[OptValidator(validator=v.validator)]))
    assert (got.src, got.dst) == (A1, u)
    return got.msg


@check("a tag that nobody knows: R1bis, octet by octet, for payload and types 64 to 67")
def _(p):
    """S5533-7.17-01 S5533-7.17-02 S5533-7.17-04 S5533-7.17-05 S5533-5.8-01 S5533-5.8-03 S5533-5.8-06 S5533-5.8-08
    S5533-5.8-09 S5533-12.2-02 S5533-10.4-02 S5533-10.5-02 S5533-5.3-08 S5533-5.3-13 S5533-B-10 S5533-B-11"""
    u, tag, before = p.address(), 0x7abcdef01234, len(p.contexts())
    report = [ProbeReport(src=u, dst=A1, nonce=5)]
    for m in (Shim6Payload(nh=59, tag=tag), Shim6UpdateRequest(tag=tag, nonce=1), Shim6UpdateAck(tag=tag, nonce=1),
              Shim6Keepalive(tag=tag), Shim6Probe(tag=tag, sta=1, sent=report)):
        r1bis_for(p, m, tag, u)
    assert len(p.contexts()) == before


@check("a payload header of another length than 8 is dropped")
def _(p):
    """S5533-5.2-04"""
    u = p.address()
    p.silent([bytes(Shim6Payload(nh=59, tag=5, hdrlen=1)) + bytes(8)], u)


@check("the right tag over foreign locators: R1bis for Update, Keepalive and Probe, no effect")
def _(p):
    """S5533-10.4-03 S5533-10.4-04 S5533-10.5-03 S5533-10.5-04 S5533-12.4-08"""
    u, _, a_tag = p.establish()
    before = p.context(u)
    stranger = p.address()
    for m in (Shim6UpdateRequest(tag=a_tag, nonce=1, options=[p.locators(u, stranger)]),
              Shim6UpdateAck(tag=a_tag, nonce=1), Shim6Keepalive(tag=a_tag),
              Shim6Probe(tag=a_tag, sta=1, sent=[ProbeReport(src=stranger, dst=A1, nonce=5)])):
        r1bis_for(p, m, a_tag, stranger)
    assert p.context(u) == before


@check("I2bis brings the context back, with a new tag")
def _(p):
    """S5533-7.20-08 S5533-7.20-09 S5533-5.9-04 S5533-5.9-05 S5533-5.9-06 S5533-B-05 S5533-7.20-02"""
    u, lost = p.address(), 0x123456
    r1bis = r1bis_for(p, Shim6UpdateRequest(tag=lost, nonce=1), lost, u)
    m = p.i2bis(r1bis, 0x44, p.locators(u, p.other(u)), reserved1=0x7f, r=1, reserved2=(1 << 49) - 1)
    got = p.ask(m, R2, u)
    c = p.context(u)
    assert c["state"] == "ESTABLISHED" and int(c["ct_peer"], 16) == 0x44
    assert int(c["ct_local"], 16) == got.msg.tag != lost
    assert got.msg.nonce == 0x4321


@check("an I2bis with anything altered since R1bis gets no answer")
def _(p):
    """S5533-7.20-01 S5533-7.20-04 S5533-7.20-05 S5533-7.20-07 S5533-7.17.1-01"""
    u, lost = p.address(), 0x123457
    r1bis = r1bis_for(p, Shim6UpdateRequest(tag=lost, nonce=1), lost, u)
    good = p.i2bis(r1bis, 0x45, p.locators(u))
    bit = bytearray(r1bis.option(OptValidator).validator)
    bit[31] ^= 0x80
    p.silent([p.i2bis(r1bis, 0x45, p.locators(u), packet_tag=lost + 1),
              Shim6I2bis(tag=0x45, nonce=1, resp_nonce=r1bis.resp_nonce, packet_tag=lost,
                         options=[OptValidator(validator=bytes(bit))]),
              Shim6I2bis(tag=0x45, nonce=1, resp_nonce=r1bis.resp_nonce ^ 0x10, packet_tag=lost, options=good.options),
              p.i2(r1bis, 0x45), resum(bytes(good)[:1] + b"\x02" + bytes(good)[2:])], u)
    p.silent([good], p.address())
    assert not p.contexts(u)
    p.ask(good, R2, u)


# --- confusion ---------------------------------------------------------------------------------------------------------------

@check("a tag used twice by one host ends the older context, but not on the word of an I1")
def _(p):
    """S5533-7.6-02 S5533-7.6-05 S5533-7.14-01 S5533-7.15-01 S5533-7.15-02 S5533-7.15-05 S5533-7.15-06 S5533-7.15-08"""
    common, tag = p.other(p.address()), 0x3cccccccc001
    first = p.establish(p.locators("2001:db8:b1:0:f00d::aa01", common), ulid="2001:db8:b1:0:f00d::aa01", tag=tag)[0]
    second = "2001:db8:b1:0:f00d::aa02"
    r1 = p.r1(second, tag)
    assert p.contexts(first), "an I1 ended a context"
    p.ask(p.i2(r1, tag, p.locators(second, common)), R2, second)
    assert not p.contexts(first) and p.contexts(second)
    # without a common locator it is another host, with the same ULIDs the same context
    third = p.establish(p.locators("2001:db8:b1:0:f00d::aa03"), ulid="2001:db8:b1:0:f00d::aa03", tag=tag)[0]
    assert p.contexts(second) and p.contexts(third)
    p.ask(p.i2(p.r1(second, 1), 1, p.locators(second, common)), R2, second)
    before = p.contexts()
    p.ask(p.i2(p.r1(second, tag), tag, p.locators(second, common)), R2, second)
    assert len(p.contexts()) == len(before) and int(p.context(second)["ct_peer"], 16) == tag


# --- floods ----------------------------------------------------------------------------------------------------------------------

def resident(pid):
    """Memory of A's shim6d in kB."""
    children = [pid] + [int(c) for c in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    for c in children:	# ip netns exec becomes the daemon, but let it have forked
        status = open(f"/proc/{c}/status").read()
        if "Name:\tshim6d" in status:
            return int(status.split("VmRSS:")[1].split()[0])
    raise AssertionError("where is shim6d?")


@check("I1 from 2000 sources leaves memory and contexts as they were")
def _(p):
    """S5533-4.4-02 S5533-7.10-01"""
    def burst(first, n):
        for i in range(first, first + n):
            octets = resum(struct.pack("!BBBBHHII", 59, 1, 1, 0, 0, 0, i, i))
            p.send_octets(octets, "2001:db8:b1:0:f00d:1::%x" % i)
            p.take(0)
        p.fence()

    burst(1, 500)	# what a daemon needs once, it may keep
    n, memory, since = len(p.contexts()), resident(p.pid), p.mark()
    burst(10001, 2000)
    answers = len([g for g in p.log[since:] if g.type == R1])
    assert answers > 200, f"only {answers} R1s: not much of a flood"
    assert len(p.contexts()) == n
    assert resident(p.pid) <= memory + 256, f"{memory} kB, then {resident(p.pid)} kB"
