# SPDX-License-Identifier: GPL-2.0-or-later
# A host with contexts by the thousand loses an uplink silently: crowd.sh CASE PEERS [OPTIONS of the daemons...].  A is a
# server with 16 service addresses behind provider 1, each with a second locator behind provider 2; each of the PEERS hosts
# has 32 addresses: 512 contexts each.  A peer is told of the locators of one service only (locators.groups).
# What came of it goes to build/out/failover/crowd/CASE, as lines "NAME VALUE" (tests/bench/crowd.py).  DEBUG=1 keeps logs.

case_name=$1 peers=$2
shift 2
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
SHIM6_LOGS=/tmp/crowd-$case_name
export SHIM6_LOGS
. "$HERE/tests/vm/lib.sh"
crowd=$HERE/tests/bench/crowd.py
out=$HERE/build/out/failover/crowd
mkdir -p "$out"
rm -f "$out/growth"
services=16 each=32
rate=${RATE:-300}
wanted=$((services * each * peers))

groups() { # of two PREFIXES, or one, on a line each
	echo 'locators { groups = {'
	sed 's/.*/"&"/; $!s/$/,/'
	echo '} }'
}

peer_hosts() {
	{
		for p in $(seq "$peers"); do
			echo "netns add C$p"
			echo "link add up1 netns C$p type veth peer name c$p netns core"
		done
	} | ip -batch - || return 1
	for p in $(seq "$peers"); do
		{
			echo "link set lo up"
			echo "link set up1 up"
			for i in $(seq $each); do
				echo "addr add 2001:db8:d$p::$i/64 dev up1 nodad"
			done
			echo "route add default via 2001:db8:d$p::ffff dev up1"
		} | ip -n "C$p" -batch - || return 1
	done
	for p in $(seq "$peers"); do
		printf 'addr add 2001:db8:d%s::ffff/64 dev c%s nodad\nlink set c%s up\n' "$p" "$p" "$p"
	done | ip -n core -batch - || return 1
	for i in $(seq $((services - 1))); do
		echo "addr add 2001:db8:a1::1:$i/64 dev up1 nodad"
		echo "addr add 2001:db8:a2::1:$i/64 dev up2 nodad"
	done | ip -n A -batch - || return 1
	{
		echo "$A1/128 $A2/128"
		seq $((services - 1)) | sed 's|.*|2001:db8:a1::1:&/128 2001:db8:a2::1:&/128|'
	} | groups >"$LOGS/A.conf"
	for p in $(seq "$peers"); do
		seq -f "2001:db8:d$p::%g/128" $each | groups >"$LOGS/C$p.conf"
	done
}

peers_start() {
	for p in $(seq "$peers"); do
		start_daemons "C$p" -c "$LOGS/C$p.conf" -o reap.profile=fast "$@" || return 1
		# shellcheck disable=SC2046
		bg "echo$p" ip netns exec "C$p" "$crowd" echo $(seq -f "2001:db8:d$p::%g" $each)
	done
}

traffic() {
	mkfifo "$LOGS/questions"
	# shellcheck disable=SC2046
	ip netns exec A "$crowd" ask "$rate" "$A1" $(seq -f 2001:db8:a1::1:%g $((services - 1))) -- \
		$(for p in $(seq "$peers"); do seq -f "2001:db8:d$p::%g" $each; done) \
		<"$LOGS/questions" >"$LOGS/answers" 2>"$LOGS/ask.log" &
	exec 9>"$LOGS/questions"
}

# "PAIRS ANSWERED" of the last seconds
asked() { # SECONDS
	echo >&9
	sleep "$1"
	echo >&9
	sleep 2
	tail -n 1 "$LOGS/answers"
}

in_state() { # STATE
	ctl A status --json | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" | head -n 1
}

# Processor time so far of the daemons and of what makes the traffic, in hundredths: user, system
processor() {
	for f in "$LOGS"/*.bg; do
		[ ! -e "$f" ] || awk -v n="$(basename "$f" .bg)" '{ print "   ", n, $14, $15 }' "/proc/$(cat "$f")/stat"
	done
}

need "$case_name: topology" topology
need "$case_name: $peers peers" peer_hosts
# A round may take longer than the 30 s for which conntrack keeps a flow of one packet each way.
in_ns A sysctl -q -w net.netfilter.nf_conntrack_udp_timeout=180
need "$case_name: daemons on A" start_daemons A -c "$LOGS/A.conf" -o reap.profile=fast -o trigger.packets=2 "$@"
need "$case_name: daemons of the peers" peers_start "$@"
need "$case_name: traffic" traffic
patience=$((wanted / 20 + 60))
established() {
	got=$(in_state ESTABLISHED)
	echo "$got of $wanted, $(cut -d' ' -f1 /proc/uptime)" | tee -a "$out/growth"
	[ "$got" = $wanted ]
}
need "$case_name: $wanted contexts" wait_for $patience established
round=$((wanted / rate + 1))
before=$(asked $((round * 2)))
check "$case_name: every pair answers" [ "$before" = "$wanted $wanted" ]
bg monitor ip netns exec A shim6ctl -r /run/shim6-A monitor --quiet
capture probes A any "ip6 proto 140 and ip6[42] == 67 and src net 2001:db8:a0::/44"
sleep 1
processor
since=$(date +%s.%N)
break_provider PA1
moved() {
	[ "$(grep -c 'now over 2001:db8:a2:' "$LOGS/monitor.log")" -ge $wanted ]
}
check "$case_name: all have moved" wait_for $((wanted / 50 + 30)) moved
processor
sleep 5
stop monitor
stop probes
"$crowd" result "$since" "$LOGS/monitor.log" "$LOGS/probes.pcap" $wanted >"$out/$case_name"
check "$case_name: none was lost" [ "$(ctl A contexts | grep -c 'ESTABLISHED.* 2001:db8:a2::[^ ]* > ')" = $wanted ]
after=$(asked $((round * 2)))
check "$case_name: every pair answers again" [ "$after" = "$wanted $wanted" ]
echo "answered ${after#* }" >>"$out/$case_name"
exec 9>&-
sed 's/^/    /' "$out/$case_name"
ctl A stats
rm "$LOGS/questions"
[ -z "${DEBUG:-}" ] || cp -r "$LOGS" "$out/$case_name.logs"
finish
