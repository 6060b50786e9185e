#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What proofs cost beside openssl speed, measured in the same run: build/bench/crypto.json and a table.
# usage: tests/bench/crypto.sh [SECONDS]	of each of five rounds of a figure; default 1

set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-1}
out=build/bench
mkdir -p $out
: >$out/openssl-speed.txt
openssl speed -mr -seconds "$seconds" rsa2048 2>/dev/null >>$out/openssl-speed.txt
for octets in 64 128 192 256 320 384 448; do
	openssl speed -mr -seconds "$seconds" -bytes $octets -evp sha1 2>/dev/null >>$out/openssl-speed.txt
done
rc=0
$out/crypto $out/openssl-speed.txt "$seconds" >$out/crypto.json.new || rc=$?
mv $out/crypto.json.new $out/crypto.json
exit $rc
