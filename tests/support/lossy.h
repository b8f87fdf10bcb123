/*
 * One direction of a bad network: datagrams go in, and come out lost, doubled, late and out of
 * order.  Pure: time is an argument, chance comes from a seed, and the same seed makes the same
 * decisions for the same order of datagrams.  chat-lossy (lossy_main.c) puts two of these between
 * each client and the server.
 */
#ifndef LOSSY_H
#define LOSSY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOSSY_HOLD_MAX = 5,	     /* a held datagram goes behind the next 1 … 5 */
	LOSSY_HOLD_US = 20000,	     /* or comes after this time, if no more follow */
	LOSSY_QUEUE_MAX = 64 * 1024, /* datagrams waiting in one direction; more are lost */
};

struct lossy_rates {
	unsigned loss, dup, reorder; /* percent */
	uint64_t delay_us;	     /* for all */
};

struct lossy_counts {
	uint64_t taken, lost, doubled, reordered;
};

struct lossy_packet {
	struct lossy_packet *next;
	uint64_t due;
	unsigned behind; /* how many have to pass first */
	size_t len;
	uint8_t data[];
};

struct lossy_queue {
	struct lossy_packet *first, **end;
};

struct lossy {
	struct lossy_rates rates;
	uint64_t random;
	struct lossy_queue ready; /* by due time */
	struct lossy_queue held;
	size_t waiting;
	struct lossy_counts counts;
};

void lossy_init(struct lossy *l, const struct lossy_rates *rates, uint64_t seed);
void lossy_wipe(struct lossy *l);

void lossy_put(struct lossy *l, uint64_t now, const void *data, size_t len);
/* The next datagram that is due, which the caller frees; NULL: none. */
struct lossy_packet *lossy_take(struct lossy *l, uint64_t now);
uint64_t lossy_deadline(const struct lossy *l); /* of the next one; UINT64_MAX: nothing waits */

/* splitmix64: the next of a sequence that *state, any number, determines. */
uint64_t lossy_random(uint64_t *state);

#endif
