/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A main() for fuzz targets where libFuzzer is not at hand (gcc): runs seeds, then mutations of them.
 *
 *   TARGET [-n MUTATIONS] [-t SECONDS] [-s SEED] [FILE|FOLDER...]	default: 100000, seed 1, the target's own corpus
 *
 * Prints a test a line; a finding ends the program through the sanitizers or abort(), after its input was written to
 * TARGET.crash.
 */
#ifndef TEST_FUZZ_MAIN_H
#define TEST_FUZZ_MAIN_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#ifndef LIBFUZZER

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FUZZ_LEN_MAX	4096
#define FUZZ_SEEDS_MAX	1024

static struct fuzz_seed {
	size_t len;
	uint8_t *data;
} fuzz_seeds[FUZZ_SEEDS_MAX];
static unsigned int fuzz_n;
static uint64_t fuzz_state = 1;
static uint8_t fuzz_now[FUZZ_LEN_MAX];		/* the input at work, for fuzz_save() */
static size_t fuzz_now_len;
static char fuzz_crash[1024];			/* where that goes */

static uint32_t fuzz_below(uint32_t n)
{
	fuzz_state = fuzz_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return n ? (uint32_t)(fuzz_state >> 33) % n : 0;
}

/* Keeps the input that brought the program down. */
static void fuzz_save(void)
{
	FILE *f = fopen(fuzz_crash, "wb");

	if (!f)
		return;
	fwrite(fuzz_now, 1, fuzz_now_len, f);
	fclose(f);
	fprintf(stderr, "the input is in %s\n", fuzz_crash);
}

static void fuzz_on_abort(int sig)
{
	fuzz_save();
	signal(sig, SIG_DFL);
	raise(sig);
}

#if defined(__SANITIZE_ADDRESS__)
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

static void fuzz_one(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);	/* so that a read behind the end is seen */

	if (!exact)
		return;
	memcpy(exact, data, len);
	memcpy(fuzz_now, data, len);
	fuzz_now_len = len;
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static void fuzz_add_file(const char *path)
{
	uint8_t buf[FUZZ_LEN_MAX];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f || fuzz_n == FUZZ_SEEDS_MAX) {
		fprintf(stderr, "%s: cannot be read, or too many seeds\n", path);
		exit(2);
	}
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	fuzz_seeds[fuzz_n].data = malloc(len ? len : 1);
	if (!fuzz_seeds[fuzz_n].data)
		exit(2);
	memcpy(fuzz_seeds[fuzz_n].data, buf, len);
	fuzz_seeds[fuzz_n++].len = len;
}

static void fuzz_add(const char *path)
{
	struct dirent **list;
	struct stat st;
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		fuzz_add_file(path);
		return;
	}
	n = scandir(path, &list, NULL, alphasort);	/* in the same order everywhere */
	for (int i = 0; i < n; i++) {
		char file[1024];

		snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			fuzz_add_file(file);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* A seed with one to eight changes: octets, bits, 16-bit numbers, cuts, copies of a piece, a piece of another seed. */
static size_t fuzz_mutate(uint8_t *buf)
{
	static const uint16_t numbers[] = { 0, 1, 4, 5, 7, 8, 36, 127, 128, 255, 256, 2047, 0x7fff, 0x8000, 0xffff };
	const struct fuzz_seed *seed = &fuzz_seeds[fuzz_below(fuzz_n)];
	size_t len = seed->len;

	memcpy(buf, seed->data, len);
	for (unsigned int i = 1 + fuzz_below(8); i; i--) {
		size_t at = fuzz_below(len), n = fuzz_below(len - at) + 1, to;
		const struct fuzz_seed *other;

		switch (len ? fuzz_below(7) : 6) {
		case 0:
			buf[at] = fuzz_below(256);
			break;
		case 1:
			buf[at] ^= 1U << fuzz_below(8);
			break;
		case 2:
			if (at + 2 <= len) {
				uint16_t v = numbers[fuzz_below(sizeof(numbers) / sizeof(numbers[0]))];

				buf[at] = v >> 8;
				buf[at + 1] = v & 0xff;
			}
			break;
		case 3:
			len = at;
			break;
		case 4:
			len = at / 8 * 8;
			break;
		case 5:
			to = fuzz_below(len);
			if (to + n > FUZZ_LEN_MAX)
				break;
			memmove(buf + to, buf + at, n);
			if (to + n > len)
				len = to + n;
			break;
		case 6:
			other = &fuzz_seeds[fuzz_below(fuzz_n)];
			at = fuzz_below(other->len) / 8 * 8;
			n = other->len - at;
			if (len + n > FUZZ_LEN_MAX)
				break;
			memcpy(buf + len, other->data + at, n);
			len += n;
			break;
		}
	}
	return len;
}

int main(int argc, char **argv)
{
	unsigned long rounds = 100000, done = 0;
	static uint8_t buf[FUZZ_LEN_MAX];
	time_t end = 0;
	int opt;

	while ((opt = getopt(argc, argv, "n:t:s:")) != -1) {
		if (opt == 'n')
			rounds = strtoul(optarg, NULL, 0);
		else if (opt == 't')
			end = time(NULL) + strtol(optarg, NULL, 0);
		else if (opt == 's')
			fuzz_state = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	for (int i = optind; i < argc; i++)
		fuzz_add(argv[i]);
#ifdef TEST_SOURCE_DIR
	if (optind == argc) {
		const char *name = strrchr(argv[0], '/');
		char path[1024];

		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", TEST_SOURCE_DIR, name ? name + 1 : argv[0]);
		fuzz_add(path);
	}
#endif
	if (!fuzz_n) {
		fprintf(stderr, "no seeds: name a folder of inputs\n");
		return 2;
	}
	snprintf(fuzz_crash, sizeof(fuzz_crash), "%s.crash", argv[0]);
	signal(SIGABRT, fuzz_on_abort);
#if defined(__SANITIZE_ADDRESS__)
	__sanitizer_set_death_callback(fuzz_save);
#endif
	for (unsigned int i = 0; i < fuzz_n; i++)
		fuzz_one(fuzz_seeds[i].data, fuzz_seeds[i].len);
	printf("ok fuzz_seeds # %u inputs\n", fuzz_n);
	fflush(stdout);

	while (end ? time(NULL) < end : done < rounds) {
		for (unsigned int i = 0; i < 1000; i++, done++)
			fuzz_one(buf, fuzz_mutate(buf));
	}
	printf("ok fuzz_mutations # %lu inputs\n2 passed, 0 failed\n", done);
	for (unsigned int i = 0; i < fuzz_n; i++)
		free(fuzz_seeds[i].data);
	return 0;
}

#endif /* LIBFUZZER */

#endif /* TEST_FUZZ_MAIN_H */
