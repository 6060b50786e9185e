# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 400
# Nothing counts without a proof: failover of sessions whose ULIDs are HBA, CGA and both; then somebody on the path of B,
# and somebody elsewhere, announce what is not theirs, and one of them keeps the signature thread busy.

SECURITY="-o security.addresses=off -o reap.profile=fast -o locators.exclude_prefixes=2001:db8:a1::a/128,2001:db8:a2::a/128,2001:db8:b1::b/128,2001:db8:b2::b/128"
. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

EVIL=2001:db8:c:b2::bad

# Addresses of KIND in both prefixes of a host, of a CGA only in the first; the one in the first is the ULID.
make() { # HOST LETTER KIND: the ULID
	second="--prefix 2001:db8:$2""2::/64"
	[ "$3" != cga ] || second=
	# shellcheck disable=SC2086
	shim6ctl addr generate "$3" --prefix "2001:db8:$2""1::/64" $second --out "/var/lib/shim6-$1" >"$LOGS/$1.$3" || return 1
	i=1
	while read -r address file; do
		ip -n "$1" addr add "$address/64" dev up$i nodad || return 1
		i=$((i + 1))
	done <"$LOGS/$1.$3"
	sed -n '1s/ .*//p' "$LOGS/$1.$3"
}
file_of() { # HOST KIND: the parameters of its ULID
	sed -n '1s/.* //p' "$LOGS/$1.$2"
}
of() { # HOST KEY KIND: the word of the context between the ULIDs of KIND
	context "$1" "$2" "ulid_local=$(ulid "$1" "$3") ulid_peer=$(ulid "$(other "$1")" "$3")"
}
ulid() { sed -n '1s/ .*//p' "$LOGS/$1.$2"; }
other() { [ "$1" = A ] && echo B || echo A; }
members() { # HOST KIND: how many locators of the peer it knows
	of "$1" ls_peer "$2" | tr , '\n' | grep -c .
}
knows() { # HOST KIND NUMBER
	[ "$(of "$1" state "$2")" = ESTABLISHED ] && [ "$(members "$1" "$2")" = "$3" ]
}
leaves_by() { # HOST KIND PREFIX
	case $(of "$1" loc_local "$2") in $3*) ;; *) debug "$1" dump; return 1 ;; esac
}
lie() { # NAMESPACE INTERFACE SOURCE SECONDS LIE=PDS...
	lie_ns=$1 lie_if=$2 lie_src=$3
	shift 3
	in_ns "$lie_ns" "$HERE/tests/tools/liar.py" "$lie_if" "$lie_src" "$(ulid A hba)" $EVIL "$@"
}
told() { # ANSWERS NAMESPACE INTERFACE SOURCE LIE=PDS...
	answers=$1 told_ns=$2 told_if=$3 told_src=$4
	shift 4
	got=$(lie "$told_ns" "$told_if" "$told_src" 0 "$@" | tr '\n' ,)
	[ "$got" = "$answers," ] || { echo "$answers expected, $got came"; return 1; }
}
contexts_of_a() {
	debug A dump | sed 's/ reap=[^ ]*//' | grep ESTABLISHED | sort
}
same_contexts() {
	contexts_of_a >"$LOGS/after"
	diff "$LOGS/before" "$LOGS/after"
}

need "topology" topology
for h in A B; do
	need "$h: a key" give_key /var/lib/shim6-$h $h
	for k in hba cga hybrid; do
		need "$h: addresses of kind $k" make $h "$(lower $h)" $k
	done
done
need "daemons on A" start_daemons A
need "daemons on B" start_daemons B
port=6001
for k in hba cga hybrid; do
	need "$k: a stream" start_udp_stream $k A "$(ulid A $k)" B "$(ulid B $k)" $port
	port=$((port + 1))
	ctl A trigger "$(ulid A $k)" "$(ulid B $k)" >/dev/null
done
# 5 locators each: a set of two, a CGA, another set of two.
check "HBA: the members of the set, at A" wait_for 30 knows A hba 2
check "HBA: ... and at B" wait_for 30 knows B hba 2
check "CGA: all locators, signed, at A" wait_for 30 knows A cga 5
check "CGA: ... and at B" wait_for 30 knows B cga 5
check "HBA and CGA: members by hash and the rest signed, at A" wait_for 30 knows A hybrid 5
check "HBA and CGA: ... and at B" wait_for 30 knows B hybrid 5
check "nobody was refused anything" not counted A proof-list

break_provider PA1
for k in hba cga hybrid; do
	check "$k: provider 1 dies, A leaves it" wait_for 60 leaves_by A $k 2001:db8:a2:
	check "$k: the stream goes on" wait_for 30 alive $k.udp
done
heal_provider PA1

# --- lies --------------------------------------------------------------------------------------------------------------

sleep 1
contexts_of_a >"$LOGS/before"
B_HBA=$(ulid B hba)
f=$(file_of B hba)
check "on the path: a foreign locator: of B's set, as signed, without parameters, with those of somebody else" \
	told "Error 2,Error 2,Error 2,nothing" B up1 "$B_HBA" "hba=$f" "unsigned=$f" "bare=$f" "hba=$(file_of A hba)"
check "on the path: ... with B's parameters and a signature of nobody's" \
	told "Error 2" B up1 "$(ulid B hybrid)" "signed=$(file_of B hybrid)"
# Somebody with an address, and a CGA, of his own.
give_key "$LOGS/evil" other
need "off the path: an address" shim6ctl addr generate cga --prefix 2001:db8:c:b2::/64 --out "$LOGS/evil"
own=$(basename "$LOGS"/evil/*.pds .pds)
ip -n PB2 addr add "$own/64" dev core nodad
check "off the path: a signature of nobody's; somebody's parameters for one's own ULID" \
	told "Error 2,nothing" PB2 core "$own" "signed=$LOGS/evil/$own.pds" "signed=$(file_of B hybrid)"
check "A: no context has changed" same_contexts
for c in proof-not-in-set proof-p-flag proof-signature proof-list proof-pds; do
	check "A counted them: $c" counted A $c
done

# An address that B had for a while, and that somebody else may have now.
bg replay ip netns exec B "$HERE/tests/tools/replay.py" "$(of B ct_peer cga)"
wait_for 60 grep -q watching "$LOGS/replay.log"
ip -n B addr add 2001:db8:b2::77/64 dev up2 nodad
check "on the path: a signed list is recorded" wait_for 60 grep -q kept "$LOGS/replay.log"
check "on the path: ... A believes it" wait_for 30 knows A cga 6
ip -n B addr del 2001:db8:b2::77/64 dev up2
check "on the path: ... and the later one, of which it is no part" wait_for 30 knows A cga 5
finished_well replay
check "on the path: played again, the first is not believed" \
	diff "$LOGS/replay.log" - <<-END
	watching
	kept
	Update Acknowledgement
	Error 3
END
check "on the path: ... A has what B said last" knows A cga 5
check "A counted it: ur-old" counted A ur-old

# --- a flood -----------------------------------------------------------------------------------------------------------

before=$(counter A proof-signature)
bg flood lie PB2 core "$own" 6 "signed=$LOGS/evil/$own.pds"
check "a flood of I2 with bad signatures: they are looked at" wait_for 120 counted A proof-signature $((before + 50))
for k in hba cga hybrid; do
	check "a flood: $k goes on" alive $k.udp
done
ctl B trigger "$(ulid B cga)" "$(ulid A hybrid)" >/dev/null
established() {
	[ "$(context A state "ulid_local=$(ulid A hybrid) ulid_peer=$(ulid B cga)")" = ESTABLISHED ]
}
check "a flood: another peer gets its context" wait_for 20 established
finished_well flood
for k in hba cga hybrid; do
	echo "    $k: $(stop_udp_stream $k)"
done
finish
