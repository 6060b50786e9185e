# SPDX-License-Identifier: GPL-2.0-or-later
"""Shim6 and REAP packets for scapy, written from the figures of RFC 5533 section 5 and RFC 5534 section 5.

Independent of lib/proto on purpose: this is the other opinion that judges the C codec, and the packet-level peer of
the scenes.  Whatever is left None (lengths, counts, checksum, padding) is computed when the packet is built; whatever
is given is sent as it is, however wrong.

    from shim6_packets import *
    p = IPv6(src=A, dst=B) / Shim6I1(tag=0x123456789abc, nonce=7, options=[OptULIDPair(sender=X, receiver=Y)])
    r = IPv6(bytes(p))[Shim6I1]; r.options[0].sender; checksum_ok(r)
"""
import struct

# Not scapy.all: it takes twice as long to load, which is seconds in an emulated machine.
from scapy.fields import (BitEnumField, BitField, BitFieldLenField, ByteEnumField, ByteField, FieldLenField,
                          FieldListField, IP6Field, IntField, PacketListField, ShortField, StrLenField,
                          XBitField, XIntField, XShortField, XStrLenField)
from scapy.layers.inet6 import IPv6, _IPv6GuessPayload, ipv6nh
from scapy.packet import Packet, bind_bottom_up, bind_top_down

PROTO = 140
NO_NEXT_HEADER = 59

I1, R1, I2, R2, R1BIS, I2BIS = 1, 2, 3, 4, 5, 6
UPDATE_REQUEST, UPDATE_ACK, KEEPALIVE, PROBE, ERROR = 64, 65, 66, 67, 68
TYPES = {I1: "I1", R1: "R1", I2: "I2", R2: "R2", R1BIS: "R1bis", I2BIS: "I2bis", UPDATE_REQUEST: "Update Request",
         UPDATE_ACK: "Update Acknowledgement", KEEPALIVE: "Keepalive", PROBE: "Probe", ERROR: "Error"}

OPT_VALIDATOR, OPT_LOCATORS, OPT_PREFS, OPT_PDS, OPT_SIGNATURE, OPT_ULID_PAIR, OPT_FII = range(1, 8)
OPT_KA_TIMEOUT = 10
HBA, CGA = 1, 2
BROKEN, TRANSIENT = 1, 2
OPERATIONAL, EXPLORING, INBOUND_OK = 0, 1, 2

ipv6nh.setdefault(PROTO, "Shim6")


def checksum(octets):
    """RFC 5533, 5.3: complement of the one's complement sum of the header; no pseudo-header."""
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def header_of(octets):
    """The control header alone, without what may follow it (5.1: Hdr Ext Len)."""
    return octets[:8 * (octets[1] + 1)]


def checksum_ok(packet):
    """True if the control message @packet (layer or octets) carries the right checksum."""
    return checksum(header_of(bytes(packet))) == 0


# --- options, RFC 5533, 5.15 -----------------------------------------------------------------------------------

class Option(Packet):
    """Type, C and Length; Length does not count the padding that fills the option up to a multiple of 8."""
    name = "Shim6 option"
    number = 0

    def post_build(self, p, pay):
        pad = self.getfieldval("pad")
        content = len(p) - 4 - len(pad or b"")
        if self.getfieldval("len") is None:
            p = p[:2] + struct.pack("!H", content) + p[4:]
        if pad is None:
            p += bytes(-len(p) % 8)
        return p + pay

    def extract_padding(self, s):
        return b"", s


def _option(number, *content):
    return [BitField("type", number, 15), BitField("c", 0, 1), ShortField("len", None), *content,
            StrLenField("pad", None, length_from=lambda o: 7 - (o.len + 3) % 8)]


class OptUnknown(Option):
    name = "unknown option"
    fields_desc = _option(300, XStrLenField("content", b"", length_from=lambda o: o.len))


class OptValidator(Option):
    name = "Responder Validator"
    fields_desc = _option(OPT_VALIDATOR, XStrLenField("validator", b"", length_from=lambda o: o.len))


class OptLocators(Option):
    """methods and locators are lists of the same length.  The padding between them counts in Length."""
    name = "Locator List"
    fields_desc = _option(
        OPT_LOCATORS, IntField("generation", 0), FieldLenField("num", None, fmt="B", count_of="methods"),
        FieldListField("methods", [], ByteField("", 0), count_from=lambda o: o.num),
        StrLenField("inner", None, length_from=lambda o: -(1 + o.num) % 8),
        FieldListField("locators", [], IP6Field("", "::"), count_from=lambda o: o.num))

    def self_build(self, *args, **kwargs):
        if self.getfieldval("inner") is None:
            self = self.copy()
            self.inner = bytes(-(1 + len(self.methods)) % 8)
        return super(OptLocators, self).self_build(*args, **kwargs)


class OptPrefs(Option):
    """elements: one bytes object for each locator, element_len octets each: flags, priority, weight, ..."""
    name = "Locator Preferences"
    fields_desc = _option(OPT_PREFS, IntField("generation", 0), ByteField("element_len", 3),
                          XStrLenField("octets", b"", length_from=lambda o: max(o.len - 5, 0)))

    def elements(self):
        n = self.element_len
        return [self.octets[i:i + n] for i in range(0, len(self.octets), n)]


class OptPDS(Option):
    name = "CGA Parameter Data Structure"
    fields_desc = _option(OPT_PDS, XStrLenField("pds", b"", length_from=lambda o: o.len))


class OptSignature(Option):
    name = "CGA Signature"
    fields_desc = _option(OPT_SIGNATURE, XStrLenField("signature", b"", length_from=lambda o: o.len))


class OptULIDPair(Option):
    name = "ULID Pair"
    fields_desc = _option(OPT_ULID_PAIR, XIntField("reserved2", 0), IP6Field("sender", "::"),
                          IP6Field("receiver", "::"))


class OptFII(Option):
    name = "Forked Instance Identifier"
    fields_desc = _option(OPT_FII, XIntField("fii", 0))


class OptKeepaliveTimeout(Option):
    """RFC 5534, 5.3; seconds."""
    name = "Keepalive Timeout"
    fields_desc = _option(OPT_KA_TIMEOUT, XShortField("reserved", 0), ShortField("timeout", 15))


OPTIONS = {OPT_VALIDATOR: OptValidator, OPT_LOCATORS: OptLocators, OPT_PREFS: OptPrefs, OPT_PDS: OptPDS,
           OPT_SIGNATURE: OptSignature, OPT_ULID_PAIR: OptULIDPair, OPT_FII: OptFII,
           OPT_KA_TIMEOUT: OptKeepaliveTimeout}


def _parse_option(octets, **kwargs):
    number = struct.unpack("!H", octets[:2])[0] >> 1 if len(octets) >= 2 else -1
    return OPTIONS.get(number, OptUnknown)(octets, **kwargs)


# --- messages --------------------------------------------------------------------------------------------------

class Shim6(Packet):
    """Any Shim6 header: dissecting it yields the class of its type.  As a class of its own: an unknown type."""
    name = "Shim6"

    @classmethod
    def dispatch_hook(cls, _pkt=None, *args, **kwargs):
        if _pkt and len(_pkt) >= 3:
            if _pkt[2] & 0x80:
                return Shim6Payload
            return MESSAGES.get(_pkt[2] & 0x7f, Shim6Unknown)
        return cls


class _Message(Shim6):
    def post_build(self, p, pay):
        if self.getfieldval("hdrlen") is None:
            p = p[:1] + bytes([(len(p) // 8 - 1) & 0xff]) + p[2:]
        if self.getfieldval("chksum") is None:
            p = p[:4] + struct.pack("!H", checksum(p)) + p[6:]
        return p + pay

    def option(self, cls):
        """The first option of class @cls, or None."""
        return next((o for o in self.options if isinstance(o, cls)), None)


def _head(number, octet3="reserved1"):
    return [ByteField("nh", NO_NEXT_HEADER), ByteField("hdrlen", None), BitField("p", 0, 1),
            BitEnumField("type", number, 7, TYPES), BitField(octet3, 0, 7), BitField("s", 0, 1),
            XShortField("chksum", None)]


def _tag(name="tag", reserved="r", bits=1):
    return [BitField(reserved, 0, bits), XBitField(name, 0, 47)]


def _options(fixed):
    """The options behind @fixed octets (a number, or a function of the message)."""
    def room(m):
        return max(0, 8 * (m.hdrlen + 1) - (fixed(m) if callable(fixed) else fixed))
    return [PacketListField("options", [], _parse_option, length_from=room)]


class Shim6I1(_Message):
    name = "Shim6 I1"
    fields_desc = _head(I1) + _tag() + [XIntField("nonce", 0)] + _options(16)


class Shim6R1(_Message):
    name = "Shim6 R1"
    fields_desc = _head(R1) + [XShortField("reserved2", 0), XIntField("nonce", 0),
                               XIntField("resp_nonce", 0)] + _options(16)


class Shim6I2(_Message):
    name = "Shim6 I2"
    fields_desc = _head(I2) + _tag() + [XIntField("nonce", 0), XIntField("resp_nonce", 0),
                                        XIntField("reserved2", 0)] + _options(24)


class Shim6R2(_Message):
    name = "Shim6 R2"
    fields_desc = _head(R2) + _tag() + [XIntField("nonce", 0)] + _options(16)


class Shim6R1bis(_Message):
    name = "Shim6 R1bis"
    fields_desc = _head(R1BIS) + _tag() + [XIntField("resp_nonce", 0)] + _options(16)


class Shim6I2bis(_Message):
    name = "Shim6 I2bis"
    fields_desc = _head(I2BIS) + _tag() + [XIntField("nonce", 0), XIntField("resp_nonce", 0)] + \
        _tag("packet_tag", "reserved2", 49) + _options(32)


class Shim6UpdateRequest(_Message):
    name = "Shim6 Update Request"
    fields_desc = _head(UPDATE_REQUEST) + _tag() + [XIntField("nonce", 0)] + _options(16)


class Shim6UpdateAck(_Message):
    name = "Shim6 Update Acknowledgement"
    fields_desc = _head(UPDATE_ACK) + _tag() + [XIntField("nonce", 0)] + _options(16)


class Shim6Keepalive(_Message):
    name = "Shim6 Keepalive"
    fields_desc = _head(KEEPALIVE) + _tag() + [XIntField("reserved2", 0)] + _options(16)


class ProbeReport(Packet):
    name = "Probe report"
    fields_desc = [IP6Field("src", "::"), IP6Field("dst", "::"), XIntField("nonce", 0), XIntField("data", 0)]

    def extract_padding(self, s):
        return b"", s


class Shim6Probe(_Message):
    """sent and rcvd: lists of ProbeReport; psent and precvd are counted from them."""
    name = "Shim6 Probe"
    fields_desc = _head(PROBE) + _tag() + [
        BitFieldLenField("precvd", None, 4, count_of="rcvd"), BitFieldLenField("psent", None, 4, count_of="sent"),
        BitField("sta", 0, 2), XBitField("reserved2", 0, 22),
        PacketListField("sent", [], ProbeReport, count_from=lambda m: m.psent),
        PacketListField("rcvd", [], ProbeReport, count_from=lambda m: m.precvd)] + \
        _options(lambda m: 16 + 40 * (m.psent + m.precvd))


class Shim6Error(_Message):
    """packet: the packet in error from its IPv6 header on; cut and filled up as 5.14 (Q12, Q13) wants."""
    name = "Shim6 Error"
    fields_desc = _head(ERROR, "code") + [
        ShortField("pointer", 0), XStrLenField("packet", b"", length_from=lambda m: 8 * m.hdrlen)]

    def self_build(self, *args, **kwargs):
        packet = bytes(self.packet)[:1280 - 40 - 8]
        if len(packet) % 8 or not packet:
            packet += bytes(8 - len(packet) % 8)
        if packet != self.packet:
            self = self.copy()
            self.packet = packet
        return super(Shim6Error, self).self_build(*args, **kwargs)


class Shim6Unknown(_Message):
    name = "Shim6 unknown type"
    fields_desc = _head(100) + [XStrLenField("body", bytes(10), length_from=lambda m: max(0, 8 * m.hdrlen + 2))]


class Shim6Payload(_IPv6GuessPayload, Packet):
    """The Payload Extension header, 5.2."""
    name = "Shim6 Payload Extension"
    fields_desc = [ByteEnumField("nh", NO_NEXT_HEADER, ipv6nh), ByteField("hdrlen", 0), BitField("p", 1, 1),
                   XBitField("tag", 0, 47)]


MESSAGES = {I1: Shim6I1, R1: Shim6R1, I2: Shim6I2, R2: Shim6R2, R1BIS: Shim6R1bis, I2BIS: Shim6I2bis,
            UPDATE_REQUEST: Shim6UpdateRequest, UPDATE_ACK: Shim6UpdateAck, KEEPALIVE: Shim6Keepalive,
            PROBE: Shim6Probe, ERROR: Shim6Error}

bind_bottom_up(IPv6, Shim6, nh=PROTO)
for _cls in [*MESSAGES.values(), Shim6Unknown, Shim6Payload]:
    bind_top_down(IPv6, _cls, nh=PROTO)


def tagged(src, dst, tag, ulid_src, ulid_dst, ulp, nh=None):
    """ULP packet @ulp between two ULIDs as it travels over locators @src and @dst: its checksum is the ULIDs'."""
    plain = IPv6(src=ulid_src, dst=ulid_dst) / ulp if nh is None else IPv6(src=ulid_src, dst=ulid_dst, nh=nh) / ulp
    octets = bytes(plain)
    return IPv6(src=src, dst=dst) / Shim6Payload(nh=octets[6], tag=tag) / octets[40:]
