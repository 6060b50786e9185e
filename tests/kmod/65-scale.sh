# SPDX-License-Identifier: GPL-2.0-or-later
# Many contexts: none is forgotten by a dump, none is left by a flush, while the tables grow and shrink.  make bench
# has a million.
load_modules
scale=20000
genl A param max_contexts=1000000
for n in first second; do
	check "$scale contexts, $n time" A python3 -IS tests/kmod/torture.py fill $scale $A1
	check "$scale contexts, $n time: all are there" says "contexts=$scale" genl A info
	check "$scale contexts, $n time: a dump has each" equal "$(genl A dump | cut -d' ' -f1 | sort -u | wc -l)" $scale
	check "$scale contexts, $n time: flush" genl A flush
	check "$scale contexts, $n time: none is left" equal "$(genl A dump | wc -l)" 0
done
check "$scale contexts: the count agrees" says " contexts=0" genl A info
