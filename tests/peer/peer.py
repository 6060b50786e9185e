# SPDX-License-Identifier: GPL-2.0-or-later
"""A Shim6 host made of packets: what a peer in the place of host B says to host A's daemons, octet by octet.

Knows the RFCs and tests/lib/shim6_packets.py, nothing of the C code.  Runs as root outside the namespaces of the
topology (tests/vm/topology.sh) and opens its sockets inside them.  Addresses of the peer are made up as they are needed,
2001:db8:b1:0:f00d::N and, over the other provider, 2001:db8:b2:0:f00d::N; the providers route them to B, whose own
stack has to ignore protocol 140 (see peer.sh).

Checks are functions with the decorator @check("what holds"); run() calls them in order and prints "ok what" or
"not ok what # why" of each.  Order of messages is proven by order: fence() sends an I1 and waits for its R1, and
what was sent before it is dealt with by then.
"""
import ctypes
import os
import select
import socket
import struct
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from shim6_packets import *  # noqa: E402

A1, A2 = "2001:db8:a1::a", "2001:db8:a2::a"
DEBUG_PORT = 19384
METHOD_NONE = 201	# what A announces with security.verify = none
SO_TIMESTAMP, SO_RCVBUFFORCE = 29, 33
PATIENCE = 5		# seconds that emulation may take for an answer


class In:
    """Inside a network namespace, for opening sockets."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._go(os.open("/run/netns/" + self.name, os.O_RDONLY))

    def __exit__(self, *_):
        self._go(self.home)

    @staticmethod
    def _go(fd):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(fd, 0x40000000):		# CLONE_NEWNET
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)


class Got:
    """A packet that arrived."""

    def __init__(self, octets, device, t):
        self.t = t			# of its arrival, seconds of the monotonic clock
        self.octets, self.device = octets, device
        self.src, self.dst = (socket.inet_ntop(socket.AF_INET6, octets[i:i + 16]) for i in (8, 24))
        self.proto = octets[6]
        shim = self.proto == PROTO and len(octets) >= 48
        self.payload = bool(shim and octets[42] & 0x80)
        self.type = octets[42] if shim and not self.payload else None
        self.code = octets[43] >> 1 if shim else None
        self._msg = None

    @property
    def msg(self):
        """The Shim6 message, by scapy."""
        if self._msg is None:
            self._msg = IPv6(self.octets).payload
        return self._msg

    def __repr__(self):
        return f"{self.src}>{self.dst} proto {self.proto} type {self.type} {self.octets[40:].hex()}"


class Peer:
    def __init__(self, pid):
        """@pid: of A's shim6d, or of what started it."""
        self.pid = pid
        self.log = []
        self.serial = 0
        self.out = {}
        with In("B"):
            for dev in ("up1", "up2"):
                self.out[dev] = self.raw_socket(dev)
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)	# for the answers to a flood
            self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMP, 1)
        with In("PA1"):
            self.out["PA1"] = self.raw_socket("host")
        with In("A"):
            self.port = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.port.connect(("::1", DEBUG_PORT))
            self.port.settimeout(PATIENCE)
        self.fence_address = self.address()

    @staticmethod
    def raw_socket(device):
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        return s

    def number(self):
        self.serial += 1
        return self.serial

    def address(self):
        """A new address of ours; other() is its sister over provider 2."""
        return "2001:db8:b1:0:f00d::%x" % self.number()

    @staticmethod
    def other(address):
        return address.replace("2001:db8:b1:", "2001:db8:b2:")

    # --- packets ---------------------------------------------------------------------------------------------------

    def send_octets(self, octets, src, dst=A1, device=None):
        """@octets from the Next Header octet of the Shim6 header on."""
        self.out_octets(struct.pack("!IHBB", 6 << 28, len(octets), PROTO, 64) +
                        socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + octets,
                        dst, device or ("up2" if src.startswith("2001:db8:b2:") else "up1"))

    def out_octets(self, packet, dst, device):
        self.out[device].sendto(packet, (dst, 0))

    def send(self, msg, src, dst=A1, device=None):
        self.send_octets(bytes(msg), src, dst, device)

    def take(self, seconds):
        """Wait for one packet at most so long; True if there was one."""
        if not select.select([self.sock], [], [], max(0, seconds))[0]:
            return False
        octets, more, _, where = self.sock.recvmsg(4096, 64)
        if where[2] != socket.PACKET_OUTGOING and len(octets) >= 40:
            stamps = [struct.unpack("qq", content) for level, kind, content in more if kind == SO_TIMESTAMP]
            ago = time.time() - stamps[0][0] - stamps[0][1] / 1e6 if stamps else 0
            self.log.append(Got(octets[:40 + struct.unpack_from("!H", octets, 4)[0]], where[0],
                                time.monotonic() - ago))
        return True

    def drain(self, seconds=0):
        end = time.monotonic() + seconds
        while self.take(end - time.monotonic()) or time.monotonic() < end:
            pass

    def mark(self):
        self.drain()
        return len(self.log)

    def wait(self, want, since, seconds=PATIENCE):
        """The first packet from log entry @since on for which @want is true, or None."""
        end = time.monotonic() + seconds
        while True:
            for i in range(since, len(self.log)):
                if want(self.log[i]):
                    return self.log[i]
            since = len(self.log)
            if not self.take(end - time.monotonic()) and time.monotonic() >= end:
                return None

    def expect(self, kind, at, since, seconds=PATIENCE, src=None):
        """A message of type @kind to our address @at."""
        got = self.wait(lambda g: g.type == kind and g.dst == at and (src is None or g.src == src), since, seconds)
        if not got:
            raise AssertionError(f"no message of type {kind} came to {at}, but {self.to(at, since)}")
        assert checksum_ok(got.octets[40:]), f"bad checksum: {got}"
        return got

    def to(self, at, since=0):
        return [g for g in self.log[since:] if g.dst == at]

    def ask(self, msg, kind, src, dst=A1):
        """Send @msg from @src and return the answer of type @kind."""
        since = self.mark()
        self.send(msg, src, dst)
        got = self.expect(kind, src, since)
        assert (got.src, got.dst) == (dst, src), f"answered over another pair: {got}"
        return got

    def fence(self):
        """Everything sent so far has been dealt with by the control daemon when this returns."""
        since = self.mark()
        nonce = 0xfe000000 + self.number()
        for _ in range(5):
            self.send(Shim6I1(tag=1, nonce=nonce), self.fence_address)
            if self.wait(lambda g: g.type == R1 and g.octets[48:52] == struct.pack("!I", nonce), since):
                self.drain(0.02)
                return
        raise AssertionError("host A does not answer any more")

    def silent(self, messages, src, dst=A1):
        """None of @messages (bytes or packets) gets an answer."""
        since = self.mark()
        for m in messages:
            self.send_octets(bytes(m), src, dst)
        self.fence()
        assert not self.to(src, since), f"one of {[bytes(m).hex() for m in messages]} got {self.to(src, since)}"

    # --- host A as its operator sees it -------------------------------------------------------------------------------

    def debug(self, command):
        """Reply of the debug port without its last line; an error is an assertion."""
        self.port.send(command.encode() + b"\n")
        text = ""
        while True:
            text += self.port.recv(65536).decode()
            last = text.rstrip("\n").rpartition("\n")
            if last[2].startswith("error"):
                raise AssertionError(f"{command}: {last[2]}")
            if last[2] == "ok":
                return last[0]

    def reap(self, ulid):
        """State of the reachability machine, as the control daemon heard of it."""
        line = next(x for x in self.debug("dump").splitlines() if f" ulid_peer={ulid} " in x)
        return line.split(" reap=")[1].split()[0]

    def contexts(self, ulid=None):
        """Lines of the dump as dictionaries; without what changes by itself."""
        rows = [dict(w.split("=", 1) for w in line.split() if not w.startswith("reap=")) for line in self.debug("dump").splitlines()
                if line.startswith("id=")]
        return [r for r in rows if ulid is None or r["ulid_peer"] == ulid]

    def context(self, ulid, fii=0):
        found = [c for c in self.contexts(ulid) if int(c["fii"], 0) == fii]
        assert len(found) == 1, f"contexts of {ulid}: {found}"
        return found[0]

    def state(self, ulid, want, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while True:
            found = self.contexts(ulid)
            state = found[0]["state"] if found else "IDLE"
            if state == want:
                return found[0] if found else None
            assert time.monotonic() < end, f"{ulid} is {state}, not {want}"
            self.drain(0.1)

    def listen(self, port, address=A1):
        """A UDP socket of host A."""
        with In("A"):
            s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.settimeout(PATIENCE)
        s.bind((address, port))
        return s

    # --- exchanges ---------------------------------------------------------------------------------------------------

    def locators(self, *addresses, generation=1000, method=METHOD_NONE):
        return OptLocators(generation=generation, methods=[method] * len(addresses), locators=list(addresses))

    def r1(self, src, tag, options=(), dst=A1):
        """The R1 for an I1 of ours."""
        return self.ask(Shim6I1(tag=tag, nonce=self.number(), options=list(options)), R1, src, dst).msg

    def i2(self, r1, tag, *options, **fields):
        return Shim6I2(tag=tag, nonce=fields.pop("nonce", 0x1234), resp_nonce=r1.resp_nonce,
                       options=[OptValidator(validator=r1.option(OptValidator).validator), *options], **fields)

    def i2bis(self, r1bis, tag, *options, **fields):
        return Shim6I2bis(tag=tag, nonce=fields.pop("nonce", 0x4321), resp_nonce=r1bis.resp_nonce,
                          packet_tag=fields.pop("packet_tag", r1bis.tag),
                          options=[OptValidator(validator=r1bis.option(OptValidator).validator), *options], **fields)

    def establish(self, *options, ulid=None, tag=None, names=(), over=None):
        """A context that we began: (our ULID, our tag, A's tag)."""
        ulid, tag = ulid or self.address(), tag or 0x5a0000000000 + self.number()
        over = over or ulid
        r1 = self.r1(over, tag, names)
        got = self.ask(self.i2(r1, tag, *names, *(options or (self.locators(ulid, self.other(ulid)),))), R2, over)
        return ulid, tag, got.msg.tag

    def move(self, u, a_tag):
        """Make A leave the ULID pair for A2 and other(@u), as RFC 5534 has it: BROKEN, a Probe, our answer."""
        v, since = self.other(u), self.mark()
        prefs = OptPrefs(generation=1000, element_len=1, octets=bytes([BROKEN, 0]))
        self.ask(Shim6UpdateRequest(tag=a_tag, nonce=self.number(), options=[prefs]), UPDATE_ACK, u)
        got = self.wait(lambda g: g.type == PROBE and (g.src, g.dst) == (A2, v), since, 15)
        assert got, f"no Probe over {A2} and {v}: {self.log[since:]}"
        first = got.msg.sent[0]
        report = ProbeReport(src=first.src, dst=first.dst, nonce=first.nonce, data=first.data)
        self.send(Shim6Probe(tag=a_tag, sta=INBOUND_OK, rcvd=[report],
                             sent=[ProbeReport(src=v, dst=A2, nonce=self.number(), data=0xdeadbeef)]), v, A2)
        end = time.monotonic() + PATIENCE
        while self.context(u)["loc_peer"] != v:
            assert time.monotonic() < end, f"not moved: {self.context(u)}"
            self.drain(0.1)

    def wanted(self, ulid=None):
        """A was told to begin with us: its I1 and our ULID."""
        ulid, since = ulid or self.address(), self.mark()
        self.debug(f"context {A1} {ulid}")
        return ulid, self.expect(1, ulid, since)

    def names(self, ulid, fii=None):
        return [OptULIDPair(sender=ulid, receiver=A1)] + ([OptFII(fii=fii)] if fii else [])


def exact(got, want):
    """@got has the very octets of the message @want, all of its packet."""
    assert got.octets[40:] == bytes(want), f"\n      got  {got.octets[40:].hex()}\n      want {bytes(want).hex()}"


def nothing_unassigned(peer):
    """No message or option of A's had a number that RFC 5533 and 5534 do not define (17)."""
    shapes = {}
    for g in peer.log:
        if g.type is not None:
            assert g.type in TYPES, g
            shapes.setdefault((g.type, len(g.octets)), []).append(g)
    for alike in shapes.values():
        for g in alike[:10]:	# scapy takes its time
            strange = [o for o in getattr(g.msg, "options", []) if o.type not in OPTIONS]
            assert not strange, f"{g}: {strange}"
    assert len(shapes) > 5, f"only {sorted(shapes)} were seen"


CHECKS = []
FIRST, THEN, LAST = range(3)


def check(what, when=THEN):
    def note(f):
        CHECKS.append((when, what, f))
        return f
    return note


def run(peer):
    bad, times = 0, []
    for _, what, f in sorted(CHECKS, key=lambda c: c[0]):
        begin = time.monotonic()
        try:
            f(peer)
            print(f"ok {what}", flush=True)
        except Exception as e:	# whatever it is, the others go on
            bad += 1
            where = traceback.extract_tb(e.__traceback__)[1:2]
            line = f" (line {where[0].lineno})" if where else ""
            print(f"not ok {what} # {type(e).__name__} {e}{line}".replace("\n      ", " | "), flush=True)
        times.append((time.monotonic() - begin, what))
    print("slowest:", ", ".join(f"{t:.1f} s {what!r}" for t, what in sorted(times, reverse=True)[:4]))
    return 1 if bad else 0
