#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two codecs against each other: tests/lib/shim6_packets.py (scapy) and lib/proto (through wire-dump); tshark as third.

usage: tests/unit_py/test_wire.py        after `make build/tests/tools/wire-dump`
Prints a line a test, and "N passed, M failed" at the end.
"""
import importlib.machinery
import importlib.util
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WIRE_DUMP = os.path.join(ROOT, "build", "tests", "tools", "wire-dump")
CAPTURES = os.path.join(ROOT, "tests", "captures")
ROUNDS = 400
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))

from shim6_packets import *  # noqa: E402


def load(path):
    loader = importlib.machinery.SourceFileLoader("generate", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("generate", loader))
    loader.exec_module(module)
    return module


generate = load(os.path.join(CAPTURES, "generate"))


def c_decode(messages):
    """What the C decoder says about each of these byte strings: a list of (key, value) lists."""
    text = "".join(bytes(m).hex() + "\n" for m in messages)
    out = subprocess.run([WIRE_DUMP, "decode"], input=text, capture_output=True, text=True, check=True).stdout
    answers = [[tuple(line.split("=", 1)) for line in block.split("\n")] for block in out.strip("\n").split("\n\n")]
    assert len(answers) == len(messages)
    return answers


def c_encode(lines):
    out = subprocess.run([WIRE_DUMP, "encode"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                         check=True).stdout
    return [None if w == "error" else bytes.fromhex(w) for w in out.split()]


def verdicts(messages):
    return [dict(a)["verdict"] for a in c_decode(messages)]


# --- what the C decoder has to say about a scapy message -----------------------------------------------------------

def h32(v):
    return "0x%08x" % v


def expected(m):
    """The lines of wire-dump for the scapy message @m, places of options left out."""
    get = lambda name: m.getfieldval(name) if name in m.default_fields else 0  # noqa: E731
    out = [("verdict", "ok"), ("type", str(m.type)), ("name", TYPES[m.type]), ("tag", "0x%012x" % get("tag")),
           ("packet_tag", "0x%012x" % get("packet_tag")), ("nonce", h32(get("nonce"))),
           ("resp_nonce", h32(get("resp_nonce"))), ("state", str(get("sta")))]
    for key in "sent", "rcvd":
        out += [(key, "%s,%s,%s,%s" % (r.src, r.dst, h32(r.nonce), h32(r.data))) for r in get(key) or []]
    out += [("code", str(get("code"))), ("pointer", str(get("pointer")))]
    if m.type == ERROR:
        return out + [("packet", m.packet.hex())]
    find = m.option
    o = find(OptValidator)
    if o:
        out.append(("validator", o.validator.hex()))
    o = find(OptLocators)
    if o:
        out.append(("locators", str(o.generation)))
        out += [("locator", "%s,%d" % x) for x in zip(o.locators, o.methods)]
    o = find(OptPrefs)
    if o:
        out.append(("prefs", "%d,%d" % (o.generation, o.element_len)))
        out += [("pref", "%d,%d,%d" % tuple((e + b"\0\0")[:3])) for e in o.elements()]
    o = find(OptPDS)
    if o:
        out.append(("pds", o.pds.hex()))
    o = find(OptSignature)
    if o:
        out.append(("signature", o.signature.hex()))
    o = find(OptULIDPair)
    if o:
        out.append(("ulids", "%s,%s" % (o.sender, o.receiver)))
    o = find(OptFII)
    if o:
        out.append(("fii", h32(o.fii)))
    o = find(OptKeepaliveTimeout)
    if o:
        out.append(("ka_timeout", str(o.timeout)))
    return out


def without_places(lines):
    return [x for x in lines if x[0] not in ("locators_at", "prefs_at")]


# --- random messages -------------------------------------------------------------------------------------------------

class Source(random.Random):
    def addr(self):
        return "2001:db8:%x::%x" % (self.randint(1, 0xffff), self.randint(1, 0xffff))

    def u32(self):
        return self.getrandbits(32)

    def octets(self, most):
        return self.randbytes(self.randint(0, most))

    def report(self):
        return ProbeReport(src=self.addr(), dst=self.addr(), nonce=self.u32(), data=self.u32())

    def locators(self):
        n, generation, length = self.randint(0, 9), self.u32(), self.randint(1, 4)
        options = [OptLocators(generation=generation, methods=[self.randint(0, 255) for _ in range(n)],
                               locators=[self.addr() for _ in range(n)]),
                   OptPrefs(generation=generation, element_len=length, octets=self.randbytes(length * n)),
                   OptPDS(pds=self.octets(40)), OptSignature(signature=self.octets(40)),
                   OptKeepaliveTimeout(timeout=self.getrandbits(16))]
        return self.sample(options, self.randint(0, len(options)))

    def context(self):
        return self.sample([OptULIDPair(sender=self.addr(), receiver=self.addr()), OptFII(fii=self.u32())],
                           self.randint(0, 2))

    def noise(self):
        """Options nobody knows, C = 0."""
        return [OptUnknown(type=self.choice([8, 9, 11, 300, 0x7fff]), content=self.octets(20))
                for _ in range(self.randint(0, 1))]

    def message(self):
        tag, nonce, resp = self.getrandbits(47), self.u32(), self.u32()
        validator = [OptValidator(validator=self.octets(40))]
        kind = self.choice(list(MESSAGES))
        reserved = dict(reserved1=self.getrandbits(7)) if kind != ERROR else {}
        if kind == I1:
            m = Shim6I1(tag=tag, nonce=nonce, r=self.getrandbits(1), options=self.context())
        elif kind == R1:
            m = Shim6R1(nonce=nonce, resp_nonce=resp, reserved2=self.getrandbits(16), options=validator)
        elif kind == I2:
            m = Shim6I2(tag=tag, nonce=nonce, resp_nonce=resp, r=self.getrandbits(1), reserved2=self.u32(),
                        options=validator + self.context() + self.locators())
        elif kind == R2:
            m = Shim6R2(tag=tag, nonce=nonce, options=self.locators())
        elif kind == R1BIS:
            m = Shim6R1bis(tag=tag, resp_nonce=resp, options=validator)
        elif kind == I2BIS:
            m = Shim6I2bis(tag=tag, nonce=nonce, resp_nonce=resp, packet_tag=self.getrandbits(47),
                           reserved2=self.getrandbits(49), options=validator + self.context() + self.locators())
        elif kind == UPDATE_REQUEST:
            m = Shim6UpdateRequest(tag=tag, nonce=nonce, options=self.locators())
        elif kind == UPDATE_ACK:
            m = Shim6UpdateAck(tag=tag, nonce=nonce)
        elif kind == KEEPALIVE:
            m = Shim6Keepalive(tag=tag, reserved2=self.u32())
        elif kind == PROBE:
            m = Shim6Probe(tag=tag, sta=self.randint(0, 2), reserved2=self.getrandbits(22),
                           sent=[self.report() for _ in range(self.randint(1, 5))],
                           rcvd=[self.report() for _ in range(self.randint(0, 5))])
        else:
            return Shim6Error(code=self.getrandbits(7), pointer=self.getrandbits(16), packet=self.octets(1400))
        for name, value in reserved.items():
            setattr(m, name, value)
        m.options = self.sample(m.options, len(m.options)) + self.noise()
        return m


def parsed(octets):
    """The scapy message in these octets."""
    return Shim6(octets)


class Codecs(unittest.TestCase):
    def test_random_messages_decode_alike(self):
        source = Source(5533)
        messages = [bytes(source.message()) for _ in range(ROUNDS)]
        for octets, answer in zip(messages, c_decode(messages)):
            self.assertEqual(without_places(answer), expected(parsed(octets)), octets.hex())

    def test_random_messages_encode_alike(self):
        """What C decoded it encodes again; scapy reads the same in it, with reserved fields and padding zero."""
        source = Source(5534)
        messages = []
        while len(messages) < ROUNDS:
            m = source.message()
            if m.type == ERROR or not m.option(OptPrefs) or m.option(OptPrefs).element_len <= 3:
                messages.append(bytes(m))
        answers = c_decode(messages)
        encoded = c_encode([" ".join("=".join(x) for x in a if x[0] != "name") for a in answers])
        for octets, again in zip(messages, encoded):
            self.assertIsNotNone(again, octets.hex())
            m = parsed(again)
            self.assertTrue(checksum_ok(again))
            self.assertEqual(expected(m), expected(parsed(octets)))
            self.assertEqual((m.nh, m.p, m.s), (59, 0, 0))
            for field in "reserved1", "r", "reserved2":
                self.assertFalse(m.default_fields.get(field) is not None and m.getfieldval(field))
            m.hdrlen = m.chksum = None
            for o in getattr(m, "options", []):
                o.len = o.pad = None
            m.clear_cache()
            self.assertEqual(bytes(m), again)       # built from its fields alone: padding, lengths, checksum

    def test_option_places(self):
        m = bytes(Shim6R2(options=[OptUnknown(), OptPrefs(octets=b"abc"), OptKeepaliveTimeout(),
                                   OptLocators(methods=[1], locators=["2001:db8::1"])]))
        answer = dict(c_decode([m])[0])
        self.assertEqual((answer["prefs_at"], answer["locators_at"]), ("24", "48"))

    def test_malformed(self):
        v = [OptValidator(validator=b"v")]
        loc = dict(methods=[1, 1], locators=["2001:db8::1", "2001:db8::2"])
        report = ProbeReport()
        cases = [
            ("truncated", Shim6I1(hdrlen=2)), ("truncated", b""), ("truncated", bytes(7)),
            ("not-control", Shim6I1(p=1)), ("hip", Shim6I1(s=1)), ("checksum", Shim6I1(chksum=0x1234)),
            ("type", Shim6Unknown(type=7)), ("type", Shim6Unknown(type=69)), ("type", Shim6Unknown(type=127)),
            ("option-length", Shim6I1(options=[OptFII(len=8)])),
            ("option-length", Shim6I1(options=[OptUnknown(len=65535)])),
            ("option-length", Shim6R2(options=[OptLocators(num=3, **loc)])),
            ("option-length", Shim6R2(options=[OptLocators(num=1, **loc)])),
            ("option-length", Shim6R2(options=[OptPrefs(element_len=0, octets=b"abc")])),
            ("option-length", Shim6R2(options=[OptPrefs(element_len=2, octets=b"abc")])),
            ("option-critical", Shim6I1(options=[OptUnknown(c=1)])),
            ("option-critical", Shim6I1(options=[OptLocators(c=1, **loc)])),
            ("option-critical", Shim6UpdateAck(options=[OptKeepaliveTimeout(c=1)])),
            ("ok", Shim6I1(options=[OptLocators(**loc)])),
            ("ok", Shim6R2(options=[OptLocators(c=1, **loc)])),
            ("option-twice", Shim6I1(options=[OptFII(), OptFII()])),
            ("option-missing", Shim6R1()), ("option-missing", Shim6I2()),
            ("option-missing", Shim6R1bis()), ("option-missing", Shim6I2bis()),
            ("too-many", Shim6R2(options=[OptLocators(methods=[1] * 33, locators=["2001:db8::1"] * 33)])),
            ("too-many", Shim6R2(options=[OptPrefs(octets=bytes(99))])),
            ("probe", Shim6Probe(sta=3, sent=[report])), ("probe", Shim6Probe(sent=[])),
            ("probe", Shim6Probe(psent=2, sent=[report])), ("probe", Shim6Probe(precvd=1, sent=[report])),
            ("probe", Shim6Probe(psent=15, sent=[report])),
            ("ok", Shim6I1(nh=17) / b"trailing"), ("ok", Shim6R1(options=v) / b"trailing"),
        ]
        got = verdicts([bytes(p) for _, p in cases])
        for (want, p), verdict in zip(cases, got):
            self.assertEqual(verdict, want, bytes(p).hex())

    def test_fault_offsets(self):
        cases = [(2, Shim6Unknown()), (24, Shim6I1(options=[OptUnknown(content=b""), OptUnknown(c=1)])),
                 (16 + 8 + 8, Shim6I2(options=[OptValidator(), OptUnknown(c=1)])),
                 (56, Shim6Probe(sent=[ProbeReport()], options=[OptUnknown(c=1)]))]
        for (want, _), answer in zip(cases, c_decode([p for _, p in cases])):
            self.assertEqual(dict(answer)["fault"], str(want))

    def test_bad_addresses(self):
        line = bytes(Shim6I1()).hex() + "\n"
        for src, dst, want in [("::", "2001:db8::1", "address"), ("2001:db8::1", "ff02::1", "address"),
                               ("ff0e::1", "2001:db8::1", "address"), ("2001:db8::1", "fe80::1", "ok")]:
            out = subprocess.run([WIRE_DUMP, "decode", src, dst], input=line, capture_output=True, text=True).stdout
            self.assertTrue(out.startswith("verdict=%s\n" % want), out)

    def test_encoder_refuses(self):
        lines = ["type=7", "type=1 tag=0x800000000000", "type=1 validator=00", "type=3", "type=67",
                 "type=67 state=3 sent=::1,::2,0x0,0x0", "type=68 code=128", "type=64 prefs=1,0", "type=64 prefs=1,4"]
        self.assertEqual(c_encode(lines), [None] * len(lines))

    def test_tagged_payload(self):
        """The payload header as 5.2 draws it, and the ULP checksum of the ULIDs."""
        from scapy.layers.inet import UDP
        octets = bytes(tagged("2001:db8::1", "2001:db8::2", 0x7bbbbbbbbbbb, "2001:db8::3", "2001:db8::4",
                              UDP(sport=1, dport=2) / b"x"))
        self.assertEqual(octets[6], 140)
        self.assertEqual(octets[40:48].hex(), "1100fbbbbbbbbbbb")
        plain = bytes(IPv6(src="2001:db8::3", dst="2001:db8::4") / UDP(sport=1, dport=2) / b"x")
        self.assertEqual(octets[48:], plain[40:])


class Captures(unittest.TestCase):
    def test_generated(self):
        """The files are what generate makes today."""
        for name, packet in generate.captures():
            self.assertEqual(generate.read_pcap(os.path.join(CAPTURES, name + ".pcap")), bytes(packet), name)

    def test_readme(self):
        """Its tables are the files, octet by octet, at the offsets that it tells."""
        with open(os.path.join(CAPTURES, "README"), encoding="ascii") as f:
            sections = re.split(r"^([a-z0-9-]+)\.pcap\n-+\n", f.read(), flags=re.M)[1:]
        tables = dict(zip(sections[::2], sections[1::2]))
        self.assertEqual(set(tables), {name for name, _ in generate.captures()})
        for name, text in tables.items():
            octets = b""
            for offset, digits in re.findall(r"^ *(ip|\d+)  ((?:[0-9a-f]{2,4} ?)+)(?:  |$)", text, flags=re.M):
                self.assertEqual(offset, "ip" if len(octets) < 40 else str(len(octets) - 40), name)
                octets += bytes.fromhex(digits)
            self.assertEqual(octets, generate.read_pcap(os.path.join(CAPTURES, name + ".pcap")), name)

    def test_codec_reads_them(self):
        for name, packet in generate.captures():
            if name == "payload":
                continue
            answer = c_decode([bytes(packet)[40:]])[0]
            self.assertEqual(without_places(answer), expected(parsed(bytes(packet)[40:])), name)

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_tshark_checksums(self):
        """Its own dissector misreads fields, but its checksum verdict is right: good as they are, bad if changed."""
        def verdict(octets):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "one.pcap")
                generate.write_pcap(path, octets)
                return subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "shim6.checksum.status"],
                                      capture_output=True, text=True).stdout.split()[:1]
        for name, packet in generate.captures():
            octets = bytes(packet)
            if name == "payload":
                continue
            self.assertEqual(verdict(octets), ["1"], name)
            self.assertEqual(verdict(octets[:-1] + bytes([octets[-1] ^ 1])), ["0"], name)


class Report(unittest.TextTestResult):
    """One line a test, as tests/run-unit counts them."""
    def __init__(self, *args):
        super().__init__(*args)
        self.passed = 0

    def line(self, test, ok, note=""):
        self.passed += ok
        print("%s %s%s" % ("ok" if ok else "not ok", "wire_py_" + test.id().split("test_")[-1], note), flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line(test, True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line(test, True, " # skip " + reason)

    def addError(self, test, err):
        super().addError(test, err)
        self.line(test, False)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(test, False)


if __name__ == "__main__":
    if not os.access(WIRE_DUMP, os.X_OK):
        sys.exit("not ok wire_py: %s is missing; run make build/tests/tools/wire-dump" % WIRE_DUMP)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=0, resultclass=Report).run(suite)
    failed = len(result.failures) + len(result.errors)
    print("%d passed, %d failed" % (result.passed, failed))
    sys.exit(failed != 0)
