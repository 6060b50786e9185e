# SPDX-License-Identifier: GPL-2.0-or-later
"""When host A forgets a context, with gc.idle = 4 s, and when it does not (RFC 5533, 4, 9, 12.1)."""
import socket
import subprocess
import time

from peer import *
from shim6_packets import *
from scapy.layers.inet import UDP

B1 = "2001:db8:b1::b"
IDLE = 4
C = {}


@check("a TCP connection between the ULIDs, an untagged stream, and nothing at all")
def _(p):
    """S5533-1.6-04"""
    with In("B"):
        server = socket.create_server((B1, 7), family=socket.AF_INET6)
    with In("A"):
        C["client"] = socket.create_connection((B1, 7), PATIENCE, source_address=(A1, 0))
        C["second"] = socket.create_connection((B1, 7), PATIENCE, source_address=(A1, 0))
    C["server"] = server
    C["tcp"] = p.establish(p.locators(B1), ulid=B1)
    C["udp"], C["none"] = p.establish(), p.establish()
    C["begin"] = time.monotonic()
    C["socket"] = p.listen(7100)
    assert len(p.contexts(B1)) == 1, "one context for both connections"


@check("what nothing uses goes after its time, without a message")
def _(p):
    """S5533-4-03 S5533-9-02 S5533-B-56"""
    u, _, a_tag = C["none"]
    begin, since = C["begin"], p.mark()
    while p.contexts(u) and time.monotonic() < begin + 8 * IDLE:
        p.out_octets(bytes(IPv6(src=C["udp"][0], dst=A1) / UDP(sport=9, dport=7100) / b"use"), A1, "up1")
        p.drain(0.5)
    assert not p.contexts(u), p.contexts(u)
    assert time.monotonic() - begin > IDLE - 1
    assert not [g for g in p.to(u, since) if g.proto == 140], p.to(u, since)
    p.ask(Shim6Keepalive(tag=a_tag), R1BIS, u)	# S5533-1.5-02: the peer finds out


@check("untagged packets between the ULIDs are use")
def _(p):
    """S5533-9-04 S5533-12.1-01 S5533-9-02"""
    assert len(p.contexts(C["udp"][0])) == 1


@check("a silent TCP connection keeps its context")
def _(p):
    """S5533-9-01"""
    p.drain(2 * IDLE)
    assert len(p.contexts(B1)) == 1


def on_a(*command):
    subprocess.run(["ip", "netns", "exec", "A", *command], check=True)


@check("announced are global and unique local addresses that are not tentative, nothing else")
def _(p):
    """S5534-3.1-01 S5534-3.1-03 S5534-3.1-04"""
    on_a("sysctl", "-q", "-w", "net.ipv6.conf.all.accept_dad=1", "net.ipv6.conf.up2.accept_dad=1",
         "net.ipv6.conf.up2.dad_transmits=300")
    on_a("ip", "addr", "add", "2001:db8:a2::77/64", "dev", "up2")	# tentative for long
    on_a("ip", "addr", "add", "fec0::77/64", "dev", "up2", "nodad")
    on_a("ip", "addr", "add", "fd00:77::1/64", "dev", "up2", "nodad")
    end = time.monotonic() + PATIENCE
    while True:
        u = p.address()
        got = p.ask(p.i2(p.r1(u, 5), 5, p.locators(u)), R2, u).msg.option(OptLocators).locators
        if "fd00:77::1" in got or time.monotonic() > end:
            break
        p.drain(0.2)
    assert sorted(got) == sorted([A1, A2, "fd00:77::1"]), got
    on_a("ip", "addr", "del", "fd00:77::1/64", "dev", "up2")
