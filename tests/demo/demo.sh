#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The demo, inside the virtual machine: two hosts with two providers each, an ssh session, an iperf3 stream and a one-way
# UDP stream between the ULIDs, and a provider that dies without a word.

OUT=$PWD/build/out
SHIM6_LOGS=/tmp/demo
export SHIM6_LOGS
cd "$(dirname "$0")" || exit 1
cd ../..
tests/vm/install || exit 1
modprobe -a shim6 ip6t_shim6 ip6t_shim6_data ip6table_mangle nf_conntrack nfnetlink_queue || exit 1

HERE=$PWD
SECURITY=" "			# verify = required, the default
. tests/vm/lib.sh
RATE=50 EVERY=0.1
. tests/vm/streams.sh

T0=
now() { cut -d' ' -f1 /proc/uptime; }
say() { # a line of the timeline
	awk -v t="$(now)" -v t0="${T0:-$(now)}" 'BEGIN { printf "%7.1f s  ", t - t0 }'
	echo "$*"
}
event() { # NAME TEXT: a line of the timeline that stands in the picture too
	printf '%s\t%s\n' "$(now)" "$1" >>"$OUT/events.tsv"
	shift
	say "$*"
}
die() {
	say "FAILED: $*"
	for f in "$LOGS"/*.log; do echo "--- ${f##*/}"; tail -n 15 "$f"; done
	cp -R "$LOGS" "$OUT/logs"
	exit 1
}

cat <<'END'

     A  up1 2001:db8:a1::a --- PA1 ---+        +--- PB1 --- 2001:db8:b1::b up1  B
                                      +- core -+
        up2 2001:db8:a2::a --- PA2 ---+        +--- PB2 --- 2001:db8:b2::b up2

Every provider drops what does not come from its own prefix. The sessions are between addresses that shim6d
makes in these prefixes by itself (a CGA-compatible HBA set and a key on each host), the ULIDs. security.verify = required:
no locator counts unless it is proven to belong to the owner of the ULID.

END

# What the daemons say of contexts and pairs goes into the timeline as it happens.
monitor() { # HOST
	ctl "$1" monitor 2>/dev/null | while read -r line; do
		case $line in
		*"now over"*) event "switch" "$1: $line" ;;
		*) say "$1: $line" ;;
		esac
	done
}

# Every control message at one interface of A; a Shim6 header's type stands in its third octet (RFC 5533, 5.3).
# At most three of a kind in a row.
wire() { # INTERFACE
	ip netns exec A tcpdump -l -n -x -i "$1" 'ip6 proto 140 and ip6[42] < 128' 2>/dev/null |
	while read -r w1 w2 w3 w4 w5 w6 w7 _; do
		case $w1 in
		0x0020:) ;;
		0x*) continue ;;
		*)
			[ "$w2" = IP6 ] && way="$w3 > ${w5%:}"
			continue ;;
		esac
		case $w7 in
		01*) name=I1 ;;
		02*) name=R1 ;;
		03*) name=I2 ;;
		04*) name=R2 ;;
		05*) name=R1bis ;;
		06*) name=I2bis ;;
		40*) name="Update Request" ;;
		41*) name="Update Acknowledgement" ;;
		42*) name=Keepalive ;;
		43*) name=Probe ;;
		44*) name=Error ;;
		*) name="type 0x${w7%??}" ;;
		esac
		[ "$name" = "${last-}" ] && same=$((same + 1)) || same=1
		last=$name
		[ $same -gt 3 ] || say "wire, $1: $name  $way"
		[ $same != 4 ] || say "wire, $1: more of these"
	done
}

topology || die "topology"
start_daemons A || die "daemons on A"
start_daemons B || die "daemons on B"
T0=$(now)
say "shim6d and reapd run on both hosts"
use_own_addresses || die "no own addresses"
event "own addresses" "each host made a key and its addresses: $A1, $A2 and $B1, $B2"
monitor A &
wire up1 &
wire up2 &
start_udp_stream udp A $A1 B $B1 6000 || die "udp"
event "sessions begin" "one-way UDP runs from $A1 to $B1: nothing comes back but keepalives"
capture ka A up1 "ip6 proto 140 and src $B1 and ip6[42] = 66"

wait_for 60 context_is A ESTABLISHED || die "no context on A"
wait_for 20 context_is B ESTABLISHED || die "no context on B"
event "context" "context established after 45 packets; data packets still travel untouched"
before=$(pair A)
some_keepalives() { [ "$(captured ka)" -ge 2 ]; }
wait_for 40 some_keepalives || die "no keepalives"
stop ka
start_ssh_session ssh || die "ssh"
start_iperf3 B || die "iperf3"
IPERF_T0=$(now)
# Paced, so that it does not make up for the outage. Longer than the story: it is told to stop, and then writes its report.
bg iperf ip netns exec A iperf3 -c $B1 -B $A1 -t 900 -i 0.2 --fq-rate 30M --json --logfile "$LOGS/iperf.json"
say "ssh and iperf3 (TCP) run too: with traffic both ways there is nothing to keep alive"
sleep 8

event "provider 1 dies" "PROVIDER 1 SWALLOWS EVERYTHING, silently, both ways"
break_provider PA1
wait_for 40 not pair_is A "$before" || die "no other pair was found"
say "A sends over $(pair A) now, with the extension header"
wait_for 40 alive ssh.echo || die "ssh did not come back"
wait_for 40 alive udp.udp || die "udp did not come back"
event "all alive" "sessions answer again"
wait_for 40 settled || die "not settled"
after=$(pair A)

echo
echo "--- debug port of A: dump"
debug A dump
echo "--- A: shim6ctl addr list"
ctl A addr list
echo "--- debug port of B: dump"
debug B dump
echo "--- A: ip6tables -t mangle -L -v -n"
in_ns A ip6tables -t mangle -L -v -n | grep -v '^$'
echo

sleep 10
event "provider 1 back" "provider 1 is back"
heal_provider PA1
sleep 5
event "provider 2 dies" "now PROVIDER 2 dies"
break_provider PA2
wait_for 40 pair_is A "$A1>*" || die "did not come back to provider 1"
say "A sends over $(pair A) now"
wait_for 40 alive ssh.echo || die "ssh did not come back"
wait_for 40 alive udp.udp || die "udp did not come back"
heal_provider PA2
event "all alive" "sessions answer again; where the pair is that of the ULIDs, the extension header is gone"
wait_for 40 settled
last=$(pair A)
sleep 6
event "end" "the sessions end in order"
pkill -f 'tcpdump -l'		# of wire(); monitor() ends with the daemon

udp=$(stop_udp_stream udp)
stop ssh; ssh_rc=$?
ssh=$("$STREAMS" gap "$LOGS/ssh.echo")
running iperf; iperf_rc=$?		# before it is told to
stop iperf
[ -s "$LOGS/iperf.json" ] || iperf_rc=1
"$(dirname "$STREAMS")/../demo/goodput.py" "$LOGS/iperf.json" "$IPERF_T0" >"$OUT/goodput.tsv" || iperf_rc=1
iperf=$(awk '{ if ($2 == 0) { if (!z) z = $1; if ($1 - z > g) g = $1 - z } else z = 0 } END { printf "gap=%.1f", g }' "$OUT/goodput.tsv")
alive_last=$(tail -n 1 "$OUT/goodput.tsv" | cut -f2)

cp -R "$LOGS" "$OUT/logs"
value() { echo "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"; }
echo
printf '%-22s %-16s %-12s %s\n' session "longest gap, s" "lost in both" "survived"
printf '%-22s %-16s %-12s %s\n' "ssh" "$(value "$ssh" gap)" "0 (TCP)" "$([ $ssh_rc = 0 ] && echo yes || echo NO)"
printf '%-22s %-16s %-12s %s\n' "iperf3 (TCP)" "$(value "$iperf" gap)" "0 (TCP)" "$([ $iperf_rc = 0 ] && echo yes || echo NO)"
printf '%-22s %-16s %-12s %s\n' "UDP, 50/s one way" "$(value "$udp" gap)" "$(value "$udp" lost)" yes
echo
echo "pair before the failure    $before"
echo "pair after provider 1 died $after"
echo "pair after provider 2 died $last"
echo
stop_daemons A && stop_daemons B && echo "Both daemons ended and left $(in_ns A ip6tables-save | grep -ci shim6) rules behind."
[ $ssh_rc = 0 ] && [ $iperf_rc = 0 ] && [ "${alive_last:-0}" != 0 ] || failed=1
finish
