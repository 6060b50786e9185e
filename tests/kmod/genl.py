#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Talk to the generic netlink family "shim6" by hand, as include/uapi/shim6_nl.h says.

usage: genl.py info | add K=V... | set K=V... | del TAG | get TAG | get ULID-LOCAL ULID-PEER [FII] | dump | flush
       genl.py stats [NAME] | param K=V... | events GROUP SECONDS [COUNT] | many COUNT [FIRST]
Keys are attribute names in small letters (ct_local=0x.. loc_peer=2001:db8::1 ...). Exit 1 and the kernel's words on error.
"""
import os
import select
import _socket as socket	# the other one takes half of the time that this program takes
import struct
import sys
import time

HEADER = os.environ.get("SHIM6_NL_H") or \
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../include/uapi/shim6_nl.h")


def enum(prefix):
    """Names and numbers of the enum whose first member is PREFIX_UNSPEC, without the prefix, in small letters."""
    names = [word.split(",")[0] for word in open(HEADER) if word.strip().startswith(prefix) and "," in word]
    return {n.strip()[len(prefix):].lower(): i for i, n in enumerate(names)}


CMD = enum("SHIM6_CMD_")
ATTR = enum("SHIM6_A_")
NAME = {v: k for k, v in ATTR.items()}
CMD_NAME = {v: k for k, v in CMD.items()}

U8 = {"reap_mode", "ka_expired", "hooks", "conntrack", "hint", "tcp_kick"}
U64 = {"ct_local", "ct_peer", "stat_value"}
ADDR = {"ulid_local", "ulid_peer", "loc_local", "loc_peer", "src", "dst"}
TEXT = {"version", "stat_name", "stat_text"}


class NetlinkError(Exception):
    """The kernel said no."""


def pack(name, value):
    if name in ADDR:
        data = socket.inet_pton(socket.AF_INET6, value)
    elif name in U64:
        data = struct.pack("=Q", int(value, 0))
    elif name in U8:
        data = struct.pack("=B", int(value, 0))
    else:
        data = struct.pack("=I", int(value, 0))
    return attr(ATTR[name], data)


def attr(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def attrs(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3fff, data[4:size]
        data = data[(size + 3) & ~3:]


def unpack(data):
    out = {}
    for kind, value in attrs(data):
        name = NAME.get(kind, "attr%d" % kind)
        if name in ADDR:
            out[name] = socket.inet_ntop(socket.AF_INET6, value)
        elif name in TEXT:
            out[name] = value.rstrip(b"\0").decode()
        elif len(value) == 8:
            n = struct.unpack("=Q", value)[0]
            out[name] = n if name == "stat_value" else "0x%012x" % n
        elif len(value) == 4:
            out[name] = struct.unpack("=I", value)[0]
        elif len(value) == 1:
            out[name] = value[0]
        elif name != "pad":
            out[name] = value.hex()
    return out


class Genl:
    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.sock.bind((0, 0))
        self.sock.setsockopt(270, 11, 1)		# NETLINK_EXT_ACK
        self.sock.setsockopt(270, 10, 1)		# NETLINK_CAP_ACK
        self.seq = 0
        self.groups = {}
        self.family = 16				# the controller
        reply = self.call(3, attr(2, b"shim6\0"))
        for kind, value in attrs(reply[0][1]):
            if kind == 1:
                self.family = struct.unpack("=H", value)[0]
            elif kind == 7:
                for _, group in attrs(value):
                    g = dict(attrs(group))
                    self.groups[g[1].rstrip(b"\0").decode()] = struct.unpack("=I", g[2])[0]

    def send(self, cmd, payload, dump):
        self.seq += 1
        flags = 1 | (0x300 if dump else 4)
        self.sock.send(struct.pack("=IHHIIBBH", 20 + len(payload), self.family, flags, self.seq, 0, cmd, 1, 0) +
                       payload)

    def messages(self):
        data = self.sock.recv(1 << 17)
        while len(data) >= 16:
            size, kind, flags, seq, _ = struct.unpack_from("=IHHII", data)
            yield kind, flags, seq, data[16:size]
            data = data[(size + 3) & ~3:]

    def call(self, cmd, payload=b"", dump=False):
        self.send(cmd, payload, dump)
        out = []
        while True:
            for kind, flags, seq, body in self.messages():
                if seq != self.seq:
                    continue
                if kind in (2, 3):			# NLMSG_ERROR, NLMSG_DONE
                    self.check(flags, body)
                    return out
                out.append((body[0], body[4:]))

    @staticmethod
    def check(flags, body):
        code = struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
        if not code:
            return
        words = ""
        if flags & 0x200:				# NLM_F_ACK_TLVS, the request is capped to its header
            words = "".join(v.rstrip(b"\0").decode() for k, v in attrs(body[20:]) if k == 1)
        raise NetlinkError("%s%s" % (os.strerror(-code), ": " + words if words else ""))

    def shim6(self, cmd, pairs=(), dump=False):
        payload = b"".join(pack(*p.split("=", 1)) for p in pairs)
        return [unpack(body) for _, body in self.call(CMD[cmd], payload, dump)]


def show(d):
    print(" ".join("%s=%s" % (k, str(v).replace(" ", "_") if k != "stat_text" else '"%s"' % v) for k, v in d.items()))


def events(g, group, seconds, count):
    g.sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)	# SO_RCVBUFFORCE: thousands may die at once
    g.sock.setsockopt(270, 1, g.groups[group])		# NETLINK_ADD_MEMBERSHIP
    print("listening", flush=True)
    end = time.monotonic() + seconds
    while count and time.monotonic() < end:
        if not select.select([g.sock], [], [], max(0, end - time.monotonic()))[0]:
            break
        for _, _, _, body in g.messages():
            show({"event": CMD_NAME[body[0]], "t": "%.2f" % time.monotonic(), **unpack(body[4:])})
            sys.stdout.flush()
            count -= 1


def many(g, count, first):
    """Add COUNT contexts with consecutive tags and peers."""
    for i in range(first, first + count):
        peer = "2001:db8:ffff::%x:%x" % (i >> 16, i & 0xffff)
        g.shim6("ctx_add", ["ct_local=%d" % i, "ct_peer=%d" % i, "ulid_local=2001:db8::1", "ulid_peer=" + peer,
                            "loc_local=2001:db8::2", "loc_peer=" + peer])


def main(argv):
    if not argv:
        sys.exit(__doc__)
    g = Genl()
    verb, args = argv[0], argv[1:]
    if verb == "get":
        pairs = ["ct_local=" + args[0]] if len(args) == 1 else \
            [k + "=" + v for k, v in zip(("ulid_local", "ulid_peer", "fii"), args)]
        out = g.shim6("ctx_get", pairs)
    elif verb == "del":
        out = g.shim6("ctx_del", ["ct_local=" + args[0]])
    elif verb in ("add", "set"):
        out = g.shim6("ctx_" + verb, args)
    elif verb == "dump":
        out = g.shim6("ctx_get", dump=True)
    elif verb == "stats":
        out = g.shim6("stats", dump=True)
        if args:
            print(next(s["stat_value"] for s in out if s["stat_name"] == args[0]))
            return
    elif verb == "param":
        out = g.shim6("set_param", args)
    elif verb == "events":
        events(g, args[0], float(args[1]), int(args[2]) if len(args) > 2 else 1 << 30)
        return
    elif verb == "many":
        many(g, int(args[0]), int(args[1]) if len(args) > 1 else 1)
        return
    else:
        out = g.shim6(verb)
    for d in out:
        show(d)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except NetlinkError as e:
        print("genl.py:", e, file=sys.stderr)
        sys.exit(1)
