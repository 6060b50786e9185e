/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration that both daemons read: one file (libconfuse syntax), and overrides from the command line.  Every
 * key is documented in shim6.conf(5) and in etc/shim6.conf.
 *
 * struct conf owns no memory beyond itself: it can be copied, compared and thrown away.  Times are milliseconds.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_FILE	"/etc/shim6/shim6.conf"
#define CONF_LIST_MAX	64			/* entries of any list */
#define CONF_PATH_MAX	96			/* leaves room for a file name in sun_path */
#define CONF_NAME_MAX	64

struct conf_prefix {
	struct in6_addr addr;			/* bits after len are zero */
	uint8_t len;
};

struct conf_prefixes {
	unsigned int n;
	struct conf_prefix p[CONF_LIST_MAX];
};

struct conf_port {
	uint8_t proto;				/* IPPROTO_*, 0: any */
	uint16_t first, last;
};

struct conf_ports {
	unsigned int n;
	struct conf_port p[CONF_LIST_MAX];
};

/* Interface names; a name ending in "*" stands for all that begin so. */
struct conf_names {
	unsigned int n;
	char name[CONF_LIST_MAX][16];
};

/* Locators inside @prefix are announced so (RFC 5533, 5.15.3); priority and weight have the meaning of RFC 2782. */
struct conf_preference {
	struct conf_prefix prefix;
	uint8_t priority, weight;
	uint8_t flags;				/* SHIM6_LOC_* */
};

struct conf_preferences {
	unsigned int n;
	struct conf_preference p[CONF_LIST_MAX];
};

/* Disjoint sets of locators (RFC 5533, 2.2): a context is told of those in the group of its ULID. */
#define CONF_GROUP_MAX	8			/* prefixes of a group */
struct conf_group {
	unsigned int n;
	struct conf_prefix p[CONF_GROUP_MAX];
};

struct conf_groups {
	unsigned int n;
	struct conf_group g[CONF_LIST_MAX];
};

enum conf_icmp { CONF_ICMP_ACT, CONF_ICMP_DELIVER };
enum conf_verify { CONF_VERIFY_REQUIRED, CONF_VERIFY_NONE };
enum conf_addresses { CONF_ADDRESSES_AUTO, CONF_ADDRESSES_OFF };
enum conf_sources { CONF_SOURCES_CHECK, CONF_SOURCES_INSTALL, CONF_SOURCES_OFF };
enum conf_attach { CONF_ATTACH_RULES, CONF_ATTACH_HOOKS };
enum conf_profile { CONF_PROFILE_RFC, CONF_PROFILE_FAST };
enum conf_standby { CONF_STANDBY_OFF, CONF_STANDBY_ON };
enum conf_failback { CONF_FAILBACK_STAY, CONF_FAILBACK_ULID, CONF_FAILBACK_PREFERENCE };

struct conf {
	struct {
		char rundir[CONF_PATH_MAX];	/* sockets, pid files */
		char statedir[CONF_PATH_MAX];	/* shim6d.state; rundir unless given */
		char group[CONF_NAME_MAX];	/* may use the debug port and the control sockets */
		int log_level;			/* enum hal_log_level */
		uint32_t debug_port;		/* UDP port of shim6d on the loopback addresses, 0: off */
	} daemon;
	struct {
		int verify;			/* enum conf_verify */
		uint32_t min_key_bits;		/* of RSA keys of peers that sign */
		uint32_t max_locators;		/* of a peer's list */
		uint32_t max_pds;		/* octets of a peer's CGA parameters */
		struct conf_prefixes allow_prefixes, deny_prefixes;	/* of peers' ULIDs and locators */
		int addresses;			/* enum conf_addresses: make and install own addresses */
		char state[CONF_PATH_MAX];	/* directory of their parameters and the key; common/cgadir.h */
	} security;
	struct {
		int attach;			/* enum conf_attach */
		char ip6tables[CONF_PATH_MAX];	/* path or name; "-restore" is appended to it */
		uint32_t queue_control;		/* NFQUEUE of shim6d */
		uint32_t queue_reap;		/* NFQUEUE of reapd */
		uint32_t max_contexts;
		uint32_t fork_mark;		/* bits of a packet's mark that are the FII of its context, 0: none */
		int icmp;			/* enum conf_icmp (RFC 5533, 8) */
	} dataplane;
	struct {
		bool enabled;			/* reapd watches flows at all */
		bool answer_only;		/* never begin an exchange, only answer */
		uint32_t packets;		/* a pair wants a context from so many packets on, 0: not by packets */
		uint64_t bytes;			/* ..., 0: not by octets */
		uint32_t age;			/* ms, ..., 0: not by age */
		struct conf_prefixes include_prefixes, exclude_prefixes;
		struct conf_ports include_ports, exclude_ports;
		struct conf_names include_interfaces, exclude_interfaces;
	} trigger;
	struct {
		int profile;			/* enum conf_profile: defaults of the others */
		uint32_t send_timeout;		/* ms (RFC 5534, 7) */
		uint32_t initial_probe_timeout;	/* ms */
		uint32_t initial_probes;
		uint32_t max_probe_timeout;	/* ms */
		bool hints;			/* signs of trouble start a probe before the Send Timeout */
		uint32_t hint_min;		/* ms of silence that is no sign yet, however fast the pair was */
		int standby;			/* enum conf_standby: keep another pair verified */
		uint32_t standby_interval;	/* ms between probes of it */
		bool tcp_kick;			/* TCP senders that wait retransmit when the pair has changed */
		int failback;			/* enum conf_failback */
		uint32_t failback_hold;		/* ms that a better pair has to work before it is gone back to */
		uint32_t probe_rate;		/* Probes a second of this host, 0: no limit */
	} reap;
	struct {
		struct conf_prefixes include_prefixes, exclude_prefixes;
		struct conf_names include_interfaces, exclude_interfaces;
		struct conf_preferences prefer;
		struct conf_groups groups;
	} locators;
	struct {
		int sources;			/* enum conf_sources: packets of each prefix leave by its own uplink */
		uint32_t table;			/* first of the tables for it */
		uint32_t priority;		/* of the rules for it: this number and the next */
	} routing;
	struct {
		uint32_t idle;			/* ms without traffic and without flows; 0: contexts are kept */
	} gc;
};

/* Receives what is to be told about a configuration: one line without newline, FILE:LINE: or -o KEY=VALUE: in front. */
typedef void (*conf_say_fn)(void *arg, bool error, const char *text);

void conf_default(struct conf *c);
/* The defaults of section reap in a profile (enum conf_profile). */
void conf_default_profile(struct conf *c, int profile);

/*
 * Fill @c: defaults, then @file, then the @n overrides ("section.key=value"; members of a list are separated by
 * commas), as hal_daemon_args() gives them.
 * A file that does not exist is an error only if @must_exist.  Every error and warning goes to @say.  Returns 0,
 * or -1 after at least one error; *@c is then unspecified.
 */
int conf_load(struct conf *c, const char *file, bool must_exist, const char *const *overrides, unsigned int n,
	      conf_say_fn say, void *arg);

/* Set one key from text, with the checks of the file.  @where stands before messages.  0 or -1. */
int conf_set(struct conf *c, const char *section, const char *key, const char *value, const char *where,
	     conf_say_fn say, void *arg);

/* The names "section.key" of keys that differ between @a and @b, comma-separated, into @buf.  Returns their number. */
unsigned int conf_diff(const struct conf *a, const struct conf *b, char *buf, size_t size);

bool conf_prefix_match(const struct conf_prefix *p, const struct in6_addr *a);
bool conf_prefixes_match(const struct conf_prefixes *l, const struct in6_addr *a);
bool conf_names_match(const struct conf_names *l, const char *name);
bool conf_ports_match(const struct conf_ports *l, uint8_t proto, uint16_t port);

/* A flow as the trigger policy sees it.  Ports in host byte order, 0 without ports; @interface may be NULL. */
struct conf_flow {
	struct in6_addr local, peer;
	uint8_t proto;
	uint16_t local_port, peer_port;
	const char *interface;			/* that carries @local */
};

/*
 * True if the include and exclude lists of section trigger let the flow count.  Exclusion wins; an empty include list
 * includes all; prefixes and ports match on either end.
 */
bool conf_flow_wanted(const struct conf *c, const struct conf_flow *f);

/* True if an address on @interface may be announced as a locator, by the lists of section locators. */
bool conf_locator_wanted(const struct conf *c, const struct in6_addr *a, const char *interface);

/* The entry of @l with the longest prefix that holds @a, or NULL. */
const struct conf_preference *conf_preference_find(const struct conf_preferences *l, const struct in6_addr *a);

/*
 * Put the entry that @text describes, as in locators.prefer, into @l, in place of an older one of the same prefix.
 * 0, or -1 with a sentence in @why.
 */
int conf_preference_set(struct conf_preferences *l, const char *text, char *why, size_t size);
/* Take the entry of exactly this prefix out of @l; 0, or -1 with a sentence in @why. */
int conf_preference_remove(struct conf_preferences *l, const char *prefix, char *why, size_t size);

/* The group of a local locator: number of the entry of locators.groups with the longest prefix, from 1; 0: none. */
unsigned int conf_locator_group(const struct conf *c, const struct in6_addr *a);

/* True if @a may be a peer's ULID or locator, by section security.  Denial wins; an empty allow list allows. */
bool conf_peer_allowed(const struct conf *c, const struct in6_addr *a);

#endif /* CONF_CONF_H */
