#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rule tables of this folder, against both kinds of ip6tables, each in a network namespace of its own.
# Runs in the virtual machine, as it needs the modules.

set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/kmod/load.sh
load_modules || { echo "not ok: cannot load the modules: make modules"; exit 1; }
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for program in ip6tables-nft ip6tables-legacy; do
	unshare -n python3 tests/xt/run.py $program 2>&1 | tee "$log" | grep -v " passed, "
	read -r p _ f _ <<-END
		$(grep ' passed, ' "$log" || echo 0 passed, 1 failed)
	END
	passed=$((passed + p))
	failed=$((failed + f))
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
