/*
 * The children of the session; the contract is in children.h.
 *
 * A child that finds the session gone ends by itself.  Then nobody is left who could restore a
 * terminal that a killed receiver had taken, so the sender does; but only when the receiver has
 * ended, which it learns from the tether, a pipe whose other end the receiver alone holds.
 */
#include "children.h"

#include "messages.h"
#include "proto/timerq.h"
#include "sys/clock.h"
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SCREEN_PATIENCE = 3 * 1000 * 1000, /* microseconds */
	GRACE = 500,			   /* milliseconds, after SIGTERM */
};

struct role {
	const struct receiver_options *receiver;
	const struct sender_options *sender;
	int tether[2];
	int other_channel; /* the parent's end of the channel to the receiver */
};

/* As ps shows it: which of three like processes hangs, say. */
static void take_name(const char *name)
{
	(void)prctl(PR_SET_NAME, name);
}

static int run_receiver(void *ctx, int channel)
{
	const struct role *role = ctx;

	take_name("chat-receiver");
	(void)close(role->tether[0]);
	return receiver_proc(role->receiver, channel);
}

/* False: it has not ended in time. */
static bool wait_for_end_of(int tether, int timeout_ms)
{
	struct pollfd p = {.fd = tether, .events = POLLIN};
	int ready;

	do
		ready = poll(&p, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

static int run_sender(void *ctx, int channel)
{
	const struct role *role = ctx;
	int status;

	take_name("chat-sender");
	(void)close(role->tether[1]);
	(void)close(role->other_channel);
	status = sender_proc(role->sender, channel);
	if (status != 0 && role->sender->terminal) {
		(void)wait_for_end_of(role->tether[0], SCREEN_PATIENCE / 1000);
		terminal_restore();
	}
	return status;
}

/* ---- starting ------------------------------------------------------------------------------ */

static enum err start_both(struct children *c, struct role *role)
{
	if (proc_fork(&c->receiver_proc, run_receiver, role) != ERR_NONE)
		return ERR_SYSTEM;
	role->other_channel = c->receiver_proc.channel;
	if (proc_fork(&c->sender_proc, run_sender, role) != ERR_NONE) {
		(void)close(c->receiver_proc.channel);
		return ERR_SYSTEM;
	}
	c->receiver = ipc_new(c->receiver_proc.channel);
	c->sender = ipc_new(c->sender_proc.channel);
	return c->receiver && c->sender ? ERR_NONE : ERR_MEMORY;
}

static void abandon(struct children *c)
{
	proc_end(&c->sender_proc, GRACE);
	proc_end(&c->receiver_proc, GRACE);
	ipc_free(c->sender);
	ipc_free(c->receiver);
	(void)close(c->tether);
	*c = (struct children){0};
}

enum err children_start(struct children *c, const struct receiver_options *receiver,
			const struct sender_options *sender)
{
	struct role role = {.receiver = receiver, .sender = sender};
	enum err err;
	int saved;

	*c = (struct children){.on_terminal = receiver->mode <= RECEIVER_SPOKEN};
	if (pipe(role.tether))
		return ERR_SYSTEM;
	c->tether = role.tether[0];
	err = start_both(c, &role);
	saved = errno;
	(void)close(role.tether[1]);
	if (err != ERR_NONE)
		abandon(c);
	errno = saved;
	return err;
}

/* ---- ending -------------------------------------------------------------------------------- */

/* What does not reach a child that is gone is missed by nobody. */
static void send_last(struct ipc *channel, const struct message *m)
{
	if (message_send(channel, m) != ERR_NONE)
		return;
}

static int patience(uint64_t deadline)
{
	uint64_t now = clock_mono_us();

	if (deadline == TIMERQ_NEVER)
		return -1;
	return now < deadline ? (int)((deadline - now) / 1000) + 1 : 0;
}

/* Takes and forgets what it still says; false: it is gone. */
static bool exchange(struct ipc *channel, short ready)
{
	struct ipc_message ignored;

	if ((ready & POLLOUT) && ipc_flush(channel) != ERR_NONE)
		return false;
	if (!(ready & (POLLIN | POLLHUP | POLLERR)))
		return true;
	if (ipc_read(channel) != ERR_NONE)
		return false;
	while (ipc_next(channel, &ignored))
		;
	return true;
}

static void wait_for_receiver(struct children *c, int signals, uint64_t deadline)
{
	for (;;) {
		short out = ipc_pending(c->receiver) ? POLLOUT : 0;
		struct pollfd p[] = {{.fd = ipc_fd(c->receiver), .events = POLLIN | out},
				     {.fd = signals, .events = POLLIN}};
		int ready = poll(p, 2, patience(deadline));
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0 || p[1].revents || !exchange(c->receiver, p[0].revents))
			return;
	}
}

/* The receiver has closed its channel or is not waited for any more. */
static bool reap_receiver(struct children *c)
{
	int status = -1;

	if (wait_for_end_of(c->tether, GRACE) &&
	    waitpid(c->receiver_proc.pid, &status, 0) == c->receiver_proc.pid)
		c->receiver_proc.pid = 0;
	proc_end(&c->receiver_proc, GRACE);
	return status == 0;
}

bool children_end(struct children *c, int signals, const char *words, bool hurry)
{
	bool bounded = c->on_terminal || hurry;
	uint64_t deadline = bounded ? clock_mono_us() + SCREEN_PATIENCE : TIMERQ_NEVER;
	bool shown;

	send_last(c->sender, &(struct message){.type = MESSAGE_STOP, .words = message_text("")});
	send_last(c->receiver,
		  &(struct message){.type = MESSAGE_STOP, .words = message_text(words)});
	while (proc_next_signal(signals) != 0)
		; /* those that made us end are done with */
	wait_for_receiver(c, signals, deadline);
	ipc_free(c->sender);
	ipc_free(c->receiver);
	proc_end(&c->sender_proc, GRACE);
	shown = reap_receiver(c);
	(void)close(c->tether);
	return shown;
}
