#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic for tests/kmod/run.sh, checked octet by octet.

usage: xfer.py serve ADDRESS			answer TCP and UDP on port 5000 until killed
       xfer.py tcp LOCAL PEER OCTETS		send that many, have them echoed, compare
       xfer.py udp LOCAL PEER OCTETS		five such datagrams
       xfer.py hold LOCAL PEER FIFO		keep a TCP session; per line "OCTETS" read from FIFO echo that many,
						print "ok SECONDS" or "lost"
       xfer.py all LOCAL PEER			datagrams of 100, 1452 and 3000 octets and 4 MB of TCP, a line each
       xfer.py ftpd ADDRESS			an FTP server that knows two commands
       xfer.py ftp LOCAL PEER FILE [active]	opens a session, waits for FILE, then gets data over a second connection,
						which the server opens if it is "active"
       xfer.py wire FILE TAG SRC DST ULID-SRC ULID-DST
						check a capture: every packet from SRC to DST is a correct tagged one
Sockets of clients are bound to the device $XFER_DEVICE, if it is set, and use port $XFER_PORT; $XFER_SCTP: SCTP for TCP.
"""
import os
import select
import _socket as socket	# the other one takes half of the time that this program takes
import struct
import sys
import time

PORT = int(os.environ.get("XFER_PORT", 5000))
LIMIT = float(os.environ.get("XFER_LIMIT", 20))		# seconds
SCTP = 132


def chunk(s):
    """How much to send at once: for SCTP it is a message."""
    return 1 << 14 if s.proto == SCTP else 1 << 18


def serve(address):
    import socket	# this one can accept
    poll = select.poll()
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.bind((address, PORT))
    poll.register(udp, select.POLLIN)
    streams, pending = {}, {}
    for proto in 0, SCTP:
        try:
            s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, proto)
        except OSError:		# this kernel has no SCTP
            continue
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, PORT))
        s.listen(16)
        streams[s.fileno()] = s
        poll.register(s, select.POLLIN)
    print("serving", flush=True)
    while True:
        for fd, mask in poll.poll():
            if fd == udp.fileno():
                data, peer = udp.recvfrom(65536)
                udp.sendto(data, peer)
            elif fd in streams:
                c = streams[fd].accept()[0]
                c.setblocking(False)
                pending[c.fileno()] = c, bytearray()
                poll.register(c, select.POLLIN)
            else:
                echo(poll, pending, fd, mask)


def echo(poll, pending, fd, mask):
    s, buf = pending[fd]
    try:
        if mask & ~select.POLLOUT:
            data = s.recv(1 << 18)
            if not data:
                raise ConnectionError
            buf += data
        if buf:
            del buf[:s.send(buf[:chunk(s)])]
    except BlockingIOError:
        pass
    except OSError:
        poll.unregister(fd)
        del pending[fd]
        s.close()
        return
    poll.modify(fd, select.POLLIN | (select.POLLOUT if buf else 0))


def client(kind, local):
    s = socket.socket(socket.AF_INET6, kind, SCTP if "XFER_SCTP" in os.environ else 0)
    if "XFER_DEVICE" in os.environ:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, os.environ["XFER_DEVICE"].encode())
    s.bind((local, 0))
    return s


def connect(local, peer):
    s = client(socket.SOCK_STREAM, local)
    s.settimeout(LIMIT)
    s.connect((peer, PORT))
    return s


def roundtrip(s, octets, limit=LIMIT):
    """Send octets, read them back, True if they are the same."""
    data = os.urandom(min(octets, 1 << 16))
    data = (data * (octets // len(data) + 1))[:octets]
    sent = memoryview(data)
    got = 0
    poll = select.poll()
    s.setblocking(False)
    poll.register(s, select.POLLIN | select.POLLOUT)
    end = time.monotonic() + limit
    while got < octets:
        ready = poll.poll(max(0, end - time.monotonic()) * 1000)
        if not ready:
            return False
        mask = ready[0][1]
        if mask & select.POLLOUT and sent:
            sent = sent[s.send(sent[:chunk(s)]):]
            if not sent:
                poll.modify(s, select.POLLIN)
        if mask & ~select.POLLOUT:
            back = s.recv(1 << 18)
            if not back or back != data[got:got + len(back)]:
                return False
            got += len(back)
    return True


def tcp(local, peer, octets):
    begin = time.monotonic()
    good = roundtrip(connect(local, peer), int(octets))
    print("%s %.2f s" % ("ok" if good else "lost", time.monotonic() - begin))
    sys.exit(not good)


def hold(local, peer, fifo):
    s = connect(local, peer)
    print("open", flush=True)
    for line in open(fifo):
        begin = time.monotonic()
        good = roundtrip(s, int(line))
        print("ok %.2f" % (time.monotonic() - begin) if good else "lost", flush=True)


def udp(local, peer, octets, count=5):
    s = client(socket.SOCK_DGRAM, local)
    s.settimeout(3)
    for _ in range(count):
        data = os.urandom(octets)
        s.sendto(data, (peer, PORT))
        if s.recv(65536) != data:
            return False
    return True


def datagrams(local, peer, octets):
    sys.exit(not udp(local, peer, int(octets)))


def traffic(local, peer):
    def line(name, what):
        try:
            print(name, "ok" if what() else "lost", flush=True)
        except OSError as e:
            print(name, e, flush=True)

    for octets in (100, 1452, 3000):
        line("UDP of %d octets" % octets, lambda: udp(local, peer, octets))
    line("TCP, 4 MB both ways", lambda: roundtrip(connect(local, peer), 4000000))


def ftpd(address):
    import socket
    control, data = (socket.create_server((address, port), family=socket.AF_INET6) for port in (21, 0))
    print("serving", flush=True)
    s = control.accept()[0]
    s.sendall(b"220 at your service\r\n")		# helpers look behind the end of a line only
    s.recv(100)
    s.sendall(b"230 welcome\r\n")
    command = s.recv(100).split(b"|")
    if command[0] == b"EPRT ":
        data = socket.create_connection((command[2].decode(), int(command[3])), 20, (address, 0))
        s.sendall(b"200 connected\r\n")
    else:
        s.sendall(b"229 Entering Extended Passive Mode (|||%d|)\r\n" % data.getsockname()[1])
        data = data.accept()[0]
    data.sendall(b"data")
    s.recv(1)


def ftp(local, peer, go, mode="passive"):
    import socket
    s = socket.create_connection((peer, 21), 20, (local, 0))
    s.recv(100)
    s.sendall(b"USER me\r\n")
    s.recv(100)
    print("open", flush=True)
    while not os.path.exists(go):
        time.sleep(0.1)
    if mode == "active":
        data = socket.create_server((local, 0), family=socket.AF_INET6)
        data.settimeout(20)
        s.sendall(b"EPRT |2|%s|%d|\r\n" % (local.encode(), data.getsockname()[1]))
        sys.exit(data.accept()[0].recv(4) != b"data")
    s.sendall(b"EPSV\r\n")
    port = int(s.recv(100).split(b"|")[3])
    print(port, flush=True)
    sys.exit(socket.create_connection((peer, port), 20, (local, 0)).recv(4) != b"data")


def frames(path):
    data = open(path, "rb").read()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from("=I", data, at + 8)[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def ones_sum(data):
    total = sum(struct.unpack("!%dH" % ((len(data) + 1) // 2), data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def wire(path, tag, src, dst, ulid_src, ulid_dst):
    src, dst, ulid_src, ulid_dst = (socket.inet_pton(socket.AF_INET6, a) for a in (src, dst, ulid_src, ulid_dst))
    want = struct.pack("!Q", int(tag, 0) | 1 << 47)[2:]
    seen = 0
    for frame in frames(path):
        ip = frame[14:]
        if ip[8:40] != src + dst or ip[6] == 58:
            continue
        size = struct.unpack_from("!H", ip, 4)[0]
        if ip[6] != 140 or ip[41] != 0 or ip[42:48] != want:
            sys.exit("not a Payload Extension header: %s" % ip[:56].hex())
        ulp, payload = ip[40], ip[48:40 + size]
        if len(ip) < 40 + size or len(payload) != size - 8:
            sys.exit("wrong length: %s" % ip[:56].hex())
        if ulp in (6, 17, 58):
            pseudo = ulid_src + ulid_dst + struct.pack("!IxxxB", len(payload), ulp)
            if ones_sum(pseudo + payload) != 0xffff:
                sys.exit("checksum is not that of the ULIDs: %s" % ip[:56].hex())
        seen += 1
    print(seen)
    sys.exit(seen == 0)


if __name__ == "__main__":
    VERBS = {"serve": serve, "tcp": tcp, "udp": datagrams, "hold": hold, "all": traffic, "wire": wire,
             "ftpd": ftpd, "ftp": ftp}
    if len(sys.argv) < 3 or sys.argv[1] not in VERBS:
        sys.exit(__doc__)
    VERBS[sys.argv[1]](*sys.argv[2:])
