# SPDX-License-Identifier: GPL-2.0-or-later
"""Payload of host A on the wire, tagged payload to it, and ICMPv6 errors about both (RFC 5533, 8, 11, 12.2)."""
import socket
import struct
import time

from peer import *
from shim6_packets import *
from scapy.compat import raw
from scapy.layers.inet import UDP
from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded,
                                in6_chksum)

IPV6_HOPOPTS, IPV6_DSTOPTS, IPV6_RECVERR, IPV6_MTU, IPV6_RECVERR_RFC4884 = 54, 59, 25, 24, 31
MSG_ERRQUEUE = 0x2000
IP = socket.IPPROTO_IPV6

ROUTER = "2001:db8:b1::99"	# whoever complains
SWITCHED = {}	# a context over the second locators: u, v, tag, a_tag, and a connected socket of A


def talk(p, sport, u):
    s = p.listen(sport)
    s.setsockopt(IP, IPV6_RECVERR, 1)
    s.connect((u, 9))
    s.setblocking(False)
    return s


def sent(p, s, data, want=lambda g: g.payload or g.proto == 17):
    """What A's socket @s sends, as it comes to us."""
    since = p.mark()
    s.send(data)
    got = p.wait(want, since)
    assert got, p.log[since:]
    return got


def refused(s, seconds=PATIENCE):
    """The next error of a socket: (errno, type, code, info, data, destination), or None."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            data, more, _, where = s.recvmsg(2048, 512, MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        except BlockingIOError:
            time.sleep(0.02)
            continue
        for level, kind, content in more:
            if (level, kind) == (IP, IPV6_RECVERR):
                errno, origin, icmp_type, code, _, info, extra = struct.unpack("=IBBBBII", content[:16])
                if origin == 3:		# SO_EE_ORIGIN_ICMP6
                    return errno, icmp_type, code, info, extra, where[0], data
    return None


def clear(s):
    while refused(s, 0.1):
        pass
    s.setsockopt(IP, IPV6_RECVERR, 1)
    s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


def mtu_becomes(s, mtu, size):
    """The path MTU of the socket, told at the latest after a packet or two of @size octets."""
    end = time.monotonic() + PATIENCE
    while s.getsockopt(IP, IPV6_MTU) != mtu:
        assert time.monotonic() < end, f"{s.getsockopt(IP, IPV6_MTU)}, not {mtu}"
        try:
            s.send(bytes(size))
        except OSError:		# what the last one met
            pass
        time.sleep(0.1)


def complain(p, error, quoted, limit=1280 - 48):
    """A router between A and us sends an error about the packet @quoted."""
    p.out_octets(raw(IPv6(src=ROUTER, dst=socket.inet_ntop(socket.AF_INET6, quoted[8:24])) / error /
                     quoted[:limit]), socket.inet_ntop(socket.AF_INET6, quoted[8:24]), "up1")


# --- out ---------------------------------------------------------------------------------------------------------------

@check("payload over the ULIDs has no header")
def _(p):
    """S5533-1.6-03 S5533-11-03"""
    u, tag, a_tag = p.establish()
    s = talk(p, 6001, u)
    SWITCHED.update(u=u, v=p.other(u), tag=tag, a_tag=a_tag, s=s)
    got = sent(p, s, b"before")
    SWITCHED["label"] = got.octets[1:4]
    assert (got.src, got.dst, got.proto) == (A1, u, 17)
    assert got.octets[40:] == bytes(IPv6(src=A1, dst=u) / UDP(sport=6001, dport=9) / b"before")[40:]
    assert s.getsockopt(IP, IPV6_MTU) == 1500


@check("payload over other locators has 8 octets with our tag, and the ULIDs' checksum")
def _(p):
    """S5533-5.2-01 S5533-5.2-02 S5533-5.2-03 S5533-11-03 S5533-11.1-01 S5533-11.1-02 S5533-11.1-04"""
    u, v, s = SWITCHED["u"], SWITCHED["v"], SWITCHED["s"]
    p.move(u, SWITCHED["a_tag"])
    got = sent(p, s, b"after!", want=lambda g: g.payload)
    assert (got.src, got.dst) == (A2, v)
    want = tagged(A2, v, SWITCHED["tag"], A1, u, UDP(sport=6001, dport=9) / b"after!")
    assert got.octets[40:] == bytes(want)[40:]
    SWITCHED["got"] = got


@check("the flow label stays")
def _(p):
    """S5533-15.4-03"""
    assert SWITCHED["got"].octets[1:4] == SWITCHED["label"]


@check("the upper layer is told of an MTU that is 8 octets less, and no packet is too large")
def _(p):
    """S5533-15.4-01"""
    s = SWITCHED["s"]
    since = p.mark()
    mtu_becomes(s, 1492, 1452)
    for size in (1444, 1452):
        s.send(bytes(size))
    p.drain(0.3)
    assert max(len(g.octets) for g in p.log[since:]) <= 1500


@check("a large datagram is cut first, and each fragment has the header")
def _(p):
    """S5533-1.6-01 S5533-4.6-01"""
    u, v = SWITCHED["u"], SWITCHED["v"]
    since = p.mark()
    SWITCHED["s"].send(bytes(3000))
    p.drain(1)
    parts = [g for g in p.log[since:] if g.payload]
    assert len(parts) >= 3, parts
    for g in parts:
        assert (g.src, g.dst) == (A2, v) and g.octets[40] == 44 and g.octets[48] == 17 and len(g.octets) <= 1500
        assert g.msg.tag == SWITCHED["tag"]
    whole = b"".join(g.octets[56:] for g in sorted(parts, key=lambda g: g.octets[50:52]))
    assert whole == bytes(IPv6(src=A1, dst=u) / UDP(sport=6001, dport=9) / bytes(3000))[40:]


@check("the header goes behind Hop-by-Hop and before Destination Options")
def _(p):
    """S5533-4.6-01 S5533-11.1-03"""
    u, v = SWITCHED["u"], SWITCHED["v"]
    with talk(p, 6002, u) as s:	# another socket, the same context
        options = b"\0\0\x01\x04\0\0\0\0"
        s.setsockopt(IP, IPV6_HOPOPTS, options)
        s.setsockopt(IP, IPV6_DSTOPTS, options)
        got = sent(p, s, b"x", want=lambda g: g.src == A2 and g.dst == v)
        assert got.octets[6] == 0 and got.octets[40] == 140 and got.octets[48] == 60 and got.octets[56] == 17, got
        assert got.octets[50] & 0x80


@check("in I2BIS-SENT payload goes on with the old tag")
def _(p):
    """S5533-11-04 S5533-11-03"""
    u, tag, a_tag = p.establish()
    p.move(u, a_tag)
    with talk(p, 6003, u) as s:
        p.ask(Shim6R1bis(tag=tag, resp_nonce=1, options=[OptValidator(validator=b"v")]), I2BIS, p.other(u), A2)
        got = sent(p, s, b"on", want=lambda g: g.payload)
        assert got.msg.tag == tag and got.dst == p.other(u)


# --- in -----------------------------------------------------------------------------------------------------------------

@check("tagged payload is delivered with the ULIDs, whatever locators it came over")
def _(p):
    """S5533-12.2-01 S5533-12.2-03 S5533-12.2-07 S5533-12.4-07 S5533-B-55 S5533-5.1-03 S5533-12-01"""
    u, _, a_tag = p.establish()
    with p.listen(5005) as s:
        for src, dst in ((p.other(u), A2), (u, A1), (p.address(), A2)):
            text = f"{src} {dst}".encode()
            p.send_octets(bytes(tagged(src, dst, a_tag, u, A1, UDP(sport=7, dport=5005) / text))[40:], src, dst)
            data, whence = s.recvfrom(1000)
            assert (data, whence[0]) == (text, u), (data, whence)


@check("headers behind the payload header are handled")
def _(p):
    """S5533-12.2-08"""
    u, _, a_tag = p.establish()
    with p.listen(5008) as s:
        inner = bytes(tagged(u, A1, a_tag, u, A1, UDP(sport=7, dport=5008) / b"x"))[40:]
        p.send_octets(bytes([60]) + inner[1:8] + bytes([17, 0, 1, 4, 0, 0, 0, 0]) + inner[8:], u)
        assert s.recvfrom(1000)[0] == b"x"


@check("the checksum of tagged payload is that of the ULIDs")
def _(p):
    """S5533-1.6-05"""
    u, _, a_tag = p.establish()
    with p.listen(5006) as s:
        wrong = bytes(IPv6(src=p.other(u), dst=A1) / UDP(sport=7, dport=5006) / b"bad")[40:]
        p.send_octets(bytes(Shim6Payload(nh=17, tag=a_tag)) + wrong, p.other(u))
        p.send_octets(bytes(tagged(u, A1, a_tag, u, A1, UDP(sport=7, dport=5006) / b"good"))[40:], u)
        assert s.recvfrom(1000)[0] == b"good"


@check("fragments over two pairs of one context make one datagram")
def _(p):
    """S5533-1.6-02"""
    u, _, a_tag = p.establish()
    whole = bytes(IPv6(src=u, dst=A1) / UDP(sport=7, dport=5007) / (b"f" * 1992))[40:]
    with p.listen(5007) as s:
        for src, at, more in ((u, 0, 1), (p.other(u), 1000, 0)):
            fragment = struct.pack("!BBHI", 17, 0, at | more, 0xf4a6) + whole[at:at + 1000]
            p.send_octets(bytes(Shim6Payload(nh=44, tag=a_tag)) + fragment, src)
        data, whence = s.recvfrom(4000)
        assert data == b"f" * 1992 and whence[0] == u


# --- ICMPv6 --------------------------------------------------------------------------------------------------------------

@check("errors about untagged packets are delivered as they are")
def _(p):
    """S5533-8-09 S5533-8-01 S5533-8-07"""
    u = p.establish()[0]
    with talk(p, 6010, u) as s:
        got = sent(p, s, b"plain")
        for error, want in ((ICMPv6DestUnreach(code=0), (1, 0)), (ICMPv6DestUnreach(code=4), (1, 4)),
                            (ICMPv6TimeExceeded(), (3, 0)), (ICMPv6ParamProblem(code=0, ptr=40), (4, 0))):
            complain(p, error, got.octets)
            r = refused(s)
            assert r and r[1:3] == want and r[5] == u, f"{want}: {r}"
            clear(s)


@check("errors about tagged packets are delivered as errors about the ULIDs' packets")
def _(p):
    """S5533-8-01 S5533-8-07 S5533-8-08 S5533-8-10 S5533-12.4-09"""
    u, s = SWITCHED["u"], SWITCHED["s"]
    clear(s)
    got = sent(p, s, b"tagged", want=lambda g: g.payload)
    for error, want in ((ICMPv6DestUnreach(code=0), (1, 0, 0)), (ICMPv6DestUnreach(code=3), (1, 3, 0)),
                        (ICMPv6DestUnreach(code=4), (1, 4, 0)), (ICMPv6TimeExceeded(), (3, 0, 0)),
                        (ICMPv6ParamProblem(code=0, ptr=50), (4, 0, 42))):
        complain(p, error, got.octets)
        r = refused(s)
        assert r and r[1:4] == want and r[5] == u and r[6] == b"tagged", f"{want}: {r}"
        clear(s)


@check("errors do not move the context to another pair")
def _(p):
    """S5534-8-01 S5534-8-02"""
    c = p.context(SWITCHED["u"])
    assert (c["loc_local"], c["loc_peer"]) == (A2, SWITCHED["v"])


@check("a Parameter Problem about the Shim6 header itself is not delivered")
def _(p):
    """S5533-8-05"""
    s = SWITCHED["s"]
    got = sent(p, s, b"tagged", want=lambda g: g.payload)
    for at in (6, 40, 42, 47):
        complain(p, ICMPv6ParamProblem(code=1 if at == 6 else 0, ptr=at), got.octets)
    assert not refused(s, 0.5)


@check("Packet Too Big says 8 octets less")
def _(p):
    """S5533-8-06 S5533-8-13 S5533-8-10"""
    u, s = SWITCHED["u"], SWITCHED["s"]
    got = sent(p, s, b"large", want=lambda g: g.payload)
    complain(p, ICMPv6PacketTooBig(mtu=1400), got.octets)
    r = refused(s)
    assert r and r[1:4] == (2, 0, 1392) and r[5] == u, r
    mtu_becomes(s, 1392, 6)
    clear(s)


@check("an error has to know tag and both locators")
def _(p):
    """S5533-8-12 S5533-12.4-09"""
    s = SWITCHED["s"]
    got = sent(p, s, b"tagged", want=lambda g: g.payload)
    for at in (24 + 15, 47):
        other = bytearray(got.octets)
        other[at] ^= 1
        complain(p, ICMPv6DestUnreach(code=0), bytes(other))
    assert not refused(s, 0.5)
    # the same tag, another peer
    u, tag, a_tag = p.establish(tag=SWITCHED["tag"])
    p.move(u, a_tag)
    with talk(p, 6012, u) as second:
        theirs = sent(p, second, b"second", want=lambda g: g.payload)
        complain(p, ICMPv6DestUnreach(code=0), theirs.octets)
        r = refused(second)
        assert r and r[5] == u and not refused(s, 0.3), r


@check("extensions of an error (RFC 4884) survive")
def _(p):
    """S5533-8-11"""
    s = SWITCHED["s"]
    s.setsockopt(IP, IPV6_RECVERR_RFC4884, 1)
    got = sent(p, s, b"e" * 88, want=lambda g: g.payload)	# 40 + 8 + 8 + 88 = 144
    assert len(got.octets) == 144
    extension = bytearray(b"\x20\0\0\0" + b"\0\x08\xfe\x01tail")
    total = sum(struct.unpack("!%dH" % (len(extension) // 2), bytes(extension)))
    total = (total & 0xffff) + (total >> 16)
    extension[2:4] = struct.pack("!H", ~total & 0xffff)
    error = raw(ICMPv6DestUnreach(code=0, length=144 // 8))[:8]
    packet = IPv6(src=ROUTER, dst=A2, nh=58) / (error[:2] + b"\0\0" + error[4:] + got.octets + bytes(extension))
    octets = bytearray(raw(packet))
    octets[42:44] = struct.pack("!H", in6_chksum(58, IPv6(src=ROUTER, dst=A2), bytes(octets[40:])))
    p.out_octets(bytes(octets), A2, "up1")
    r = refused(s)
    assert r, "not delivered"
    at, flags = struct.unpack("=HB", struct.pack("=I", r[4])[:3])
    assert r[6][:88] == b"e" * 88 and r[6][at:] == bytes(extension) and not flags & 1, r
    s.setsockopt(IP, IPV6_RECVERR_RFC4884, 0)
