# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 7000
# make bench-failover: how long nothing gets through, for MPTCP and for both profiles of shim6.  Not a test.  CASES limits
# what is measured, REPS the repetitions of a row.

set -u
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd -P)
reps=${REPS:-30}
slow=${SLOW_REPS:-5}	# of each of the parallel copies of a row with RFC 5534's timers
copies=6

one() { # NAME PROFILE ROW [OPTIONS of the daemons...]
	case " ${CASES:-$1} " in *" $1 "*) ;; *) return ;; esac
	name=$1 profile=$2 row=$3
	shift 3
	sh "$HERE/tests/bench/failover.sh" "$name" "$profile" "$reps" "$row" "$@"
}

# Timers of 15 s leave the machine idle: several copies of the two hosts at once, each in a /run of its own.
many() { # NAME PROFILE ROW
	case " ${CASES:-$1} " in *" $1 "*) ;; *) return ;; esac
	for i in $(seq $copies); do
		unshare -m sh -c 'mount -t tmpfs run /run && mkdir /run/netns && exec sh "$0" "$@"' \
			"$HERE/tests/bench/failover.sh" "$1.$i" "$2" "$slow" "$3" &
	done
	wait
	cat "$HERE/build/out/failover/$1".[0-9] >"$HERE/build/out/failover/$1"
	rm -f "$HERE/build/out/failover/$1".[0-9]
}

mkdir -p "$HERE/build/out/failover"
one tcp-mptcp mptcp tcp
one tcp-fast fast tcp
one link-mptcp mptcp link
one link-fast fast link
one udp-fast fast udp
one icmp-fast fast icmp
one oneway-fast fast oneway
one tcp-from-fast fast tcp-from
one tcp-to-fast fast tcp-to
one stall-kick fast stall
one stall-nokick fast stall -o reap.tcp_kick=false
many tcp-rfc rfc tcp
many udp-rfc rfc udp
many icmp-rfc rfc icmp
many oneway-rfc rfc oneway
many tcp-from-rfc rfc tcp-from
many tcp-to-rfc rfc tcp-to
one link-rfc rfc link
mkdir -p "${SHIM6_LOGS:-/tmp/scenes}/failover"
echo "1 0" >"${SHIM6_LOGS:-/tmp/scenes}/failover/result"
