# SPDX-License-Identifier: GPL-2.0-or-later
# One case of make bench-failover, inside the virtual machine: failover.sh CASE PROFILE REPS ROW [OPTIONS of daemons...]
# PROFILE: mptcp, or one of shim6's.  Lines "KIND MS" go to build/out/failover/raw/CASE; reps.py says which.
# PATIENT=1: what lasts seconds is measured; EVERY=S: with a request every so many.  DEBUG=1 keeps the daemons' debug
# logs and captures beside them.

case_name=$1 profile=$2 reps=$3 row=$4
shift 4
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
SHIM6_LOGS=/tmp/failover-$case_name
export SHIM6_LOGS
. "$HERE/tests/vm/lib.sh"
export LOGS
raw=$HERE/build/out/failover/raw
mkdir -p "$raw"

need "$case_name: topology" topology
if [ "$profile" = mptcp ]; then
	set -- --mptcp
else
	need "$case_name: daemons on A" start_daemons A -o reap.profile="$profile" ${DEBUG:+-d} "$@"
	need "$case_name: daemons on B" start_daemons B -o reap.profile="$profile" ${DEBUG:+-d} "$@"
	set -- ${PATIENT:+--patient} ${EVERY:+--every $EVERY}
fi
[ -z "${DEBUG:-}" ] || for h in A B; do
	capture "$h.wire" $h any ip6
done
check "$case_name: $reps repetitions" sh -c 'out=$1; shift; exec "$@" >"$out" 2>"$LOGS/reps.log"' - \
	"$raw/$case_name" "$HERE/tests/bench/reps.py" "$row" --reps "$reps" "$@" || tail -n 3 "$LOGS/reps.log"
if [ $failed != 0 ] || [ -n "${DEBUG:-}" ]; then
	rm -rf "$raw/$case_name.logs"
	cp -r "$LOGS" "$raw/$case_name.logs"
fi
finish
