/*
 * Where a server's session reads the rooms' events: what the session asks of whoever keeps them.
 *
 * Events are read in runs: encoded EVENT frames, number after number, one behind the other in memory.  They
 * are borrowed until the next call on the log or the room changes.
 */
#ifndef PROTO_SESSION_LOG_H
#define PROTO_SESSION_LOG_H

#include "proto/buf.h"

#include <stdint.h>

enum log_state {
	LOG_HERE,
	LOG_LATER, /* it is being fetched; whoever fetches it lets the session send when it is there */
	LOG_GONE, /* it is no longer kept: the session ends with CODE_TOO_SLOW */
};

struct session_log {
	uint64_t (*head)(void *ctx, uint32_t room); /* newest sequence number, 0: none */
	/*
	 * `seq` is at most the head.  LOG_HERE: the frames from there on are in *out, at least one, others while
	 * all fit `max_bytes`, and *count, which says at most how many, becomes how many they are.
	 */
	enum log_state (*run)(void *ctx, uint32_t room, uint64_t seq, size_t max_bytes,
			      struct slice *out, uint32_t *count);
};

#endif
