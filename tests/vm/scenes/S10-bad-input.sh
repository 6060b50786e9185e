# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Bad packets are dropped and counted by name; bad configuration, missing module or privilege stop the start with one clear
# line; people without privilege get an error; a full table refuses politely.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
need "daemons on A, one context at most" start_daemons A -o dataplane.max_contexts=1
need "daemons on B" start_daemons B
need "context" debug A "context $A1 $B1"
need "established" wait_for 20 settled

# --- packets ------------------------------------------------------------------

before=$(debug A dump)
for kind in truncated checksum type short option-length option-critical; do
	had=$(counter A $kind)
	check "$kind: sent" in_ns B "$HERE/tests/tools/bad_packets.py" $kind $B1 $A1
	check "$kind: counted by name" wait_for 10 counted A $kind "$had"
done
# A multicast source never gets past the IPv6 stack, which counts it itself.
header_errors() { in_ns A awk '$1 == "Ip6InHdrErrors" { print $2 }' /proc/net/snmp6; }
had=$(header_errors)
# Routers do not pass it on either: it is sent on A's own link.
check "multicast source: sent" in_ns PA1 "$HERE/tests/tools/bad_packets.py" address 2001:db8:a1::1 $A1
more() { [ "$(header_errors)" -gt "$had" ]; }
check "multicast source: dropped and counted by the kernel" wait_for 10 more
check "no context changed" test "$(debug A dump)" = "$before"
check "the daemons live" settled

# --- people -------------------------------------------------------------------

nobody() { # HOST COMMAND...
	nb=$1
	shift
	in_ns $nb setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
check "debug port: nobody gets an error" sh -c \
	"echo dump | ip netns exec A setpriv --reuid 65534 --regid 65534 --clear-groups nc -u -w1 localhost $PORT | grep -q '^error: '"
check "debug port: nobody changes nothing" sh -c \
	"echo 'delete $A1 $B1' | ip netns exec A setpriv --reuid 65534 --regid 65534 --clear-groups nc -u -w1 localhost $PORT | grep -q '^error: '"
check "control socket: nobody is refused" not nobody A shim6ctl -r /run/shim6-A contexts
check "the context is still there" settled
check "debug port: nonsense gets an error, not silence" sh -c \
	"echo 'frobnicate 1 2' | ip netns exec A nc -u -w1 localhost $PORT | grep -q '^error: '"
check "debug port: help ends in ok" debug A help

# --- a full table -------------------------------------------------------------

check "full table: refused with the reason" sh -c \
	"echo 'context $A2 $B2' | ip netns exec A nc -u -w1 localhost $PORT | grep -Ei '^error: .*(full|limit|max|no space)'"
check "full table: the first context is unharmed" settled
check "full table: from the peer, too" sh -c \
	"echo 'context $B2 $A2' | ip netns exec B nc -u -w1 localhost $PORT; sleep 1; true"
check "full table: one context" test "$(contexts A)" = 1
stop_daemons A

# --- starting -----------------------------------------------------------------

mkdir -p /tmp/s10
printf 'reap {\n\tsend_timeout = 15\n}\ndaemon {\n\tdebug_prot = 1\n}\n' >/tmp/s10/bad.conf
starts() { # DAEMON ARGS...: must fail; its words are in $LOGS/start.out
	in_ns A timeout 10 "$@" >"$LOGS/start.out" 2>&1
	rc=$?
	[ $rc != 0 ] && [ $rc != 124 ] && return 1
	return 0
}
for d in shim6d reapd; do
	check "$d: an unknown key stops the start" not starts $d -f -c /tmp/s10/bad.conf -o daemon.rundir=/tmp/s10
	check "$d: ... with file and line" grep -q '/tmp/s10/bad.conf:5:' "$LOGS/start.out"
	check "$d: a bad value stops the start" not starts $d -f -o security.verify=maybe -o daemon.rundir=/tmp/s10
	check "$d: ... naming what is allowed" grep -q 'required' "$LOGS/start.out"
	check "$d: a file that is not there" not starts $d -f -c /tmp/s10/nowhere.conf -o daemon.rundir=/tmp/s10
	check "$d: ... is named" grep -q '/tmp/s10/nowhere.conf' "$LOGS/start.out"
	mkdir -p /tmp/s10/nobody && chown 65534 /tmp/s10/nobody
	check "$d: no privilege stops the start" not starts setpriv --reuid 65534 --regid 65534 --clear-groups \
		$d -f -o daemon.rundir=/tmp/s10/nobody
	check "$d: ... and says so" grep -Eiq 'root|CAP_NET_ADMIN|privilege|permission' "$LOGS/start.out"
	check "$d: ... in one line" test "$(grep -vc 'UNVERIFIED\|warning' "$LOGS/start.out")" -le 2
done

stop_daemons B
for n in A B core; do in_ns $n ip6tables-restore </dev/null; done
# What rules held is let go a moment after they went.
if wait_for 10 modprobe -r ip6t_shim6_data ip6t_shim6 shim6; then
	check "shim6d: a missing module stops the start" not starts unshare -m sh -c \
		'mount -t tmpfs none /lib/modules; exec shim6d -f -o daemon.rundir=/tmp/s10'
	check "shim6d: ... and says which and what to do" grep -Ei 'module.*shim6|shim6.*module' "$LOGS/start.out"
	check "the modules load again" modprobe -a shim6 ip6t_shim6 ip6t_shim6_data
else
	check "modules can be taken out when nobody uses them" false
fi
finish
