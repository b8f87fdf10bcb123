/*
 * Typed, length-framed messages between the processes of one program, over a stream socketpair.
 *
 * A message is a u8 type, a u32 length (big-endian) and that many bytes of body, never a struct
 * image: bodies are written and read with struct buf and struct slice.  Sending never blocks; what
 * the kernel does not take is queued (up to IPC_MAX_QUEUE bytes) and goes out when ipc_flush() is
 * called on a writable descriptor.  The other process's death is ERR_CLOSED.
 */
#ifndef SYS_IPC_H
#define SYS_IPC_H

#include "proto/buf.h"
#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	IPC_MAX_BODY = 64 * 1024,
	IPC_MAX_QUEUE = 64 * 1024 * 1024,
};

struct ipc;

struct ipc_message {
	uint8_t type;
	struct slice body; /* borrowed until the next ipc_read() of the same channel */
};

/* Takes fd, one end of a stream socketpair, and makes it non-blocking.  NULL: no memory, and fd is
 * still the caller's. */
struct ipc *ipc_new(int fd);
void ipc_free(struct ipc *c); /* closes it; NULL: nothing */
int ipc_fd(const struct ipc *c);

/* All of it is sent or queued, or (ERR_TOO_BIG: body; ERR_FULL: queue; ERR_MEMORY) nothing.
 * ERR_CLOSED: the other side is gone, and what was queued with it.  ERR_SYSTEM. */
NODISCARD enum err ipc_send(struct ipc *c, uint8_t type, const void *body, size_t len);
/* The same, but it may stay in the queue until ipc_flush(): for whoever has many to send. */
NODISCARD enum err ipc_queue(struct ipc *c, uint8_t type, const void *body, size_t len);
NODISCARD enum err ipc_flush(struct ipc *c);
bool ipc_pending(const struct ipc *c);	/* something queued: wait for writable */
size_t ipc_queued(const struct ipc *c); /* bytes */

/*
 * Call on a readable descriptor: reads once what the kernel has; then take messages until false,
 * and only then act on the result.  One read may leave something, so wait level-triggered.
 * ERR_CLOSED: the end of the stream; ERR_MALFORMED: a length over IPC_MAX_BODY, what comes after is
 * lost; ERR_SYSTEM.  Messages that arrived before can still be taken after any of them.
 */
NODISCARD enum err ipc_read(struct ipc *c);
bool ipc_next(struct ipc *c, struct ipc_message *m);

#endif
