# SPDX-License-Identifier: GPL-2.0-or-later
# One case of make bench-failover, inside the virtual machine: failover.sh NAME PROFILE REPS ROW [OPTIONS of the daemons...]
# PROFILE: mptcp, or one of shim6's.  Gaps in ms go to build/out/failover/NAME, one a line.

case_name=$1 profile=$2 reps=$3 row=$4
shift 4
HERE=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
SHIM6_LOGS=/tmp/failover-$case_name
export SHIM6_LOGS
. "$HERE/tests/vm/lib.sh"
export LOGS
mkdir -p "$HERE/build/out/failover"

need "$case_name: topology" topology
if [ "$profile" = mptcp ]; then
	set -- --mptcp
else
	need "$case_name: daemons on A" start_daemons A -o reap.profile="$profile" "$@"
	need "$case_name: daemons on B" start_daemons B -o reap.profile="$profile" "$@"
	set --
fi
OUT=$HERE/build/out/failover/$case_name; export OUT
check "$case_name: $reps repetitions" sh -c '"$0" "$@" >"$OUT"' "$HERE/tests/bench/reps.py" "$row" --reps "$reps" "$@" ||
	cp -r "$LOGS" "$HERE/build/out/failover/" 2>/dev/null
finish
