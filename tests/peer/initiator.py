# SPDX-License-Identifier: GPL-2.0-or-later
"""Host A as initiator, its recovery, its updates and its retransmissions (RFC 5533).

What takes long begins first: some of our ULIDs never answer a certain message, and their packets are looked at in the end.
"""
import struct
import time

from peer import *
from shim6_packets import *
from scapy.compat import raw
from scapy.layers.inet import UDP
from scapy.layers.inet6 import ICMPv6ParamProblem

VALIDATOR = OptValidator(validator=b"opaque to initiators")
MUTE = {}	# who does not answer what: name -> our ULID


def r1_for(i1, **fields):
    """Our answer to A's I1."""
    options = fields.pop("options", [VALIDATOR])
    return Shim6R1(**{"nonce": i1.msg.nonce, "resp_nonce": 0x01020304, "options": options, **fields})


def begun(p, ulid=None):
    """A sent I2: (our ULID, its I1, its I2)."""
    u, i1 = p.wanted(ulid)
    return u, i1, p.ask(r1_for(i1), I2, u)


def with_us(p, *locators, tag=None, ulid=None):
    """A context that A began: (our ULID, our tag, A's tag)."""
    u, i1, i2 = begun(p, ulid)
    tag = tag or 0x6b0000000000 + p.number()
    p.send(Shim6R2(tag=tag, nonce=i2.msg.nonce, options=[p.locators(u, *(locators or (p.other(u),)))]), u)
    p.state(u, "ESTABLISHED")
    return u, tag, i1.msg.tag


def recovering(p, ulid=None):
    """A sent I2bis: (our ULID, the tag we lost, A's tag, I2bis)."""
    u, tag, a_tag = with_us(p, ulid=ulid)
    got = p.ask(Shim6R1bis(tag=tag, resp_nonce=9, options=[VALIDATOR]), I2BIS, u)
    return u, tag, a_tag, got


@check("some never answer", FIRST)
def _(p):
    MUTE["i1"] = p.wanted()[0]
    MUTE["i2"] = begun(p)[0]
    MUTE["i2bis"] = recovering(p)[0]
    u, tag, a_tag = with_us(p)
    MUTE["update"], MUTE["update id"] = u, p.context(u)["id"]
    MUTE["update since"] = p.mark()
    MUTE["old"] = p.address()
    MUTE["old r1"], MUTE["old since"] = p.r1(MUTE["old"], 0x777), time.monotonic()
    p.debug(f"update {MUTE['update id']}")


# --- I1 ---------------------------------------------------------------------------------------------------------------

@check("I1, octet by octet")
def _(p):
    """S5533-5.4-01 S5533-5.4-03 S5533-5.4-06 S5533-7.7-01 S5533-7.7-02 S5533-5.15.6-01 S5533-B-02 S5533-5.3-09
    S5533-6.2-02"""
    u, i1 = p.wanted()
    exact(i1, Shim6I1(tag=i1.msg.tag, nonce=i1.msg.nonce))
    assert (i1.src, i1.dst) == (A1, u)
    c = p.context(u)
    assert c["state"] == "I1-SENT" and int(c["ct_local"], 16) == i1.msg.tag and int(c["ct_peer"], 16) == 0
    assert p.debug(f"context {A1} {u}") == f"id={c['id']}"		# S5533-2.1-03: still the same one
    p.fence()
    assert len([g for g in p.to(u) if g.type == I1]) == 1


@check("nonces and tags are not alike")
def _(p):
    """S5533-5.4-07 S5533-7.1-02"""
    some = [p.wanted()[1].msg for _ in range(8)]
    for numbers, bits in (([m.nonce for m in some], 32), ([m.tag for m in some], 47)):
        assert len(set(numbers)) == 8
        steps = {(b - a) % (1 << bits) for a, b in zip(numbers, numbers[1:])}
        assert len(steps) == 7 and max(numbers) >> (bits - 5), numbers


@check("R1 that does not fit the I1 brings no I2")
def _(p):
    """S5533-5.5-02 S5533-7.11-01 S5533-7.11-02 S5533-7.11-10 S5533-12.4-03 S5533-12.3-01 S5533-B-13 S5533-5.15-21"""
    u, i1 = p.wanted()
    good = bytes(r1_for(i1))
    since = p.mark()
    p.send(r1_for(i1), p.other(u))
    p.send(r1_for(i1), u, A2)
    p.send(r1_for(i1), p.address())
    for m in (r1_for(i1, nonce=i1.msg.nonce ^ 1), r1_for(i1, options=[]), r1_for(i1, s=1),
              r1_for(i1, options=[OptUnknown(type=300, content=b"x")]),
              r1_for(i1, options=[OptValidator(validator=b"short", len=60)])):
        p.send(m, u)
    p.send_octets(good[:1] + b"\0" + good[2:], u)
    p.send_octets(good[:20] + bytes([good[20] ^ 1]) + good[21:], u)
    p.fence()
    assert not [g for g in p.log[since:] if g.type == I2 and g.octets[46:52] == i1.octets[46:52]]
    assert p.context(u)["state"] == "I1-SENT"


@check("R1, R1bis, payload and Updates in the wrong state do nothing")
def _(p):
    """S5533-7.11-04 S5533-7.18-03 S5533-B-24 S5533-B-25 S5533-B-31 S5533-B-34 S5533-10.4-07 S5533-10.5-06 S5533-12.2-04"""
    u, i1 = p.wanted()
    tag = i1.msg.tag
    bis = Shim6R1bis(tag=5, resp_nonce=1, options=[VALIDATOR])
    p.silent([bis, Shim6UpdateRequest(tag=tag, nonce=1), Shim6UpdateAck(tag=tag, nonce=1), Shim6Keepalive(tag=tag)], u)
    since = p.mark()
    p.send(Shim6Payload(tag=tag), u)
    p.drain(0.3)
    assert not p.to(u, since)
    assert p.context(u)["state"] == "I1-SENT"
    p.ask(r1_for(i1), I2, u)
    p.silent([r1_for(i1), bis], u)
    assert p.context(u)["state"] == "I2-SENT"


# --- I2 -----------------------------------------------------------------------------------------------------------------

@check("I2, octet by octet, with the validator as it came")
def _(p):
    """S5533-5.6-01 S5533-5.6-03 S5533-5.6-08 S5533-5.6-09 S5533-5.6-10 S5533-5.6-13 S5533-7.6-01 S5533-7.11-03
    S5533-7.11-05 S5533-7.11-11 S5533-B-12 S5533-5.3-11 S5533-5.15.2-02 S5533-5.15.1-01 S5533-5.15-01 S5533-5.15-02
    S5533-5.15-03 S5533-6.2-03"""
    for length in (0, 1, 20, 64, 200):
        u, i1 = p.wanted()
        v = OptValidator(validator=bytes(range(length)))
        got = p.ask(r1_for(i1, resp_nonce=0xfeedface, options=[v]), I2, u)
        ls = got.msg.option(OptLocators)
        exact(got, Shim6I2(tag=i1.msg.tag, nonce=got.msg.nonce, resp_nonce=0xfeedface, options=[
            v, OptLocators(generation=ls.generation, methods=[METHOD_NONE] * 2, locators=[A1, A2])]))
        assert p.context(u)["state"] == "I2-SENT"


@check("reserved fields of R1 are ignored, padding is not looked at")
def _(p):
    """S5533-5.5-04 S5533-5.5-05 S5533-5.15-04"""
    u, i1 = p.wanted()
    p.ask(r1_for(i1, reserved1=0x7f, reserved2=0xffff, options=[OptValidator(validator=b"a", pad=b"\xff" * 3)]), I2, u)


@check("R2 that does not fit the I2 changes nothing")
def _(p):
    """S5533-5.7-02 S5533-7.16-01 S5533-7.16-02 S5533-12.4-04 S5533-B-27 S5533-7.16-05"""
    u, i1, i2 = begun(p)
    good = Shim6R2(tag=5, nonce=i2.msg.nonce, options=[p.locators(u)])
    octets = bytes(good)
    since = p.mark()
    p.send(good, p.other(u))
    p.send(good, u, A2)
    p.send(Shim6R2(tag=5, nonce=i2.msg.nonce ^ 4), u)
    p.send_octets(octets[:1] + b"\0" + octets[2:], u)
    p.send_octets(octets[:4] + bytes([octets[4] ^ 1]) + octets[5:], u)
    p.fence()
    assert not p.to(u, since)
    p.send(Shim6R2(tag=5, nonce=i2.msg.nonce, options=[p.locators(u, p.other(u), method=3)]), u)
    assert p.expect(ERROR, u, since).msg.code == 2
    assert p.context(u)["state"] == "I2-SENT"


@check("R2 ends it, its reserved fields are ignored, a second one is as well")
def _(p):
    """S5533-5.7-04 S5533-5.7-05 S5533-7.16-04 S5533-7.16-06 S5533-B-26 S5533-7.3-01 S5533-B-52"""
    u, i1, i2 = begun(p)
    p.send(Shim6R2(tag=0x2aaa, nonce=i2.msg.nonce, reserved1=0x7f, r=1, options=[p.locators(u, p.other(u))]), u)
    c = p.state(u, "ESTABLISHED")
    assert int(c["ct_peer"], 16) == 0x2aaa and c["ls_peer"] == f"{u},{p.other(u)}"
    p.silent([Shim6R2(tag=0x2aab, nonce=i2.msg.nonce, options=[p.locators(u)])], u)
    assert p.context(u) == c


@check("crossing I1s: each answers with R2")
def _(p):
    """S5533-7.4-01 S5533-7.9-09 S5533-5.7-08 S5533-7.10-02 S5533-B-14 S5533-B-15"""
    u, i1 = p.wanted()
    got = p.ask(Shim6I1(tag=0x77, nonce=0x5151), R2, u)
    assert (got.msg.tag, got.msg.nonce) == (i1.msg.tag, 0x5151)
    assert p.context(u)["state"] == "I1-SENT"
    p.send(Shim6R2(tag=0x77, nonce=i1.msg.nonce, options=[p.locators(u)]), u)
    assert int(p.state(u, "ESTABLISHED")["ct_peer"], 16) == 0x77


@check("an I1 crossing our I2, and an I2 crossing our I1")
def _(p):
    """S5533-7.4-02 S5533-7.9-09 S5533-7.13-13 S5533-7.13-15 S5533-B-17 S5533-B-28 S5533-B-29 S5533-7.13-11 S5533-7.13-12"""
    u, i1, i2 = begun(p)
    assert p.ask(Shim6I1(tag=0x78, nonce=2), R2, u).msg.tag == i1.msg.tag
    assert p.context(u)["state"] == "I2-SENT"
    u = p.address()
    r1, stranger = p.r1(u, 0x79), p.address()
    away = p.r1(stranger, 0x79, p.names(u))
    i1 = p.wanted(u)[1]
    p.silent([p.i2(away, 0x79, *p.names(u), p.locators(u))], stranger)
    assert p.context(u)["state"] == "I1-SENT"
    assert p.ask(p.i2(r1, 0x79, p.locators(u)), R2, u).msg.tag == i1.msg.tag
    p.state(u, "ESTABLISHED")


@check("payload and Updates for an I2-SENT context make A repeat I2")
def _(p):
    """S5533-B-35 S5533-10.4-08 S5533-10.5-07 S5533-12.2-05"""
    for make in (lambda t: Shim6UpdateRequest(tag=t, nonce=1), lambda t: Shim6UpdateAck(tag=t, nonce=1),
                 lambda t: Shim6Keepalive(tag=t), lambda t: Shim6Payload(nh=59, tag=t)):
        u, i1, i2 = begun(p)
        since = p.mark()
        p.send(make(i1.msg.tag), u)
        assert p.expect(I2, u, since).octets[40:] == i2.octets[40:]
    with p.listen(5011) as s:	# and payload is processed
        p.send_octets(bytes(tagged(u, A1, i1.msg.tag, u, A1, UDP(sport=7, dport=5011) / b"early"))[40:], u)
        assert s.recvfrom(100)[0] == b"early"


@check("payload of A's goes out as it is before the context is there; tagged payload for I1-SENT is dropped")
def _(p):
    """S5533-11-01 S5533-11-02 S5533-12.2-04"""
    u, i1 = p.wanted()
    with p.listen(5012) as s:
        def plain(text):
            since = p.mark()
            s.sendto(text, (u, 9))
            assert p.wait(lambda g: g.proto == 17 and g.dst == u and g.octets.endswith(text), since), p.log[since:]

        plain(b"I1-SENT")
        p.send_octets(bytes(tagged(u, A1, i1.msg.tag, u, A1, UDP(sport=7, dport=5012) / b"early"))[40:], u)
        p.ask(r1_for(i1), I2, u)
        plain(b"I2-SENT")
        p.send_octets(bytes(tagged(u, A1, i1.msg.tag, u, A1, UDP(sport=7, dport=5012) / b"later"))[40:], u)
        assert s.recvfrom(100)[0] == b"later"


# --- no support ------------------------------------------------------------------------------------------------------------

@check("ICMPv6 unrecognised next header about our I1, and no other, means NO-SUPPORT")
def _(p):
    """S5533-7.8-04 S5533-7.8-06 S5533-6.2-07 S5533-B-23 S5533-7.8-05"""
    u, i1 = p.wanted()

    def problem(quoted, code=1):
        p.out_octets(raw(IPv6(src=u, dst=A1) / ICMPv6ParamProblem(code=code, ptr=6) / quoted), A1, "up1")

    other = bytearray(i1.octets)
    other[54] ^= 1
    problem(bytes(other))
    problem(i1.octets, code=0)
    p.drain(0.3)
    p.fence()
    assert p.context(u)["state"] == "I1-SENT"
    problem(i1.octets)
    p.state(u, "NO-SUPPORT")
    try:
        p.debug(f"context {A1} {u}")
    except AssertionError as e:
        assert "later" in str(e) or "hold" in str(e), e
    else:
        raise AssertionError("a new attempt in the hold-down")


# --- recovery -----------------------------------------------------------------------------------------------------------------

@check("R1bis for another tag, from strangers, too short: no I2bis")
def _(p):
    """S5533-5.8-02 S5533-7.18-01 S5533-7.18-02 S5533-12.4-05"""
    u, tag, _ = with_us(p)
    before = p.context(u)
    good = Shim6R1bis(tag=tag, resp_nonce=9, options=[VALIDATOR])
    p.silent([good], p.address())
    octets = bytes(good)
    p.silent([Shim6R1bis(tag=tag + 1, resp_nonce=9, options=[VALIDATOR]), Shim6R1bis(tag=tag, resp_nonce=9),
              octets[:1] + b"\0" + octets[2:], octets[:5] + bytes([octets[5] ^ 1]) + octets[6:]], u)
    assert p.context(u) == before


@check("R1bis brings I2bis, octet by octet, and R2 the context back")
def _(p):
    """S5533-5.9-01 S5533-5.9-03 S5533-5.9-08 S5533-5.9-09 S5533-5.9-10 S5533-5.8-04 S5533-5.8-05 S5533-7.18-04
    S5533-7.18-05 S5533-7.5-01 S5533-B-54 S5533-B-36 S5533-B-44 S5533-16.2-02 S5533-5.3-14 S5533-6.2-05 S5533-7.6-01"""
    u, tag, a_tag = with_us(p)
    got = p.ask(Shim6R1bis(tag=tag, resp_nonce=0x0a0b0c0d, reserved1=0x7f, r=1, options=[VALIDATOR]), I2BIS, u)
    ls = got.msg.option(OptLocators)
    exact(got, Shim6I2bis(tag=a_tag, nonce=got.msg.nonce, resp_nonce=0x0a0b0c0d, packet_tag=tag, options=[
        VALIDATOR, OptLocators(generation=ls.generation, methods=[METHOD_NONE] * 2, locators=[A1, A2])]))
    c = p.context(u)
    assert c["state"] == "I2BIS-SENT" and int(c["ct_peer"], 16) == tag
    p.silent([Shim6R1bis(tag=tag, resp_nonce=1, options=[VALIDATOR]), Shim6R2(tag=9, nonce=got.msg.nonce ^ 1)], u)
    assert p.context(u) == c
    p.send(Shim6R2(tag=0x123, nonce=got.msg.nonce, options=[p.locators(u, p.other(u))]), u)
    c = p.state(u, "ESTABLISHED")
    assert int(c["ct_peer"], 16) == 0x123 and int(c["ct_local"], 16) == a_tag


@check("R1bis over another pair: I2bis over that pair, with the ULID Pair option")
def _(p):
    """S5533-5.9-11 S5533-7.18-06 S5533-5.15.6-01 S5533-5.15.6-02 S5533-5.15.6-03 S5533-5.15.6-04"""
    u, tag, a_tag = with_us(p)
    got = p.ask(Shim6R1bis(tag=tag, resp_nonce=1, options=[VALIDATOR]), I2BIS, p.other(u), A2)
    o = got.msg.option(OptULIDPair)
    assert (o.sender, o.receiver, o.reserved2, o.len) == (A1, u, 0, 36)


@check("I2BIS-SENT: I1 and I2 get R2, payload and Updates make A repeat I2bis")
def _(p):
    """S5533-B-38 S5533-B-39 S5533-B-45 S5533-10.4-09 S5533-10.5-08 S5533-12.2-06 S5533-7.9-09"""
    u = p.address()
    r1 = p.r1(u, 0x4444)	# later it will be R2
    u, tag, a_tag, i2bis = recovering(p, u)
    p.ask(Shim6I1(tag=5, nonce=5), R2, u)
    for m in (Shim6UpdateAck(tag=a_tag, nonce=1), Shim6UpdateRequest(tag=a_tag, nonce=0x99)):
        since = p.mark()
        p.drain(0.6)	# not for each packet
        p.send(m, u)
        p.expect(I2BIS, u, since)
    assert p.expect(UPDATE_ACK, u, since).msg.nonce == 0x99
    with p.listen(5010) as s:
        since = p.mark()
        p.drain(0.6)
        p.send_octets(bytes(tagged(u, A1, a_tag, u, A1, UDP(sport=7, dport=5010) / b"p"))[40:], u)
        p.expect(I2BIS, u, since)
        assert s.recvfrom(100)[0] == b"p"
    assert p.context(u)["state"] == "I2BIS-SENT"
    p.ask(p.i2(r1, 0x4444, p.locators(u)), R2, u)
    c = p.context(u)
    assert c["state"] == "I2BIS-SENT" and int(c["ct_peer"], 16) == 0x4444


# --- updates --------------------------------------------------------------------------------------------------------------------

@check("Update Request: acknowledged each time, octet by octet, reserved fields ignored")
def _(p):
    """S5533-10.4-06 S5533-10.4-11 S5533-10.4-15 S5533-10.4-16 S5533-5.10-04 S5533-5.10-05 S5533-5.11-01 S5533-5.11-03
    S5533-5.11-06 S5533-5.11-07 S5533-5.10-08 S5533-5.3-16"""
    u, tag, a_tag = with_us(p)
    new = p.address()
    ur = Shim6UpdateRequest(tag=a_tag, nonce=0xdadada, reserved1=0x7f, r=1,
                            options=[p.locators(u, new, generation=5)])
    for _ in range(2):
        exact(p.ask(ur, UPDATE_ACK, u), Shim6UpdateAck(tag=tag, nonce=0xdadada))
        assert p.context(u)["ls_peer"] == f"{u},{new}"
    p.ask(Shim6UpdateRequest(tag=a_tag, nonce=1), UPDATE_ACK, new)	# known now
    p.ask(Shim6UpdateRequest(tag=a_tag, nonce=2), R1BIS, p.other(u))	# and that one no more


@check("Update Request with Hdr Ext Len 0, with a bad checksum: nothing")
def _(p):
    """S5533-5.10-02 S5533-10.4-01 S5533-5.11-02 S5533-10.5-01"""
    u, tag, a_tag = with_us(p)
    for m in (Shim6UpdateRequest(tag=a_tag, nonce=3), Shim6UpdateAck(tag=a_tag, nonce=3)):
        octets = bytes(m)
        short = bytes(Shim6Unknown8(octets[2], octets[6:8]))
        p.silent([short, octets[:7] + bytes([octets[7] ^ 1]) + octets[8:]], u)


def Shim6Unknown8(kind, rest):
    """A header of 8 octets with a right checksum."""
    total = struct.unpack("!4H", bytes([59, 0, kind, 0, 0, 0]) + rest)
    s = sum(total)
    s = (s & 0xffff) + (s >> 16)
    return bytes([59, 0, kind, 0]) + struct.pack("!H", ~((s & 0xffff) + (s >> 16)) & 0xffff) + rest


@check("an Update Request that does not add up: Errors 3, 4 and 2 at the right octet, no acknowledgement")
def _(p):
    """S5533-10.4-10 S5533-10.4-12 S5533-10.4-13 S5533-5.14-08 S5533-5.14-09 S5533-5.14-10"""
    u, tag, a_tag = with_us(p)
    before = p.context(u)

    def prefs(generation, n):
        return OptPrefs(generation=generation, element_len=3, octets=bytes([0, 1, 2]) * n)

    long = p.locators(u, p.other(u), p.address(), generation=7)
    for options, code, at in (
            ([prefs(999, 2)], 3, 16 + 4), ([prefs(1000, 3)], 4, 16 + 2), ([prefs(1000, 1)], 4, 16 + 2),
            ([long, prefs(8, 3)], 3, 16 + len(bytes(long)) + 4), ([long, prefs(7, 2)], 4, 16 + len(bytes(long)) + 2),
            ([p.locators(u, p.address(), method=1)], 2, 16 + 9), ([p.locators(p.address(), method=0)], 2, 16 + 9)):
        p.drain(0.2)
        got = p.ask(Shim6UpdateRequest(tag=a_tag, nonce=4, options=options), ERROR, u).msg
        # the ULID needs no proof: the method at fault is that of the second locator
        at += code == 2 and options[0].num is None and len(options[0].locators) - 1
        assert (got.code, got.pointer) == (code, 40 + at), (options, got.code, got.pointer)
        p.silent([], u)
        p.fence()
        assert p.context(u) == before


@check("preferences are taken; BROKEN on the current locator begins an exploration, no switch")
def _(p):
    """S5533-10.4-14 S5533-10.4-17 S5533-5.15.3-01 S5533-5.15.3-04 S5533-5.15.3-08 S5533-5.15.3-09 S5533-5.10-09
    S5533-16-03 S5533-4.4-01 S5533-7.2-03"""
    u, tag, a_tag = with_us(p)
    since = p.mark()
    prefs = OptPrefs(generation=1000, element_len=5, octets=bytes([BROKEN, 9, 9, 8, 8, TRANSIENT, 1, 1, 7, 7]))
    p.ask(Shim6UpdateRequest(tag=a_tag, nonce=5, options=[prefs]), UPDATE_ACK, u)
    assert p.context(u)["loc_peer"] == u
    probe = p.wait(lambda g: g.type == 67 and g.dst == p.other(u), since)
    assert probe, "no probe of the other locator"
    assert p.context(u)["loc_peer"] == u, "moved without an answer"
    payload = [g for g in p.log[since:] if g.payload]
    assert not payload, payload


@check("update: Update Request, octet by octet; only its own acknowledgement ends it")
def _(p):
    """S5533-5.10-01 S5533-5.10-03 S5533-5.10-06 S5533-5.10-07 S5533-10.5-05 S5533-10.5-09 S5533-10.5-10 S5533-5.11-04
    S5533-5.11-05 S5533-5.3-15 S5533-10.1-02"""
    u, tag, a_tag = with_us(p)
    since = p.mark()
    p.debug(f"update {p.context(u)['id']}")
    ur = p.expect(UPDATE_REQUEST, u, since)
    ls = ur.msg.option(OptLocators)
    exact(ur, Shim6UpdateRequest(tag=tag, nonce=ur.msg.nonce, options=[
        OptLocators(generation=ls.generation, methods=[METHOD_NONE] * 2, locators=[A1, A2])]))
    p.silent([Shim6UpdateAck(tag=a_tag, nonce=ur.msg.nonce ^ 1)], u)
    assert p.context(u)["update_pending"] == "1"
    p.silent([Shim6UpdateAck(tag=a_tag, nonce=ur.msg.nonce, reserved1=0x7f, r=1)], u)
    assert p.context(u)["update_pending"] == "0"
    since = p.mark()
    p.debug(f"update {p.context(u)['id']}")
    again = p.expect(UPDATE_REQUEST, u, since).msg
    assert again.nonce != ur.msg.nonce and again.option(OptLocators).generation != ls.generation


# --- what took long -----------------------------------------------------------------------------------------------------------------

SLACK = 0.5	# emulation
LATE = 3	# ... on a machine that has much else to do


def gaps(p, kind, at, n, nominal, since=0, wait=45):
    """The first @n messages of @kind to @at come with gaps of @nominal seconds, doubled, times 0.5 to 1.5."""
    end = time.monotonic() + wait
    while len([g for g in p.to(at, since) if g.type == kind]) < n and time.monotonic() < end:
        p.drain(0.2)
    seen = [g for g in p.to(at, since) if g.type == kind]
    assert len(seen) >= n, f"only {len(seen)}"
    for a, b in zip(seen[:n], seen[1:n]):
        gap = b.t - a.t
        assert nominal * 0.5 - SLACK <= gap <= nominal * 1.5 + LATE, f"{gap:.2f} s, nominal {nominal} s"
        assert b.octets[40:] == a.octets[40:], "not the same message"
        nominal *= 2
    return seen


@check("I1 is repeated after 4 s, 8 s, ... times 0.5 to 1.5", LAST)
def _(p):
    """S5533-7.8-01 S5533-14-02 S5533-B-21"""
    gaps(p, I1, MUTE["i1"], 4, 4, wait=60)


@check("I2 is sent three times, then I1 again", LAST)
def _(p):
    """S5533-7.12-01 S5533-7.12-02 S5533-14-05 S5533-14-06 S5533-B-32 S5533-B-33"""
    u = MUTE["i2"]
    seen = gaps(p, I2, u, 3, 4)
    i1 = [g for g in p.to(u) if g.type == I1]
    end = time.monotonic() + 25
    while len(i1) < 2 and time.monotonic() < end:
        p.drain(0.2)
        i1 = [g for g in p.to(u) if g.type == I1]
    assert len(i1) >= 2 and len([g for g in p.to(u) if g.type == I2]) == 3
    assert 8 - SLACK <= i1[1].t - seen[2].t <= 24 + LATE


@check("I2bis is sent three times, then I1 again, and payload is untagged", LAST)
def _(p):
    """S5533-7.19-01 S5533-7.19-02 S5533-14-07 S5533-14-08 S5533-B-42 S5533-B-43"""
    u = MUTE["i2bis"]
    seen = gaps(p, I2BIS, u, 3, 4)
    i1 = p.wait(lambda g: g.type == I1 and g.dst == u, p.log.index(seen[2]), 25)
    assert i1 and 8 - SLACK <= i1.t - seen[2].t <= 24 + LATE
    assert len([g for g in p.to(u) if g.type == I2BIS]) == 3


@check("Update Request is repeated after 4 s, 8 s, ... with its nonce", LAST)
def _(p):
    """S5533-10.2-01 S5533-10.1-04 S5533-14-10"""
    gaps(p, UPDATE_REQUEST, MUTE["update"], 4, 4, MUTE["update since"], wait=50)


@check("a validator is no good for much longer than 30 s", LAST)
def _(p):
    """S5533-7.13-04 S5533-7.12-03"""
    p.drain(max(0, MUTE["old since"] + 40 - time.monotonic()))
    p.silent([p.i2(MUTE["old r1"], 0x777, p.locators(MUTE["old"]))], MUTE["old"])
    assert not p.contexts(MUTE["old"])


@check("no Probe and no Keepalive before a context is there, no type and no option that is not assigned", LAST)
def _(p):
    """S5533-4.5-02 S5534-4.2-03 S5533-17-01 S5533-17-02"""
    assert not [g for name in ("i1", "i2") for g in p.to(MUTE[name]) + p.to(p.other(MUTE[name])) if g.type in (66, 67)]
    nothing_unassigned(p)
