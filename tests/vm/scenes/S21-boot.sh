# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 200
# How a host starts shim6 at boot: the init script, and systemd with the units as they are installed. Both with the default
# run directory and, but for its trigger, the default configuration.

SECURITY=" "			# verify = required, the default
. "${0%/*}/../lib.sh"

rules() { # how many lines of the mangle table name us
	in_ns A ip6tables -t mangle -S | grep -c SHIM6
}
fails() { # PATTERN COMMAND...: not with success, and it says why
	pattern=$1
	shift
	"$@" >"$LOGS/output" 2>&1 && return 1
	grep -Eq -- "$pattern" "$LOGS/output" || { cat "$LOGS/output"; return 1; }
}
pid_of() { cat "/run/shim6/$1.pid"; }
status_word() { # JSON-EXPRESSION over o
	in_ns A shim6ctl --json status | python3 -IS -c 'import json, sys; o = json.load(sys.stdin); sys.exit(not eval(sys.argv[1]))' "$1"
}

need "topology" topology
cp /etc/shim6/shim6.conf "$LOGS/shim6.conf"
printf 'trigger { packets = 5 }\n' >>/etc/shim6/shim6.conf
need "daemons on B" start_daemons B

# --- /etc/init.d/shim6 ----------------------------------------------------------------------------------------------

init() { in_ns A /etc/init.d/shim6 "$@"; }
need "start" init start
check "status: both run" init status
check "reapd is connected, shim6d has its rules" status_word 'o["reapd"]["connected"]'
check "... rules are there" test "$(rules)" -gt 0
before="$(pid_of reapd) $(pid_of shim6d)"
check "start again is no mistake" init start
check "... and changes nothing" test "$(pid_of reapd) $(pid_of shim6d)" = "$before"
check "the work is done: a context after five packets" in_ns A ping -6 -q -c 8 -i 0.2 -I $A1 $B1
check "... is there" wait_for 20 sh -c "ip netns exec A shim6ctl contexts | grep -q ESTABLISHED"
check "reload" init reload
check "restart" init restart
check "... are others" test "$(pid_of reapd) $(pid_of shim6d)" != "$before"
check "... status" init status
check "stop" init stop
check "... leaves no rule" test "$(rules)" = 0
check "... and no socket" test -z "$(ls /run/shim6/*.sock 2>/dev/null)"
check "status: 3, not running" sh -c 'ip netns exec A /etc/init.d/shim6 status; test $? = 3'
echo 'reap { send_timeout = soon }' >>/etc/shim6/shim6.conf
line=$(wc -l </etc/shim6/shim6.conf)
check "a mistake in the file stops the start, with its line" fails "shim6.conf:$line: reap.send_timeout" init start
sed -i '$d' /etc/shim6/shim6.conf
check "a word it does not know: usage" fails 'Usage: .*start' init begin

# --- systemd ------------------------------------------------------------------------------------------------------

# The real one as the first process of a container, with our units and, of the system's, only the targets that
# they and every service name: what else this host starts at boot is no part of the test.
check "systemctl enable finds the units" systemctl enable shim6
check "... and they are part of the boot" ls /etc/systemd/system/multi-user.target.wants/shim6.service
units=$LOGS/units
mkdir -p "$units"
cp /usr/local/lib/systemd/system/reapd.service /usr/local/lib/systemd/system/shim6*.service "$units/"
for t in boot sysinit basic shutdown network-pre; do
	printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' $t >"$units/$t.target"
done
# shellcheck disable=SC2016
bg systemd ip netns exec A unshare --pid --mount --cgroup --fork --kill-child sh -c '
	mount -t proc proc /proc && mount -t tmpfs run /run && mount -t cgroup2 cgroup /sys/fs/cgroup &&
	exec env -i PATH="$PATH" container=vm SYSTEMD_UNIT_PATH="$1" /lib/systemd/systemd --system --unit=boot.target --log-target=console' \
	- "$units"
inside() { # COMMAND...
	nsenter -t "$(pgrep -f '^/lib/systemd/systemd --system')" --pid --mount --net -- "$@"
}
need "systemd is up" wait_for 60 sh -c "$(command -v nsenter) -t \$(pgrep -f '^/lib/systemd/systemd --system') -p -m -n systemctl show -p Version"
property() { # UNIT PROPERTY
	inside systemctl show -P "$2" "$1"
}
process() { # UNIT FIELD: of its process' status
	inside sed -n "s/^$2:[[:space:]]*//p" "/proc/$(property "$1" MainPID)/status"
}
is() { # UNIT PROPERTY VALUE
	[ "$(property "$1" "$2")" = "$3" ] || { property "$1" "$2"; inside systemctl status "$1"; return 1; }
}

reloaded() { # systemd has run ExecReload of both
	not sh -c "echo '$(property reapd ExecReload) $(property shim6d ExecReload)' | grep -q 'pid=0'"
}

need "systemctl start shim6d" inside systemctl start shim6d
check "reapd came with it" is reapd ActiveState active
check "stop of one leaves the other alone" inside systemctl stop shim6d
check "... which still runs" is reapd ActiveState active
check "/etc/init.d/shim6 stop" inside /etc/init.d/shim6 stop
check "... has systemd stop the units" is reapd ActiveState inactive
need "/etc/init.d/shim6 start" inside /etc/init.d/shim6 start
check "... has systemd start the units" is shim6d ActiveState active
check "... both" is reapd ActiveState active
check "... status" inside /etc/init.d/shim6 status
check "start returned when it was ready: the control socket answers" inside shim6ctl status
check "... with reapd" wait_for 20 inside sh -c 'shim6ctl status | grep -q "reapd *connected"'
check "... rules are there" test "$(rules)" -gt 0
check "shim6d: CAP_NET_ADMIN and CAP_NET_RAW, no more" test "$(process shim6d CapEff)" = 0000000000003000
check "reapd: the same" test "$(process reapd CapEff)" = 0000000000003000
check "... and no way to others" test "$(process shim6d NoNewPrivs)$(process reapd NoNewPrivs)" = 11
check "a key is made" wait_for 60 test -s /var/lib/shim6/key.pem
check "... where StateDirectory is, for nobody else" test "$(stat -c %a /var/lib/shim6) $(stat -c %a /var/lib/shim6/key.pem)" = "700 600"
check "a context after five packets" in_ns A ping -6 -q -c 8 -i 0.2 -I $A1 $B1
check "... is there" wait_for 20 inside sh -c 'shim6ctl contexts | grep -q ESTABLISHED'
inside systemctl kill -s KILL shim6d
check "killed: systemd starts it again" wait_for 30 is shim6d NRestarts 1
check "... it is ready" wait_for 30 is shim6d SubState running
check "... and has the context" wait_for 10 inside sh -c 'shim6ctl contexts | grep -q ESTABLISHED'
inside systemctl kill -s KILL reapd
check "the same with reapd" wait_for 30 is reapd NRestarts 1
check "... it is ready" wait_for 30 is reapd SubState running
check "... shim6d found it again" wait_for 20 inside sh -c 'shim6ctl status | grep -q "reapd *connected"'
check "/etc/init.d/shim6 reload" inside /etc/init.d/shim6 reload
check "... reaches both" wait_for 10 reloaded
check "stop" inside systemctl stop shim6
check "... both, in order" is shim6d Result success
check "... reapd, too" is reapd ActiveState inactive
check "/etc/init.d/shim6 status: 3, not running" inside sh -c '/etc/init.d/shim6 status; test $? = 3'
check "... leaves no rule" test "$(rules)" = 0
echo 'reap { send_timeout = soon }' >>/etc/shim6/shim6.conf
check "a mistake in the file: the start fails" not inside /etc/init.d/shim6 start
check "... a unit that says so" is shim6d Result exit-code
cp "$LOGS/shim6.conf" /etc/shim6/shim6.conf
systemctl disable shim6
finish
