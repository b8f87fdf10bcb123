/*
 * Where a server's session reads the rooms' events: what the session asks of whoever keeps them.
 *
 * The frames are encoded EVENT frames, borrowed until the next call on the log or the room changes.
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
	/* `seq` is at most the head; LOG_HERE: the frame is in *out. */
	enum log_state (*frame)(void *ctx, uint32_t room, uint64_t seq, struct slice *out);
};

#endif
