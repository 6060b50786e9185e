/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What shim6ctl (or any program of the operator) and shim6d say to each other.
 *
 * Frames of hal/ipc.h on RUNDIR/shim6d.sock, where shim6d listens for root and the group "shim6".  Bodies are JSON
 * text (UTF-8, no NUL at the end), one object a frame.  The client sends SHIM6_CTL_REQUEST frames:
 *
 *	{"cmd": "contexts", "id": 3}
 *
 * and shim6d answers each with SHIM6_CTL_REPLY frames that carry the request's seq.  All but the last have
 * HAL_IPC_F_MORE; each of those is one item of the answer.  The last is {"ok": true, ...} or {"ok": false,
 * "error": "text for people", "errno": "ENOENT"}.  Requests are answered in their order, monitor excepted, which
 * goes on until the connection ends.  Unknown members are ignored by both sides, so that members can be added;
 * members are never renamed. An unknown command is answered with the error "unknown command".
 *
 * Conventions: addresses are strings; tags are strings of "0x" and 12 hex digits; ages and times are integers of
 * milliseconds; states are the names of the RFCs.  null: not known (reapd absent, tag not yet learnt).
 */
#ifndef SHIM6_CTL_H
#define SHIM6_CTL_H

#define SHIM6_CTL_SOCKET	"shim6d.sock"

/* Frame types */
enum {
	SHIM6_CTL_REQUEST	= 1,	/* client to shim6d */
	SHIM6_CTL_REPLY		= 2,	/* shim6d to client */
};

/*
 * --- status: no arguments; the last object carries the answer
 *
 *	{"ok": true, "version": "0.1.0", "pid": 123, "uptime": 5000, "config": "/etc/shim6/shim6.conf",
 *	 "attach": "rules" | "hooks", "ip6tables": "ip6tables", "verify": "none" | "required",
 *	 "answer_only": false, "module": "0.1.0" | null, "kernel_contexts": 2, "max_contexts": 65536,
 *	 "queue_control": 1, "queue_reap": 2, "reapd": {"connected": true, "pid": 124},
 *	 "contexts": 2, "states": {"ESTABLISHED": 1, "I1-SENT": 1},
 *	 "locators": 2, "warnings": ["security.verify = none: locators of peers are not verified", ...]}
 *
 * --- contexts: optional "id" (integer); an item a context, in the order of ids
 *
 *	{"id": 3, "state": "ESTABLISHED", "ulid_local": "2001:db8:1::1", "ulid_peer": "...", "fii": 0,
 *	 "ct_local": "0x0123456789ab", "ct_peer": "0x..." | null, "loc_local": "...", "loc_peer": "...",
 *	 "shimmed": false,			(current pair differs from the ULIDs)
 *	 "reap": "operational" | "exploring" | "inboundok" | null,
 *	 "ls_local": [LOC, ...], "ls_peer": [LOC, ...], "gen_local": 1, "gen_peer": 1, "ka_timeout": 15000,
 *	 "update_pending": false, "triggered": true,	(we began it)
 *	 "age": 61000,				(since it came to be)
 *	 "since": 60000,			(since the last change of state)
 *	 "tx_age": 12 | null, "rx_age": 13 | null, "flows": 1 | null}
 *	LOC: {"addr": "...", "flags": ["broken", "temporary"], "prio": 1, "weight": 1, "verify": "none" | "hba" | "cga"}
 *
 *	With "id": error "no such context", errno ENOENT.
 *
 * --- trigger: "local", "peer" (addresses, the ULIDs), optional "fii" (0), "fork": true (a free FII), "force"
 *	(false: a hold-down or answer-only refuses).  {"ok": true, "id": 3, "state": "I1-SENT", "fii": 0, "mark": 0};
 *	the exchange goes on afterwards.  Packets with that mark take the fork (dataplane.fork_mark; 0: no mark does).
 * --- delete: "id", or "local" and "peer" (and "fii"); {"ok": true, "id": 3}
 * --- move: "id", or "local" and "peer" (and "fii"); "loc_local", "loc_peer"; the pair is used from when it is found to
 *	work.  {"ok": true, "id": 3}
 * --- update: "id"; sends an Update Request now; {"ok": true, "id": 3}
 * --- standby: "id", or "local" and "peer" (and "fii"); "standby": "on" | "off" | "default" (as reap.standby says): keep
 *	another pair of the context verified.  {"ok": true, "id": 3}
 *
 * --- stats: an item a counter
 *	{"source": "kernel" | "shim6d" | "reapd", "name": "in_no_context", "value": 17, "text": "a sentence"}
 *	A source that does not answer is named in the last object: {"ok": true, "missing": ["reapd"]}
 *
 * --- locators: an item a local address that is, or could be, a locator
 *	{"addr": "...", "prefixlen": 64, "ifindex": 2, "ifname": "eth0", "usable": true, "default_route": true,
 *	 "deprecated": false, "announced": true, "proven": true, "flags": [], "prio": 1,
 *	 "weight": 1, "group": 0, "why": "" | "excluded by locators.exclude"}
 *
 * --- prefer: "entry", text as in locators.prefer; it counts more than the configuration until shim6d ends.  {"ok": true}
 * --- forget: optional "prefix" of such an entry; without it all are taken back.  {"ok": true}
 *
 * --- addresses: an item a stored address of our own (security.state)
 *	{"addr": "...", "kind": "hba" | "cga" | "hybrid", "sec": 0, "collisions": 0,
 *	 "state": "installed" | "deprecated" | "tentative" | "absent" | "collision" | "removed",
 *	 "ifname": "eth0" | null, "valid": 3600 | null, "preferred": ... (seconds; null: for ever, or not installed),
 *	 "route": "right" | "wrong" | "installed" | "unknown",	(how packets from its prefix leave)
 *	 "file": "2001:db8::1.pds"}
 *	The last object: SUMMARY = {"ok": true, "directory": "/var/lib/shim6", "automatic": true, "removed": false,
 *	 "key_bits": 2048 (0: no key), "making_key": false, "missing": 0 (prefixes that an address is to be made for)}
 * --- addr-install: no arguments; read security.state again, install what is there; undoes addr-remove; SUMMARY
 * --- addr-remove: optional "forget" (false); take all own addresses and their routing off the host, and with "forget"
 *	delete key and parameters; SUMMARY
 *
 * --- monitor: items until the client closes; first, unless "quiet": true, the "locators" of now and a "context" for each
 *	{"event": "context", "time": 12345, "change": "new" | "state" | "pair" | "locators" | "gone" | "present",
 *	 "old_state": "I1-SENT", "why": "R2 received", "context": CONTEXT}
 *	{"event": "reap", "time": ..., "id": 3, "ct_local": "0x...", "state": "exploring", "old_state": "operational",
 *	 "why": "..."}
 *	{"event": "reapd", "time": ..., "connected": true | false}
 *	{"event": "locators", "time": ..., "announced": ["...", ...]}
 *	"time" is shim6d's monotonic clock.  A monitor that does not read is disconnected.
 */

#endif /* SHIM6_CTL_H */
