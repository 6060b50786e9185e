// SPDX-License-Identifier: GPL-2.0-or-later
/* The message types, their fixed parts and options, and what everything is called. */
#include "proto/wire.h"
#include "proto/wire_layout.h"

#define VALIDATOR	S6_OPT_BIT(SHIM6_OPT_VALIDATOR)
#define CONTEXT	(S6_OPT_BIT(SHIM6_OPT_ULID_PAIR) | S6_OPT_BIT(SHIM6_OPT_FII))
/* RFC 5534, 5.3 adds the Keepalive Timeout to the very messages that carry locators. */
#define LOCATORS	(S6_OPT_BIT(SHIM6_OPT_LOCATORS) | S6_OPT_BIT(SHIM6_OPT_PREFS) | \
			 S6_OPT_BIT(SHIM6_OPT_CGA_PDS) | S6_OPT_BIT(SHIM6_OPT_CGA_SIG) | \
			 S6_OPT_BIT(SHIM6_OPT_KA_TIMEOUT))

static const struct s6_layout layouts[] = {
	/* type			min	allowed				required	name */
	{ SHIM6_I1,		16,	CONTEXT,			0,		"I1" },
	{ SHIM6_R1,		16,	VALIDATOR,			VALIDATOR,	"R1" },
	{ SHIM6_I2,		24,	VALIDATOR | CONTEXT | LOCATORS,	VALIDATOR,	"I2" },
	{ SHIM6_R2,		16,	LOCATORS,			0,		"R2" },
	{ SHIM6_R1BIS,		16,	VALIDATOR,			VALIDATOR,	"R1bis" },
	{ SHIM6_I2BIS,		32,	VALIDATOR | CONTEXT | LOCATORS,	VALIDATOR,	"I2bis" },
	{ SHIM6_UPDATE_REQ,	16,	LOCATORS,			0,		"Update Request" },
	{ SHIM6_UPDATE_ACK,	16,	0,				0,		"Update Acknowledgement" },
	{ SHIM6_KEEPALIVE,	16,	0,				0,		"Keepalive" },
	{ SHIM6_PROBE,		16,	0,				0,		"Probe" },
	{ SHIM6_ERROR,		16,	0,				0,		"Error" }, /* Q13 */
};

static const struct {
	const char *name, *text;
} verdicts[S6_V_MAX] = {
	[S6_V_OK] = { "ok", "the message is well formed" },
	[S6_V_TRUNCATED] = { "truncated", "the Shim6 header claims to end past the end of the packet" },
	[S6_V_NOT_CONTROL] = { "not-control", "the packet is no Shim6 control message: its P bit is set" },
	[S6_V_HIP] = { "hip", "the S bit is set: the message is HIP's, not Shim6's" },
	[S6_V_CHECKSUM] = { "checksum", "the Shim6 checksum is wrong: the message was damaged on its way" },
	[S6_V_ADDRESS] = { "address", "source or destination is multicast or unspecified" },
	[S6_V_TYPE] = { "type", "the message type is unknown; the sender is told by Error 0" },
	[S6_V_SHORT] = { "short", "the message is shorter than the fixed part of its type" },
	[S6_V_OPTION_LENGTH] = { "option-length",
				 "an option runs past the header, or its length contradicts its content" },
	[S6_V_OPTION_CRITICAL] = { "option-critical",
				   "an option that must be understood is unknown or misplaced; "
				   "the sender is told by Error 1" },
	[S6_V_OPTION_TWICE] = { "option-twice", "the message carries the same option two times" },
	[S6_V_OPTION_MISSING] = { "option-missing", "an option that this type of message must have is not there" },
	[S6_V_TOO_MANY] = { "too-many", "the message names more locators than this host keeps for a peer" },
	[S6_V_PROBE] = { "probe",
			 "the Probe has an illegal state, no report of itself, or fewer reports than it claims" },
};

const struct s6_layout *s6_layout(uint8_t type)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

const char *s6_type_name(uint8_t type)
{
	const struct s6_layout *l = s6_layout(type);

	return l ? l->name : "unknown";
}

const char *s6_verdict_name(enum s6_verdict v)
{
	return (unsigned int)v < S6_V_MAX ? verdicts[v].name : "unknown";
}

const char *s6_verdict_text(enum s6_verdict v)
{
	return (unsigned int)v < S6_V_MAX ? verdicts[v].text : "no such verdict";
}
