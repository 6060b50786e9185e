# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 400
# make bench: what shim6 costs, between the same two hosts over the same number of hops. Not a test: numbers only, as good as
# the machine is quiet. Table in bench.tsv: case, TCP Mbit/s, UDP datagrams of 64 octets a second that arrived, RTT in us.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

SECONDS_EACH=${SECONDS_EACH:-5}

tcp() {
	in_ns A iperf3 -c $B1 -B $A1 -t "$SECONDS_EACH" -O 1 -f m | awk '/receiver/ { print $7 }'
}

udp() { # arrived / time
	in_ns A iperf3 -c $B1 -B $A1 -t "$SECONDS_EACH" -u -b 0 -l 64 -f m |
		awk '/receiver/ { split($11, n, "/"); split($3, t, "-"); printf "%d\n", (n[2] - n[1]) / t[2] }'
}

rtt() { # the median hides what the scheduler of an emulated machine does; ping only gives the mean: take the least
	in_ns A ping -6 -q -i 0.01 -c 200 -I $A1 $B1 | awk -F'[=/ ]+' '/^rtt/ { printf "%d\n", $6 * 1000 }'
}

row() { # CASE
	row_tcp=$(tcp) row_udp=$(udp) row_rtt=$(rtt)
	printf '%s\t%s\t%s\t%s\n' "$1" "$row_tcp" "$row_udp" "$row_rtt" >>"$LOGS/bench.tsv"
	printf '  %-34s %8s Mbit/s %8s datagrams/s %6s us\n' "$1" "$row_tcp" "$row_udp" "$row_rtt"
}

need "topology" topology
printf 'case\ttcp_mbit_s\tudp_datagrams_s\trtt_min_us\n' >"$LOGS/bench.tsv"
start_iperf3 B
row "without shim6"

for h in A B; do
	need "daemons on $h" start_daemons $h
done
need "context" debug A "context $A1 $B1"
need "established" wait_for 20 settled
row "context, ULIDs in use"

break_provider PA1
break_provider PB1
need "moved to the other locators" wait_for 60 pair_is A "$A2>$B2"
need "both ends" wait_for 20 pair_is B "$B2>$A2"
row "context, shimmed"
stop_daemons A
stop_daemons B

TAG_A=0x0a1a2a3a4a5a TAG_B=0x010203040506
static_rules() { # HOST TAG-OUT TAG-IN OWN-ULID PEER-ULID OWN-LOCATOR PEER-LOCATOR
	in_ns "$1" ip6tables -t mangle -A OUTPUT -s "$4" -d "$5" -j SHIM6 --cid "$2" --src-loc "$6" --dst-loc "$7" &&
	in_ns "$1" ip6tables -t mangle -A INPUT -m shim6 --data --mcid "$3" -j SHIM6 --cid "$3" --src-loc "$5" --dst-loc "$4"
}
need "static rules on A" static_rules A $TAG_A $TAG_B $A1 $B1 $A2 $B2
need "static rules on B" static_rules B $TAG_B $TAG_A $B1 $A1 $B2 $A2
row "static rules, shimmed"
finish
