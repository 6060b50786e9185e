#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer that lies about its locators: liar.py INTERFACE SOURCE DESTINATION LOCATOR SECONDS LIE=PDS...

Runs where it can see what is sent to SOURCE (that is, on the path of whoever has it), with I1 and R1 like anybody, and
sends for each LIE an I2 whose Locator List has SOURCE and LOCATOR.  PDS: the file with the parameters that go with it.
LIE:

  hba       LOCATOR is called a member of the HBA set
  unsigned  LOCATOR is called signed, and there is no signature
  signed    ..., and there is one, of nobody's
  bare      there are no parameters either

Prints a line for each: "Error 2", "R2" or "nothing", whatever came back.  With SECONDS other than 0 each I2 is sent for so
long, with new nonces, and their number is printed."""
import os
import random
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from shim6_packets import *  # noqa: E402

interface, source, destination, locator = sys.argv[1:5]
seconds = float(sys.argv[5])

sniff = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))
sniff.bind((interface, 0))
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)


def send(message):
    octets = bytes(message)
    head = struct.pack("!IHBB", 6 << 28, len(octets), 140, 64)
    head += socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    out.sendto(head + octets, (destination, 0))


def receive(patience, wanted):
    """The first control message to SOURCE of one of the types @wanted, or None."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        sniff.settimeout(max(end - time.monotonic(), 0.01))
        try:
            p = sniff.recv(2048)
        except socket.timeout:
            return None
        if len(p) < 48 or p[6] != 140 or p[24:40] != socket.inet_pton(socket.AF_INET6, source) or p[42] & 0x80:
            continue
        if p[42] & 0x7f in wanted:
            return p[40:]
    return None


tag, nonce = random.getrandbits(47), random.getrandbits(32)
for attempt in range(5):
    send(Shim6I1(tag=tag, nonce=nonce))
    r1 = receive(2, (2,))
    if r1:
        break
else:
    sys.exit("no R1 came")
r1 = Shim6(r1)
validator = r1.option(OptValidator).validator


def i2(nonce, lie, pds):
    key_len = 2 + pds[26] if pds[26] < 0x80 else 4 + struct.unpack("!H", pds[27:29])[0]
    own_method = 1 if 25 + key_len < len(pds) else 2	# with a Multi-Prefix extension, or without
    methods = [own_method, 1 if lie == "hba" else 2]
    options = [OptValidator(validator=validator), OptLocators(generation=77, methods=methods,
                                                              locators=[source, locator])]
    if lie != "bare":
        options.append(OptPDS(pds=pds))
    if lie == "signed":
        options.append(OptSignature(signature=random.randbytes(256)))
    return bytes(Shim6I2(tag=tag, nonce=nonce, resp_nonce=r1.resp_nonce, options=options))


for argument in sys.argv[6:]:
    lie, name = argument.split("=", 1)
    with open(name, "rb") as f:
        parameters = f.read()
    if seconds:
        messages = [i2(random.getrandbits(32), lie, parameters) for _ in range(64)]
        end, n = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            for m in messages:
                send(m)
                n += 1
            time.sleep(0.005)
        print(n)
    else:
        send(i2(random.getrandbits(32), lie, parameters))
        answer = receive(3, (4, 68))
        print("nothing" if not answer else "R2" if answer[2] == 4 else "Error %d" % (answer[3] >> 1), flush=True)
