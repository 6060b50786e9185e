/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of a Shim6 host: each way a message can be dropped or refused, with a sentence for people. */
#ifndef PROTO_SHIM6_COUNTERS_H
#define PROTO_SHIM6_COUNTERS_H

#include "proto/wire.h"

#define S6_COUNTERS(X) \
	X(RECEIVED, "received", "control messages were handed in") \
	X(SENT, "sent", "control messages were sent") \
	X(LOCATOR, "locator", "the message came over an address that cannot be a locator, such as link-local") \
	X(ULID, "ulid", "a ULID in the message cannot be one, or both are the same host's") \
	X(NOT_OURS, "not-ours", "the message is for a ULID that this host does not offer") \
	X(R1_UNMATCHED, "r1-unmatched", "an R1 with a nonce or locators that we did not send I1 with (7.11)") \
	X(R1_STATE, "r1-state", "an R1 came after its I2 had been sent (7.11)") \
	X(VALIDATOR_SIZE, "validator-size", "the peer's validator is too long to be returned") \
	X(I2_STALE, "i2-stale", "an I2 or I2bis with a Responder Nonce that is too old or not ours (7.13, 7.20)") \
	X(I2_VALIDATOR, "i2-validator", "an I2 or I2bis whose validator we did not make for it (7.13, 7.20)") \
	X(I2_SOURCE, "i2-source", "an I2 or I2bis from a locator that is neither known nor proven (7.13, 7.20)") \
	X(I2_REPEAT, "i2-repeat", "an I2 or I2bis came again after it was accepted; R2 was sent again") \
	X(R2_UNMATCHED, "r2-unmatched", "an R2 with a nonce or locators of no exchange that goes on (7.16)") \
	X(R1BIS_UNMATCHED, "r1bis-unmatched", "an R1bis with a tag or locators of no live context (7.18)") \
	X(R1BIS_STATE, "r1bis-state", "an R1bis came while the context was being recovered (7.18)") \
	X(TO_PROVE, "to-prove", "a message went on to have its locators proven by HBA or CGA") \
	X(PROVEN, "proven", "a message came back with its locators proven") \
	X(PROOF_OTHER, "proof-other", "a proof was for a ULID that is not the peer's any more") \
	X(PROOF_PDS, "proof-pds", "CGA parameters are not those of the peer's ULID (7.2)") \
	X(PROOF_LIST, "proof-list", "a locator list without the proof that is required; Error 2 (7.2)") \
	X(LIST_EMPTY, "list-empty", "a locator list without a locator") \
	X(LIST_LONG, "list-long", "more locators or CGA parameters than security.max_locators or max_pds allow") \
	X(PEER_DENIED, "peer-denied", "a ULID or locator of a peer that the section security does not allow") \
	X(LIST_ROOM, "list-room", "I2 or R2 had no room for our locators beside their proof; sent without them") \
	X(PREFS_UNFIT, "prefs-unfit", "preferences in I2, I2bis or R2 that fit no list; ignored") \
	X(TAGGED_I1_SENT, "tagged-i1-sent", "tagged payload or control message while only an I1 was sent (12.2)") \
	X(UNKNOWN_TAG, "unknown-tag", "no context has the tag; R1bis was sent (7.17)") \
	X(FOREIGN_LOCATORS, "foreign-locators", "right tag over locators that are not the context's; R1bis (12.4)") \
	X(REAP, "reap", "a Keepalive or Probe that belongs to the reachability daemon") \
	X(NUDGED, "nudged", "payload did not make us repeat I2 or I2bis so soon after the last time") \
	X(UR_OLD, "ur-old", "an Update Request was overtaken by a newer one, or doubled; not obeyed (10.3)") \
	X(UR_GENERATION, "ur-generation", "an Update Request with preferences for another list; Error 3 (10.4)") \
	X(UR_COUNT, "ur-count", "an Update Request with a wrong number of preferences; Error 4 (10.4)") \
	X(UA_NONCE, "ua-nonce", "an Update Acknowledgement for no outstanding request (10.5)") \
	X(UPDATE_NO_SOURCE, "update-no-source", "an Update Request waits because no locator is left to send it from") \
	X(CONFUSION, "confusion", "a context was ended because the peer uses its tag for another one (7.15)") \
	X(TABLE_FULL, "table-full", "the table of contexts is full; the peer was not answered") \
	X(TABLE_SHARED, "table-shared", "the table is half full, and the peer's /64 has its share; the peer was not answered") \
	X(NO_TAG, "no-tag", "every context tag is in use") \
	X(NO_MEMORY, "no-memory", "memory was short") \
	X(HOLDS_FULL, "holds-full", "a hold-down ended early to make room") \
	X(WANT_HELD, "want-held", "a wanted context was refused: its establishment failed a short while ago (7.8)") \
	X(WANT_POLICY, "want-policy", "a wanted context was refused: this host only answers") \
	X(LOCAL_EXCESS, "local-excess", "an own address was left out: too many, or no possible locator") \
	X(ERROR_SENT, "error-sent", "Error messages were sent") \
	X(ERROR_LIMITED, "error-limited", "an Error message was not sent because of too many before it") \
	X(ERROR_TYPE, "error-in-type", "the peer does not know a message type of ours (Error 0)") \
	X(ERROR_OPTION, "error-in-option", "the peer does not know a critical option (Error 1)") \
	X(ERROR_VERIFY, "error-in-verify", "the peer does not accept the proof of our locators (Error 2)") \
	X(ERROR_GENERATION, "error-in-generation", "the peer has another list than our preferences (Error 3)") \
	X(ERROR_PREFS, "error-in-prefs", "the peer counts our preferences otherwise (Error 4)") \
	X(ERROR_OTHER, "error-in-other", "an Error with an unassigned code; ignored") \
	X(ERROR_UNMATCHED, "error-unmatched", "an Error about a message that we did not send") \
	X(ICMP_UNMATCHED, "icmp-unmatched", "an ICMPv6 error about an I1 that we did not send (7.8)") \
	X(ICMP_OTHER, "icmp-other", "an ICMPv6 error of another kind; ignored") \
	X(CRYPTO, "crypto", "libcrypto failed to make a validator") \
	X(ENCODE, "encode", "a message did not fit into a packet")

/* The verdicts of the codec come first, each with its own number. */
enum s6_counter_no {
	S6_CNT_FIRST = S6_V_MAX - 1,
#define S6_CNT_ENUM(name, word, text) S6_CNT_##name,
	S6_COUNTERS(S6_CNT_ENUM)
#undef S6_CNT_ENUM
	S6_CNT_MAX
};

#endif /* PROTO_SHIM6_COUNTERS_H */
