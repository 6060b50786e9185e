# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 3600
# make bench-failover: how long nothing gets through, for MPTCP and for both profiles of shim6.  Not a test.  ROWS says
# which cases are measured (all), REPS how often (30), COPIES in how many pairs of hosts at once (10), PEERS how many
# contexts the case crowd has, in units of 512 (20).  What was measured before stays in build/out/failover.

set -u
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
reps=${REPS:-30}
copies=${COPIES:-10}
raw=$HERE/build/out/failover/raw

wanted() {
	case " ${ROWS:-$1} " in *" $1 "*) rm -rf "$raw/$1" "$raw/$1."* ;; *) return 1 ;; esac
}

uplinks() { # ROW: how many each host has
	case $1 in
	last) echo 4 ;;
	*) echo 2 ;;
	esac
}

one() { # CASE PROFILE ROW [OPTIONS of the daemons...]
	wanted "$1" || return
	name=$1 profile=$2 row=$3
	shift 3
	PATIENT=${PATIENT:-} UPLINKS=$(uplinks "$row") sh "$HERE/tests/bench/failover.sh" "$name" "$profile" "$reps" "$row" "$@"
}

# Timers of 15 s leave the machine idle: copies of the two hosts at once, each in a /run of its own.
many() { # CASE PROFILE ROW
	wanted "$1" || return
	every=0.05
	[ "$3" != last ] || every=0.2	# of four minutes
	for i in $(seq $copies); do
		PATIENT=1 EVERY=${EVERY:-$every} UPLINKS=$(uplinks "$3") unshare -m sh -c 'mount -t tmpfs run /run && mkdir /run/netns && exec sh "$0" "$@"' \
			"$HERE/tests/bench/failover.sh" "$1.$i" "$2" $(((reps + copies - 1) / copies)) "$3" &
	done
	wait
	cat "$raw/$1".[0-9]* >"$raw/$1"
	rm -f "$raw/$1".[0-9]*
}

mkdir -p "$raw"
one tcp-mptcp mptcp tcp
one tcp-fast fast tcp
one link-mptcp mptcp link
one link-fast fast link
one link-rfc rfc link
one udp-fast fast udp
one icmp-fast fast icmp
one tcp-from-fast fast tcp-from
one tcp-to-fast fast tcp-to
one stall-kick fast stall
one stall-nokick fast stall -o reap.tcp_kick=false
PATIENT=1 one oneway-fast fast oneway
many all-rfc rfc all
many oneway-rfc rfc oneway
PATIENT=1 one last-fast fast last
many last-rfc rfc last
if wanted crowd; then
	sh "$HERE/tests/bench/crowd.sh" crowd "${PEERS:-20}"
fi
many tcp-from-rfc rfc tcp-from
many tcp-to-rfc rfc tcp-to
mkdir -p "${SHIM6_LOGS:-/tmp/scenes}/failover"
echo "1 0" >"${SHIM6_LOGS:-/tmp/scenes}/failover/result"
