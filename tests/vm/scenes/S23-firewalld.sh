# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Beside firewalld, which is started, reloaded and ended while a session is shimmed.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

FAST="-o reap.send_timeout=3"
ours() {
	in_ns A ip6tables -t mangle -S SHIM6_OUT | grep -q -- '-j SHIM6'
}

need "topology" topology
# shellcheck disable=SC2086
need "daemons on A" start_daemons A $FAST
# shellcheck disable=SC2086
need "daemons on B" start_daemons B $FAST
need "ssh session" start_ssh_session ssh
need "context" wait_for 40 settled
break_provider PA1
need "shimmed" wait_for 60 pair_is A "$A2>*"
bg open ip netns exec A nc -6 -l -k 4444
reached() { in_ns B nc -6 -z -w 3 $A2 4444; }
need "a port that is open" wait_for 20 reached
need "firewalld is there (scripts/managers)" test -e "$HERE/build/managers/root/usr/sbin/firewalld"
tar -C "$HERE/build/managers/root" -c etc usr var | tar -C / -x --keep-directory-symlink
# As its package does it: without an action of its own, polkit refuses everything.
ln -sf org.fedoraproject.FirewallD1.server.policy.choice \
	/usr/share/polkit-1/actions/org.fedoraproject.FirewallD1.policy
system_users messagebus polkitd
mkdir -p /run/dbus
bg dbus dbus-daemon --system --nofork --nopidfile
wait_for 20 test -S /run/dbus/system_bus_socket
bg firewalld ip netns exec A /usr/bin/python3 /usr/sbin/firewalld --nofork --nopid
fw() {
	in_ns A /usr/bin/python3 /usr/bin/firewall-cmd "$@"
}
need "firewalld runs" wait_for 60 fw --state
check "the port is open no more" not reached
check "the shimmed session goes on" wait_for 20 alive ssh.echo
check "ours is there" wait_for 20 ours
check "reload" fw --reload
check "... and ours is there" wait_for 20 ours
check "complete reload" fw --complete-reload
check "... and ours is there" wait_for 20 ours
check "the session goes on" wait_for 20 alive ssh.echo
heal_provider PA1
break_provider PA2
check "exploration passes it" wait_for 60 pair_is A "$A1>*"
check "the session goes on behind it" wait_for 20 alive ssh.echo
check "firewalld ends" stop firewalld
stop dbus
check "the session is the same" running ssh
finish
