/* For fakes of struct peers_port: its trains as the datagrams that they are made of. */
#ifndef CUT_TRAIN_H
#define CUT_TRAIN_H

#include "proto/address.h"

#include <stddef.h>
#include <stdint.h>

typedef void cut_train_fn(void *ctx, const struct address *to, int via, const void *p, size_t n);

static inline void cut_train(cut_train_fn *one, void *ctx, const struct address *to, int via,
			     const void *bytes, size_t n, size_t size)
{
	const uint8_t *p = bytes;

	for (size_t at = 0; at < n; at += size)
		one(ctx, to, via, p + at, n - at < size ? n - at : size);
}

#endif
