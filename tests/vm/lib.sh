# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# What a scene (scenes/S*.sh) is written with. A scene runs inside the virtual
# machine with shim6 installed, sources this file, builds what it needs, says
# `check "what must hold" COMMAND...`, and ends with `finish`.
#
#	. "${0%/*}/../lib.sh"
#	topology
#	start_daemons A; start_daemons B
#	check "a context on both sides" wait_for 30 context_is A ESTABLISHED
#	finish
#
# Logs and captures belong in $LOGS. Processes started by `bg` and everything in
# a namespace end with the scene.

set -u
HERE=${HERE:-$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)}
SCENE=$(basename "$0" .sh)
LOGS=${SHIM6_LOGS:-/tmp/scenes}/$SCENE
STREAMS=$HERE/tests/tools/streams.py
SECURITY=${SECURITY:--o security.verify=none}	# what every daemon gets unless the scene says otherwise
PORT=19384
passed=0
failed=0
finished=

[ -x "$HERE/build/tests/tools/debug-port" ] || { echo "build/tests/tools/debug-port is missing: make unit-tests" >&2; exit 1; }
. "$HERE/tests/vm/topology.sh"
mkdir -p "$LOGS"
: >"$LOGS/results.tsv"

# --- results ------------------------------------------------------------------

check() { # DESCRIPTION COMMAND...
	what=$1
	shift
	if "$@" >"$LOGS/check.out" 2>&1; then
		result "$what" pass
	else
		result "$what" fail
		echo "    \$ $*"
		sed 's/^/    /' "$LOGS/check.out" | tail -n 20
		return 1
	fi
}

# Counted, said, and kept for tests/conformance/report.py.
result() { # DESCRIPTION pass|fail
	printf '%s:%s\t%s\n' "$SCENE" "$1" "$2" >>"$LOGS/results.tsv"
	case $2 in
	pass)
		passed=$((passed + 1))
		echo "  ok $1" ;;
	*)
		failed=$((failed + 1))
		echo "  FAIL $1" ;;
	esac
}

# A program that makes many checks and says "ok WHAT" or "not ok WHAT # WHY" of each; anything else it says is shown.
checks_of() { # COMMAND...
	"$@" >"$LOGS/checks.out" 2>&1
	co_status=$?
	co_failed=$failed
	while IFS= read -r co_line; do
		case $co_line in
		'ok '*) result "${co_line#ok }" pass ;;
		'not ok '*)
			co_line=${co_line#not ok }
			result "${co_line%% \# *}" fail
			echo "    ${co_line#* \# }" ;;
		*) echo "    $co_line" ;;
		esac
	done <"$LOGS/checks.out"
	if [ $co_status != 0 ] && [ $co_failed = $failed ]; then
		result "$1 ended with status $co_status" fail
	fi
	[ $co_failed = $failed ]
}

# For what makes the rest of the scene pointless.
need() { # DESCRIPTION COMMAND...
	check "$@" || exit 1
}

not() { ! "$@"; }

finish() {
	finished=yes
	exit $((failed > 0))
}

cleanup() {
	status=$?
	trap '' EXIT INT TERM
	if [ $status != 0 ] || [ $failed != 0 ] || [ -z "$finished" ]; then
		[ -n "$finished" ] || [ $failed != 0 ] || echo "  FAIL the scene ended early (status $status)"
		[ -n "$finished" ] || [ $failed != 0 ] || failed=1
		dump_logs
	fi
	for f in "$LOGS"/*.bg; do
		[ -e "$f" ] && kill "$(cat "$f")" 2>/dev/null
	done
	topology_gone
	rm -f "$LOGS"/*.bg "$LOGS/check.out"
	echo "$passed $failed" >"$LOGS/result"
	exit $((failed > 0))
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# State of both hosts into $LOGS, and the ends of the logs onto the terminal.
dump_logs() {
	for h in A B; do
		ip netns pids $h >/dev/null 2>&1 || continue
		{
			debug $h dump
			in_ns $h ip6tables -t mangle -L -v -n
			in_ns $h ip -6 addr
			in_ns $h ip -6 rule
			in_ns $h ip -6 route show table all
			[ ! -d /run/shim6-$h ] || ctl $h stats
		} >"$LOGS/$h.state" 2>&1
	done
	for f in "$LOGS"/*.log "$LOGS"/*.state; do
		[ -s "$f" ] || continue
		echo "    --- end of ${f##*/}"
		tail -n "${SHIM6_LOG_LINES:-12}" "$f" | sed 's/^/    /'
	done
}

# --- waiting and processes ----------------------------------------------------

wait_for() { # SECONDS COMMAND...: until it succeeds; its last output is shown on failure
	read -r wf_now _ </proc/uptime
	limit=$((${wf_now%.*} + $1))
	wf_pause=0.5	# to ask costs the emulated machine more
	wf_tries=0
	shift
	until "$@" >"$LOGS/wait.out" 2>&1; do
		read -r wf_now _ </proc/uptime
		if [ "${wf_now%.*}" -ge "$limit" ]; then
			cat "$LOGS/wait.out"
			return 1
		fi
		[ $((wf_tries += 1)) -lt 10 ] || wf_pause=1
		sleep $wf_pause
	done
	rm -f "$LOGS/wait.out"
}

bg() { # NAME COMMAND...: in the background, output in $LOGS/NAME.log, until stop NAME
	bg_name=$1
	shift
	"$@" >"$LOGS/$bg_name.log" 2>&1 </dev/null &
	echo $! >"$LOGS/$bg_name.bg"
}

ended() { # PID
	[ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

running() { # NAME
	[ -e "$LOGS/$1.bg" ] && ! ended "$(cat "$LOGS/$1.bg")"
}

stop() { # NAME [SIGNAL]: ends it and gives its exit status; 127 in a $(subshell), which is not its parent
	bg_pid=$(cat "$LOGS/$1.bg") || return 1
	rm -f "$LOGS/$1.bg"
	kill "-${2:-TERM}" "$bg_pid" 2>/dev/null
	wait "$bg_pid"
	bg_status=$?
	[ $bg_status != 127 ] || wait_for 10 ended "$bg_pid"
	return $bg_status
}

finished_well() { # NAME: wait for its end; its exit status
	bg_pid=$(cat "$LOGS/$1.bg") || return 1
	wait "$bg_pid"
	bg_status=$?
	rm -f "$LOGS/$1.bg"
	return $bg_status
}

# --- daemons ------------------------------------------------------------------

# Both daemons of a host, with a run directory of their own: names are HOST.shim6d and HOST.reapd.
start_daemons() { # HOST [OPTIONS for both...]
	start_daemon reapd "$@" && start_daemon shim6d "$@" && wait_for 20 ctl "$1" status
}

start_daemon() { # shim6d|reapd HOST [OPTIONS...]
	sd_daemon=$1 sd_host=$2
	shift 2
	mkdir -p "/run/shim6-$sd_host"
	# A second start keeps what the first one said.
	[ ! -s "$LOGS/$sd_host.$sd_daemon.log" ] ||
		cat "$LOGS/$sd_host.$sd_daemon.log" >>"$LOGS/$sd_host.$sd_daemon.before"
	# shellcheck disable=SC2086
	bg "$sd_host.$sd_daemon" ip netns exec "$sd_host" "$sd_daemon" -f -o "daemon.rundir=/run/shim6-$sd_host" \
		-o "security.state=/var/lib/shim6-$sd_host" $SECURITY "$@"
}

# A key that was made outside, where it takes no time: S17 and S21 have theirs made.
give_key() { # DIRECTORY NAME
	mkdir -p -m 700 "$1" && install -m 600 "$HERE/build/tests/keys/$2.pem" "$1/key.pem"
}

# The address that shim6d made in a prefix, if it is in that state.
own_address() { # HOST PREFIX [STATE]
	ctl "$1" addr list | sed -n "s/^\($2[^ ]*\) .* ${3:-installed} .*/\1/p"
}

has_own_addresses() { # HOST LETTER: in both of its prefixes
	[ -n "$(own_address "$1" "2001:db8:${2}1:")" ] && [ -n "$(own_address "$1" "2001:db8:${2}2:")" ]
}

# From here on A1, A2, B1 and B2 are the addresses that shim6d made: proven, with verify = required.
use_own_addresses() {
	wait_for 120 has_own_addresses A a && wait_for 120 has_own_addresses B b || return 1
	A1=$(own_address A 2001:db8:a1:) A2=$(own_address A 2001:db8:a2:)
	B1=$(own_address B 2001:db8:b1:) B2=$(own_address B 2001:db8:b2:)
}

stop_daemons() { # HOST: in the order of the init script; succeeds if both ended with 0
	stop "$1.shim6d" && stop "$1.reapd"
}

ctl() { # HOST ARGUMENTS of shim6ctl...
	ctl_host=$1
	shift
	in_ns "$ctl_host" shim6ctl -r "/run/shim6-$ctl_host" "$@"
}

counter() { # HOST NAME: summed over kernel and daemons; those that are 0 are not listed
	ctl "$1" stats >"$LOGS/stats" || { echo "$1 does not tell"; return 1; }
	awk -v name="$2" '$2 == name { n += $3 } END { print n + 0 }' "$LOGS/stats"
}

counted() { # HOST NAME [MORE-THAN]
	[ "$(counter "$1" "$2")" -gt "${3:-0}" ]
}

debug() { # HOST COMMAND: a command to the debug port; fails if the reply does
	"$HERE/build/tests/tools/debug-port" "$1" "$2"
}

# The words key=value of a context of HOST; the first one, or that of the line that PATTERN matches.
context() { # HOST KEY [PATTERN]
	debug "$1" dump | sed -nE "/^id=.*${3:-}/{s/^(.* )?$2=([^ ]*).*/\2/p;q}"
}

contexts() { # HOST [PATTERN]: how many lines of dump match
	debug "$1" dump | grep -cE "^id=.*${2:-}"
}

context_is() { # HOST STATE [KEY=VALUE...]: the first one
	ci_dump=$(debug "$1" dump)
	ci_line=" ${ci_dump%%
*} "
	shift
	set -- "state=$@"
	for w; do
		case $ci_line in
		*" $w "*) ;;
		*) echo "$ci_dump"; return 1 ;;
		esac
	done
}

# What the packages of programs would have made that are only unpacked here (scripts/managers).
system_users() { # NAME...
	su_id=990
	for u; do
		grep -q "^$u:" /etc/group || echo "$u:x:$su_id:" >>/etc/group
		grep -q "^$u:" /etc/passwd || echo "$u:x:$su_id:$su_id::/:/usr/sbin/nologin" >>/etc/passwd
		su_id=$((su_id - 1))
	done
}

# --- traffic ------------------------------------------------------------------

ping_from() { # HOST SOURCE DESTINATION [OPTIONS...]
	pf_host=$1 pf_src=$2 pf_dst=$3
	shift 3
	in_ns "$pf_host" ping -6 -q -c 1 -W 2 -I "$pf_src" "$@" "$pf_dst"
}

start_sshd() { # HOST: anybody with $LOGS/ssh.key is root; log is HOST.sshd.log
	mkdir -p /run/sshd
	[ -e "$LOGS/ssh.key" ] || ssh-keygen -q -t ed25519 -N '' -f "$LOGS/ssh.key"
	cp "$LOGS/ssh.key.pub" /run/sshd/keys && chmod 600 /run/sshd/keys
	bg "$1.sshd" ip netns exec "$1" "$(command -v sshd)" -D -e -f /dev/null -h "$LOGS/ssh.key" \
		-o AuthorizedKeysFile=/run/sshd/keys -o StrictModes=no -o PermitRootLogin=yes \
		-o UsePAM=no -o UseDNS=no -o PidFile=none
	wait_for 20 listening "$1" 22
}

# With the key exchange that takes the least time to emulate.
SSH="ssh -F none -i $LOGS/ssh.key -o StrictHostKeyChecking=no -o BatchMode=yes -o KexAlgorithms=curve25519-sha256
	-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentitiesOnly=yes -o ServerAliveInterval=0 -o TCPKeepAlive=no"

ssh_from() { # HOST SOURCE DESTINATION COMMAND...
	sf_host=$1 sf_src=$2 sf_dst=$3
	shift 3
	# shellcheck disable=SC2086
	in_ns "$sf_host" $SSH -b "$sf_src" "root@$sf_dst" "$@"
}

start_iperf3() { # HOST [PORT]: a server there, HOST.iperf3.log
	bg "$1.iperf3" ip netns exec "$1" iperf3 -s -p "${2:-5201}"
	wait_for 20 listening "$1" "${2:-5201}"
}

listening() { # HOST TCP-PORT
	[ -n "$(in_ns "$1" ss -Hltn "sport = :$2")" ]
}

# --- what is on the wire ------------------------------------------------------

capture() { # NAME NAMESPACE INTERFACE [FILTER]: into $LOGS/NAME.pcap until stop NAME
	cap_name=$1 cap_ns=$2 cap_if=$3
	shift 3
	bg "$cap_name" ip netns exec "$cap_ns" tcpdump -n -U --immediate-mode -s 0 -Z root -i "$cap_if" -w "$LOGS/$cap_name.pcap" "$@"
	wait_for 20 grep -q 'listening on' "$LOGS/$cap_name.log"
}

captured() { # NAME [FILTER]: number of packets in it that match
	cap_name=$1
	shift
	tcpdump -n -r "$LOGS/$cap_name.pcap" "$@" 2>/dev/null >"$LOGS/$cap_name.seen" || { echo "no capture $cap_name"; return 1; }
	wc -l <"$LOGS/$cap_name.seen"
}
