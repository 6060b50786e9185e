// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU that counts the instructions of the guest by their address, for tests/bench/profile.py.
 *
 * usage: qemu-system-x86_64 -plugin profile.so,out=FILE
 *
 * The guest says what to count, by an instruction that does nothing: nopl 0x53360001(%rax) begins, nopl
 * 0x53360002(%rax) ends (tests/bench/dataplane.c).  Each such span appends to FILE "span N" and lines "ADDRESS INSTRUCTIONS TIMES", of
 * pieces of code without a jump.
 *
 * QEMU's header is not in every package of it, so what is used of its interface (version 1) is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;

enum { QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int op, void *at, uint64_t n);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned int cpu, void *), int, void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);

int qemu_plugin_version = 1;
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

/* A piece of code; QEMU keeps the address of @times, so they stay for good. */
struct piece {
	struct piece *next;
	uint64_t at, n, times;
};

#define SLOTS	(1 << 16)

static struct piece *slots[SLOTS];
static FILE *out;
static unsigned int spans;

static void begin(unsigned int cpu, void *arg)
{
	(void)cpu;
	(void)arg;
	for (size_t i = 0; i < SLOTS; i++)
		for (struct piece *p = slots[i]; p; p = p->next)
			p->times = 0;
}

static void end(unsigned int cpu, void *arg)
{
	(void)cpu;
	(void)arg;
	fprintf(out, "span %u\n", spans++);
	for (size_t i = 0; i < SLOTS; i++)
		for (struct piece *p = slots[i]; p; p = p->next)
			if (p->times)
				fprintf(out, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", p->at, p->n, p->times);
	fflush(out);
}

static struct piece *find(uint64_t at, uint64_t n)
{
	struct piece **slot = &slots[(at * 0x9e3779b97f4a7c15u + n) >> 48], *p;

	for (p = *slot; p; p = p->next)
		if (p->at == at && p->n == n)
			return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		abort();
	*p = (struct piece){ .next = *slot, .at = at, .n = n };
	*slot = p;
	return p;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const unsigned char mark[] = { 0x0f, 0x1f, 0x80 };
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const unsigned char *code = qemu_plugin_insn_data(insn);
		uint32_t word;

		if (qemu_plugin_insn_size(insn) != 7 || memcmp(code, mark, sizeof(mark)))
			continue;
		memcpy(&word, code + 3, sizeof(word));
		if (word == 0x53360001 || word == 0x53360002)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, word & 1 ? begin : end, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
	}
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
		&find(qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0)), n)->times, n ? 1 : 0);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) || !(out = fopen(argv[0] + 4, "w"))) {
		fprintf(stderr, "profile: give out=FILE\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
