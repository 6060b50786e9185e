/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message of each type, octet by octet as the figures of RFC 5533 section 5 and RFC 5534 section 5 draw it.
 * Written by hand, the checksums summed up apart; nothing here came out of our encoder.
 */
#ifndef TEST_WIRE_VECTORS_H
#define TEST_WIRE_VECTORS_H

/* I1, 5.4 */
#define VEC_I1 \
	"3b01 0100 d75c "				/* 59; 16 octets; P 0, type 1; Reserved1, S */ \
	"5ead beef cafe "				/* R 0, Initiator Context Tag */ \
	"0102 0304 "					/* Initiator Nonce */

/* I1 with ULID Pair (5.15.6) and Forked Instance Identifier (5.15.7) */
#define VEC_I1_OPTIONS \
	"3b07 0100 35d3 "				/* 64 octets */ \
	"5ead beef cafe 0102 0304 "			/* tag, nonce */ \
	"000c 0024 0000 0000 "				/* type 6, C 0; 36; Reserved2 */ \
	"2001 0db8 00aa 0000 0000 0000 0000 0002 "	/* Sender ULID */ \
	"2001 0db8 00bb 0000 0000 0000 0000 0002 "	/* Receiver ULID */ \
	"000e 0004 1122 3344 "				/* type 7, C 0; 4; FII */

/* R1, 5.5, with Responder Validator (5.15.1) of 20 octets */
#define VEC_R1 \
	"3b04 0200 384d "				/* 40 octets; type 2 */ \
	"0000 "						/* Reserved2 */ \
	"0102 0304 "					/* Initiator Nonce */ \
	"f1f2 f3f4 "					/* Responder Nonce */ \
	"0002 0014 "					/* type 1, C 0; 20 */ \
	"a0a1 a2a3 a4a5 a6a7 a8a9 aaab acad aeaf b0b1 b2b3 "	/* validator, no padding */

/* I2, 5.6, with everything that 7.6 and RFC 5534, 5.3 let it have */
#define VEC_I2 \
	"3b16 0300 1246 "				/* 184 octets; type 3 */ \
	"5ead beef cafe "				/* R 0, Initiator Context Tag */ \
	"0102 0304 "					/* Initiator Nonce */ \
	"f1f2 f3f4 "					/* Responder Nonce */ \
	"0000 0000 "					/* Reserved2 */ \
	"0002 0014 " \
	"a0a1 a2a3 a4a5 a6a7 a8a9 aaab acad aeaf b0b1 b2b3 "	/* validator */ \
	"0004 002c "					/* Locator List: 44 = 4 + 8 + 32 */ \
	"0000 0007 "					/* generation */ \
	"0201 0200 0000 0000 "				/* 2 locators: HBA, CGA; 5 octets inner padding */ \
	"2001 0db8 000a 0000 0000 0000 0000 0001 " \
	"2001 0db8 00aa 0000 0000 0000 0000 0002 " \
	"0006 000b "					/* Locator Preferences: 11 = 5 + 2 * 3 */ \
	"0000 0007 03 "					/* generation; Element Len */ \
	"02 0a14 0101 02 "				/* TRANSIENT, 10, 20; BROKEN, 1, 2 */ \
	"00 "						/* padding */ \
	"0008 0005 d0d1 d2d3 d4 "			/* CGA PDS, 5 octets here */ \
	"00 0000 0000 0000 "				/* padding */ \
	"000a 0006 5051 5253 5455 "			/* CGA Signature, 6 octets here */ \
	"0000 0000 0000 "				/* padding */ \
	"000c 0024 0000 0000 " \
	"2001 0db8 00aa 0000 0000 0000 0000 0002 "	/* Sender ULID */ \
	"2001 0db8 00bb 0000 0000 0000 0000 0002 "	/* Receiver ULID */

/* R2, 5.7, with a Locator List of one and a Keepalive Timeout (RFC 5534, 5.3) */
#define VEC_R2 \
	"3b06 0400 573b "				/* 56 octets; type 4 */ \
	"2345 6789 abcd "				/* R 0, Responder Context Tag */ \
	"0102 0304 "					/* Initiator Nonce */ \
	"0004 001c ffff ffff "				/* Locator List: 28 = 4 + 8 + 16; generation */ \
	"0101 0000 0000 0000 "				/* 1 locator: HBA; 6 octets inner padding */ \
	"2001 0db8 000b 0000 0000 0000 0000 0001 " \
	"0014 0004 0000 001e "				/* type 10; 4; Reserved, 30 s */

/* R1bis, 5.8, with Responder Validator of 12 octets */
#define VEC_R1BIS \
	"3b03 0500 781f "				/* 32 octets; type 5 */ \
	"7fff ffff ffff "				/* R 0, Packet Context Tag */ \
	"f1f2 f3f4 "					/* Responder Nonce */ \
	"0002 000c a0a1 a2a3 a4a5 a6a7 a8a9 aaab "

/* I2bis, 5.9, with validator, ULID Pair and FII */
#define VEC_I2BIS \
	"3b0b 0600 e8f2 "				/* 96 octets; type 6 */ \
	"5ead beef cafe "				/* R 0, Initiator Context Tag */ \
	"0102 0304 "					/* Initiator Nonce */ \
	"f1f2 f3f4 "					/* Responder Nonce */ \
	"0000 0000 0000 "				/* Reserved2, 48 of its 49 bits */ \
	"7fff ffff fffe "				/* the 49th, Packet Context Tag */ \
	"0002 000c a0a1 a2a3 a4a5 a6a7 a8a9 aaab " \
	"000c 0024 0000 0000 " \
	"2001 0db8 00aa 0000 0000 0000 0000 0002 " \
	"2001 0db8 00bb 0000 0000 0000 0000 0002 " \
	"000e 0004 1122 3344 "

/* Update Request, 5.10, with Locator Preferences of Element Len 1 */
#define VEC_UR \
	"3b03 4000 2921 "				/* 32 octets; type 64 */ \
	"2345 6789 abcd "				/* R 0, Receiver Context Tag */ \
	"1112 1314 "					/* Request Nonce */ \
	"0006 0008 0000 0008 01 "			/* 8 = 5 + 3 * 1 */ \
	"01 0002 "					/* BROKEN, none, TRANSIENT */ \
	"0000 0000 "					/* padding */

/* Update Acknowledgement, 5.11 */
#define VEC_UA \
	"3b01 4100 773c "				/* 16 octets; type 65 */ \
	"5ead beef cafe "				/* R 0, Receiver Context Tag */ \
	"1112 1314 "					/* Request Nonce */

/* Keepalive, RFC 5534, 5.1 */
#define VEC_KEEPALIVE \
	"3b01 4200 4c62 "				/* 16 octets; type 66 */ \
	"2345 6789 abcd "				/* R 0, Receiver Context Tag */ \
	"0000 0000 "					/* Reserved2 */

/* Probe, RFC 5534, 5.2, Exploring, two reports sent and one received */
#define VEC_PROBE \
	"3b10 4300 b917 "				/* 136 octets; type 67 */ \
	"2345 6789 abcd "				/* R 0, Receiver Context Tag */ \
	"1240 0000 "					/* Precvd 1, Psent 2; Sta 1, Reserved2 */ \
	"2001 0db8 000a 0000 0000 0000 0000 0001 "	/* sent: source */ \
	"2001 0db8 000b 0000 0000 0000 0000 0001 "	/* destination */ \
	"1111 1111 0000 00d1 "				/* nonce, data */ \
	"2001 0db8 00aa 0000 0000 0000 0000 0002 " \
	"2001 0db8 000b 0000 0000 0000 0000 0001 " \
	"2222 2222 0000 00d2 " \
	"2001 0db8 00bb 0000 0000 0000 0000 0002 "	/* received */ \
	"2001 0db8 000a 0000 0000 0000 0000 0001 " \
	"3333 3333 dead beef "

/* Error, 5.14: critical option in an I1 whose first 24 octets are quoted */
#define VEC_ERROR \
	"3b03 4402 66a4 "				/* 32 octets; type 68; code 1, S 0 */ \
	"0038 "						/* Pointer 56 */ \
	"6000 0000 0018 8c40 2001 0db8 000b 0000 "	/* packet in error, from its IPv6 header */ \
	"0000 0000 0000 0001 "

#endif /* TEST_WIRE_VECTORS_H */
