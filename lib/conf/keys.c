// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of configuration keys: names, types, limits.
 */
#include <string.h>

#include "conf/keys.h"
#include "hal/log.h"

#define FIELD(member)	.offset = offsetof(struct conf, member), .size = sizeof(((struct conf *)NULL)->member)
#define DAY		86400000u	/* ms */

static const struct key_choice log_levels[] = {
	{ "error", HAL_LOG_ERR }, { "warning", HAL_LOG_WARN }, { "notice", HAL_LOG_NOTICE }, { "info", HAL_LOG_INFO },
	{ "debug", HAL_LOG_DEBUG }, { }
};

static const struct key_choice verify[] = {
	{ "required", CONF_VERIFY_REQUIRED }, { "none", CONF_VERIFY_NONE }, { }
};

static const struct key_choice addresses[] = {
	{ "auto", CONF_ADDRESSES_AUTO }, { "off", CONF_ADDRESSES_OFF }, { }
};

static const struct key_choice sources[] = {
	{ "check", CONF_SOURCES_CHECK }, { "install", CONF_SOURCES_INSTALL }, { "off", CONF_SOURCES_OFF }, { }
};

static const struct key_choice attach[] = {
	{ "rules", CONF_ATTACH_RULES }, { "hooks", CONF_ATTACH_HOOKS }, { }
};

static const struct key_choice icmp[] = {
	{ "act", CONF_ICMP_ACT }, { "deliver", CONF_ICMP_DELIVER }, { }
};

static const struct key_choice profile[] = {
	{ "rfc", CONF_PROFILE_RFC }, { "fast", CONF_PROFILE_FAST }, { }
};

static const struct key_choice standby[] = {
	{ "off", CONF_STANDBY_OFF }, { "on", CONF_STANDBY_ON }, { }
};

static const struct key_choice failback[] = {
	{ "stay", CONF_FAILBACK_STAY }, { "prefer-ulid", CONF_FAILBACK_ULID },
	{ "preference", CONF_FAILBACK_PREFERENCE }, { }
};

const struct key conf_keys[] = {
	/* 80: the sockets below it have to fit into sun_path */
	{ "daemon", "rundir", KEY_PATH, FIELD(daemon.rundir), .max = 80 },
	{ "daemon", "statedir", KEY_PATH, FIELD(daemon.statedir), .max = 80 },
	{ "daemon", "group", KEY_NAME, FIELD(daemon.group), .max = 32 },
	{ "daemon", "log_level", KEY_CHOICE, FIELD(daemon.log_level), .choices = log_levels },
	{ "daemon", "debug_port", KEY_U32, FIELD(daemon.debug_port), .max = 65535 },

	{ "security", "verify", KEY_CHOICE, FIELD(security.verify), .choices = verify },
	{ "security", "min_key_bits", KEY_U32, FIELD(security.min_key_bits), .min = 1024, .max = 4096 },
	{ "security", "max_locators", KEY_U32, FIELD(security.max_locators), .min = 1, .max = 32 },
	{ "security", "max_pds", KEY_U32, FIELD(security.max_pds), .max = 1024 },
	{ "security", "allow_prefixes", KEY_PREFIXES, FIELD(security.allow_prefixes) },
	{ "security", "deny_prefixes", KEY_PREFIXES, FIELD(security.deny_prefixes) },
	{ "security", "addresses", KEY_CHOICE, FIELD(security.addresses), .choices = addresses },
	{ "security", "state", KEY_PATH, FIELD(security.state), .max = 80 },

	{ "dataplane", "attach", KEY_CHOICE, FIELD(dataplane.attach), .choices = attach },
	{ "dataplane", "ip6tables", KEY_PROGRAM, FIELD(dataplane.ip6tables), .max = 80 },
	{ "dataplane", "queue_control", KEY_U32, FIELD(dataplane.queue_control), .max = 65535 },
	{ "dataplane", "queue_reap", KEY_U32, FIELD(dataplane.queue_reap), .max = 65535 },
	{ "dataplane", "max_contexts", KEY_U32, FIELD(dataplane.max_contexts), .min = 1, .max = 1u << 24 },
	{ "dataplane", "fork_mark", KEY_U32, FIELD(dataplane.fork_mark), .max = UINT32_MAX },
	{ "dataplane", "icmp", KEY_CHOICE, FIELD(dataplane.icmp), .choices = icmp },

	{ "trigger", "enabled", KEY_BOOL, FIELD(trigger.enabled) },
	{ "trigger", "answer_only", KEY_BOOL, FIELD(trigger.answer_only) },
	{ "trigger", "packets", KEY_U32, FIELD(trigger.packets), .max = UINT32_MAX },
	{ "trigger", "bytes", KEY_U64, FIELD(trigger.bytes), .max = UINT64_MAX },
	{ "trigger", "age", KEY_TIME, FIELD(trigger.age), .max = DAY },
	{ "trigger", "include_prefixes", KEY_PREFIXES, FIELD(trigger.include_prefixes) },
	{ "trigger", "exclude_prefixes", KEY_PREFIXES, FIELD(trigger.exclude_prefixes) },
	{ "trigger", "include_ports", KEY_PORTS, FIELD(trigger.include_ports) },
	{ "trigger", "exclude_ports", KEY_PORTS, FIELD(trigger.exclude_ports) },
	{ "trigger", "include_interfaces", KEY_INTERFACES, FIELD(trigger.include_interfaces) },
	{ "trigger", "exclude_interfaces", KEY_INTERFACES, FIELD(trigger.exclude_interfaces) },

	{ "reap", "profile", KEY_CHOICE, FIELD(reap.profile), .choices = profile },
	{ "reap", "send_timeout", KEY_TIME, FIELD(reap.send_timeout), .min = 1000, .max = 65535000,
	  .advised_min = 10000, .advised_max = 100000, .advice = "RFC 5534 recommends 10..100 s" },
	{ "reap", "initial_probe_timeout", KEY_TIME, FIELD(reap.initial_probe_timeout), .min = 50, .max = 60000 },
	{ "reap", "initial_probes", KEY_U32, FIELD(reap.initial_probes), .min = 1, .max = 32 },
	{ "reap", "max_probe_timeout", KEY_TIME, FIELD(reap.max_probe_timeout), .min = 500, .max = 3600000 },
	{ "reap", "hints", KEY_BOOL, FIELD(reap.hints) },
	{ "reap", "hint_min", KEY_TIME, FIELD(reap.hint_min), .min = 10, .max = 60000 },
	{ "reap", "standby", KEY_CHOICE, FIELD(reap.standby), .choices = standby },
	{ "reap", "standby_interval", KEY_TIME, FIELD(reap.standby_interval), .min = 1000, .max = 3600000 },
	{ "reap", "tcp_kick", KEY_BOOL, FIELD(reap.tcp_kick) },
	{ "reap", "failback", KEY_CHOICE, FIELD(reap.failback), .choices = failback },
	{ "reap", "failback_hold", KEY_TIME, FIELD(reap.failback_hold), .min = 1000, .max = DAY },
	{ "reap", "probe_rate", KEY_U32, FIELD(reap.probe_rate), .max = 1000000 },

	{ "locators", "include_prefixes", KEY_PREFIXES, FIELD(locators.include_prefixes) },
	{ "locators", "exclude_prefixes", KEY_PREFIXES, FIELD(locators.exclude_prefixes) },
	{ "locators", "include_interfaces", KEY_INTERFACES, FIELD(locators.include_interfaces) },
	{ "locators", "exclude_interfaces", KEY_INTERFACES, FIELD(locators.exclude_interfaces) },
	{ "locators", "prefer", KEY_PREFERENCES, FIELD(locators.prefer) },
	{ "locators", "groups", KEY_GROUPS, FIELD(locators.groups) },

	{ "routing", "sources", KEY_CHOICE, FIELD(routing.sources), .choices = sources },
	/* 253 to 255 are default, main and local; 32766 is the rule of main */
	{ "routing", "table", KEY_U32, FIELD(routing.table), .min = 256, .max = 0xfffffff0 },
	{ "routing", "priority", KEY_U32, FIELD(routing.priority), .min = 1, .max = 32764 },

	{ "gc", "idle", KEY_TIME, FIELD(gc.idle), .max = DAY },
};

const unsigned int conf_keys_n = sizeof(conf_keys) / sizeof(conf_keys[0]);

const struct key *conf_key_find(const char *section, const char *name)
{
	for (unsigned int i = 0; i < conf_keys_n; i++)
		if (!strcmp(conf_keys[i].section, section) && !strcmp(conf_keys[i].name, name))
			return &conf_keys[i];
	return NULL;
}
