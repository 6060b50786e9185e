# SPDX-License-Identifier: GPL-2.0-or-later
# TCP in back-off goes on when its context moves; requests and answers are those of tests/bench/traffic.py.

uptime_now() { cut -d' ' -f1 /proc/uptime; }
first_after() { # SECONDS: ms from then to the first answer, waits for it
	tries=100
	until awk -v t="$1" '$1 > t { printf "%d\n", 1000 * ($1 - t); found = 1; exit } END { exit !found }' "$tmp/tcp"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo 99999; return; }
		sleep 0.1
	done
}
flows() { # answers have come in the last second
	tail -n 1 "$tmp/tcp" | awk -v up="$(uptime_now)" 'NF == 2 && up - $1 < 1 { ok = 1 } END { exit !ok }'
}
block() { R ip6tables-legacy -I FORWARD -j DROP; }
unblock() { R ip6tables-legacy -D FORWARD -j DROP; }
timed_out() { # TIMES: both ends have, since the last answer
	for ns in A B; do
		in_ns $ns ss -Htin state established "( sport = :7100 or dport = :7100 )" |
			sed -n 's/.* backoff:\([0-9]*\).*/\1/p' | grep -q "^[$1-9]" || return 1
	done
}
below() { echo "$1 ms"; [ "$1" -lt "$2" ]; }
delay() { # TIME [add|del]: each way on the ULIDs' path
	for dev in ra1 rb1; do
		R tc qdisc "${2:-add}" dev $dev root netem delay "$1"
	done
}

rules
contexts
B tests/bench/traffic.py server tcp $B1 7100 >/dev/null 2>&1 &
soon sh -c "ip netns exec B ss -Hltn 'sport = :7100' | grep -q ."
A tests/bench/traffic.py client tcp $A1 $B1 7100 "$tmp/tcp" >/dev/null 2>&1 &
check "requests are answered" soon flows

# Retransmissions of one that times out: after 0.2 s, 0.6, 1.4, 3.0.
block
check "both ends time out again and again" soon timed_out 3
before=$(stat A tcp_kicked)
switch
unblock
moved=$(uptime_now)
check "a sender in back-off goes on when the pair changes" below "$(first_after "$moved")" 600
check "... as it was kicked" above "$(stat A tcp_kicked)" "$before"
sleep 1

genl A param tcp_kick=0
genl B param tcp_kick=0
block
sleep 1.6
before=$(stat A tcp_kicked)
switch_back
unblock
sleep 1
check "where tcp_kick is off nobody is kicked" equal "$(stat A tcp_kicked)" "$before"
genl A param tcp_kick=1
genl B param tcp_kick=1
check "requests are answered again" soon flows

# A path that was slow of late, and a peer that moves later: the first retransmission is lost, the next does not wait for
# the time-out that the slow path has left, doubled.
delay 300ms
sleep 4
block
delay 300ms del
check "both ends time out on a path that was slow" soon timed_out 1
switch
sleep 0.3
unblock
moved=$(uptime_now)
check "who has timed out is kicked again by the shortest round trip" below "$(first_after "$moved")" 900
no_rules
