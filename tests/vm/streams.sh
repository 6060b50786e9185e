# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Sessions between the first ULIDs (A1, B1) that scenes keep an eye on.

# An emulated machine takes a millisecond and more for each time that somebody wakes up.
RATE=${RATE:-20}	# datagrams a second
EVERY=${EVERY:-0.2}	# seconds, a line of ssh's

JUDGE=$HERE/tests/tools/judge.py

# An interactive ssh session from A to B: a line every EVERY, echoed by a program at the other end. Log: NAME.echo
start_ssh_session() { # NAME
	[ -e "$LOGS/B.sshd.bg" ] || start_sshd B || return 1
	# shellcheck disable=SC2086
	bg "$1" ip netns exec A "$STREAMS" echo "$LOGS/$1.echo" --every "$EVERY" -- $SSH -b "$A1" "root@$B1" cat
	wait_for 60 alive "$1.echo"
}

# Numbered datagrams one way, RATE a second. Log: NAME.udp
start_udp_stream() { # NAME FROM-HOST SOURCE TO-HOST DESTINATION PORT [OPTIONS of udp-send]
	us_name=$1 us_from=$2 us_src=$3 us_to=$4 us_dst=$5 us_port=$6
	shift 6
	bg "$us_name-recv" ip netns exec "$us_to" "$STREAMS" udp-recv "$us_dst" "$us_port" "$LOGS/$us_name.udp"
	wait_for 30 udp_listening "$us_to" "$us_port"
	bg "$us_name-send" ip netns exec "$us_from" "$STREAMS" udp-send "$us_src" "$us_dst" "$us_port" --rate "$RATE" "$@"
	wait_for 30 alive "$us_name.udp"
}

# Ends the sender, then the receiver; prints what `streams.py gap` says, lost datagrams counted from all that were sent.
stop_udp_stream() { # NAME
	stop "$1-send"
	us_sent=$(sed -n 's/^sent=\([0-9]*\).*/\1/p' "$LOGS/$1-send.log")
	wait_for 3 udp_complete "$1" "$us_sent" >/dev/null
	stop "$1-recv"
	"$STREAMS" gap "$LOGS/$1.udp" --sent "$us_sent"
}

udp_complete() { # NAME SENT
	[ "$(tail -n 1 "$LOGS/$1.udp" | cut -d' ' -f2)" = $(($2 - 1)) ]
}

udp_listening() { # HOST PORT
	[ -n "$(in_ns "$1" ss -Hlun "sport = :$2")" ]
}

# Something arrived during the last second. Logs carry the monotonic clock, which /proc/uptime shows.
alive() { # LOG
	tail -n 1 "$LOGS/$1" | awk -v up="$(cut -d' ' -f1 /proc/uptime)" 'NF == 2 && up - $1 < 1 { ok = 1 } END { exit !ok }'
}

# The longest silence, in ms.
longest() { # LOG [SINCE]
	awk -v since="${2:-0}" '$1 > since - 0.1 { if (t && $1 - t > g) g = $1 - t; t = $1 } END { printf "%d\n", 1000 * g }' "$LOGS/$1"
}
shorter() { # LOG MS [SINCE]
	echo "$1: $(longest "$1" "${3:-0}") ms"
	[ "$(longest "$1" "${3:-0}")" -lt "$2" ]
}

# The pair in use by HOST, as "LOCAL>PEER".
pair() { # HOST
	debug "$1" dump | sed -n '/^id=/{s/.* loc_local=\([^ ]*\).* loc_peer=\([^ ]*\).*/\1>\2/p;q}'
}

pair_is() { # HOST PATTERN (of case)
	# shellcheck disable=SC2254
	case $(pair "$1") in $2) ;; *) debug "$1" dump; return 1 ;; esac
}

# Both ends agree that all is well.
settled() {
	context_is A ESTABLISHED reap=operational && context_is B ESTABLISHED reap=operational
}
