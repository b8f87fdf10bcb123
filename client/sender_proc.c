/*
 * The sender; the contract is in sender_proc.h.
 *
 * A line costs one credit.  Without credit a pipe is not read; a terminal still is (or Ctrl-C would
 * be dead), but Enter leaves the line where it is and says so.  Standard input keeps its flags,
 * which it shares with the shell: it is read when it is ready, once.
 *
 * What is typed on a terminal is sender_line.c's.
 */
#include "sender_proc.h"

#include "sender_state.h"
#include "sys/ipc.h"
#include "sys/proc.h"
#include "sys/reactor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_SIZE = 64 * 1024 }; /* read from a pipe at once */

static struct sender {
	struct reactor *reactor;
	struct ipc *session;
	bool terminal;
	uint64_t credit;
	bool granted; /* the first of it */
	bool input_ended;
	bool asked_to_leave;
	bool blocked; /* the session does not take what it was told */
	bool done;
	int status;
	int signals;
	struct preferences preferences;
	struct lines lines; /* not a terminal */
	char block[BLOCK_SIZE];
	const char *block_at; /* what of it is not taken yet */
	size_t block_left;
} self;

static void finish(int status)
{
	if (!self.done)
		self.status = status;
	self.done = true;
}

/* ---- to the session ------------------------------------------------------------------------- */

static void watch_session(void)
{
	unsigned want = REACTOR_READ | (ipc_pending(self.session) ? REACTOR_WRITE : 0);

	if (reactor_want(self.reactor, ipc_fd(self.session), want) != ERR_NONE)
		finish(1);
}

void sender_tell(const struct message *m)
{
	if (message_queue(self.session, m) != ERR_NONE)
		finish(1);
}

static void hand_over(void)
{
	if (ipc_flush(self.session) != ERR_NONE)
		finish(1);
	else
		watch_session();
	self.blocked = ipc_pending(self.session);
}

void sender_notice(enum notice_level level, const char *words)
{
	sender_tell(&(struct message){.type = MESSAGE_NOTICE,
				      .notice = {.level = level, .text = message_text(words)}});
}

void sender_refuse(const char *which, enum lines_verdict why)
{
	char words[256];

	snprintf(words, sizeof(words), "%s is not sent: %s", which, lines_refusal(why));
	sender_notice(NOTICE_ERROR, words);
}

void sender_send(const char *s, size_t n)
{
	assert(self.credit > 0);
	self.credit--;
	sender_tell(&(struct message){.type = MESSAGE_LINE, .line = slice_of(s, n)});
}

void sender_interrupt(void)
{
	if (self.asked_to_leave) /* the session did not hear the first time */
		finish(1);
	self.asked_to_leave = true;
	sender_tell(&(struct message){.type = MESSAGE_INTERRUPT});
}

void sender_end_input(void)
{
	self.input_ended = true;
	sender_tell(&(struct message){.type = MESSAGE_INPUT_END});
}

bool sender_may_send(size_t lines)
{
	return self.credit >= lines;
}

bool sender_input_ended(void)
{
	return self.input_ended;
}

const struct preferences *sender_preferences(void)
{
	return &self.preferences;
}

/* ---- lines from a pipe or a file ------------------------------------------------------------ */

static void take_item(const struct lines_item *item)
{
	char which[32];

	if (item->verdict == LINES_FINE) {
		sender_send(item->text, item->len);
		return;
	}
	snprintf(which, sizeof(which), "line %llu", (unsigned long long)item->number);
	sender_refuse(which, item->verdict);
}

/* Whether more may be read: there is credit, and the session takes what it is given. */
static bool may_go_on(void)
{
	return !self.done && self.credit > 0 && !self.blocked;
}

static void take_block(void)
{
	struct lines_item item;

	while (may_go_on() && lines_next(&self.lines, &self.block_at, &self.block_left, &item))
		take_item(&item);
}

static void end_of_pipe(void)
{
	struct lines_item item;

	if (lines_end(&self.lines, &item))
		take_item(&item);
	reactor_del(self.reactor, STDIN_FILENO);
	sender_end_input();
}

static void watch_pipe(void)
{
	bool read_on = may_go_on() && self.block_left == 0;

	if (!self.input_ended &&
	    reactor_want(self.reactor, STDIN_FILENO, read_on ? REACTOR_READ : 0) != ERR_NONE)
		finish(1);
}

static void on_pipe(void *ctx, unsigned ready)
{
	ssize_t got;

	(void)ctx;
	(void)ready;
	if (!may_go_on() || self.block_left > 0)
		return;
	got = read(STDIN_FILENO, self.block, sizeof(self.block));
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) { /* an error ends the input as well as its end does */
		end_of_pipe();
		return;
	}
	self.block_at = self.block;
	self.block_left = (size_t)got;
	take_block();
	watch_pipe();
}

/* ---- lines from a terminal ------------------------------------------------------------------ */

static void on_terminal(void *ctx, unsigned ready)
{
	(void)ctx;
	(void)ready;
	sender_line_read();
}

void sender_hang_up(void)
{
	reactor_del(self.reactor, STDIN_FILENO);
}

void sender_wait(bool waiting)
{
	if (reactor_want(self.reactor, STDIN_FILENO, waiting ? 0 : REACTOR_READ) == ERR_SYSTEM)
		finish(1);
}

/* Nothing in this process can write the terminal, not even a library that means well. */
static bool leave_terminal_alone(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return false;
	if (isatty(STDERR_FILENO) && dup2(fd, STDERR_FILENO) < 0)
		return false;
	return close(fd) == 0;
}

/* ---- the process ---------------------------------------------------------------------------- */

static void prefer(const struct preference *one)
{
	if (preferences_put(&self.preferences, one) != ERR_NONE)
		finish(1); /* what the session has taken can be taken here */
}

/* Words that were not sent; they are in the history, too. */
static void take_back(struct slice words)
{
	if (self.terminal)
		sender_line_take_back(words);
}

/* A terminal is read from the first one on: else what was typed before would be refused. */
static void take_credit(uint32_t credit)
{
	bool first = !self.granted;

	self.granted = true;
	self.credit += credit;
	if (first && self.terminal &&
	    reactor_want(self.reactor, STDIN_FILENO, REACTOR_READ) != ERR_NONE)
		finish(1);
}

static void take_messages(void)
{
	struct ipc_message in;
	struct message m;

	while (!self.done && ipc_next(self.session, &in)) {
		if (message_get(&in, &m) != ERR_NONE)
			finish(1);
		else if (m.type == MESSAGE_STOP)
			finish(0);
		else if (m.type == MESSAGE_CREDIT)
			take_credit(m.credit);
		else if (m.type == MESSAGE_SETTING)
			prefer(&m.setting);
		else if (m.type == MESSAGE_TAKE_BACK)
			take_back(m.line);
		else if (m.type == MESSAGE_STATUS)
			sender_line_unsent(m.status.unsent);
		else if (m.type == MESSAGE_REPLACE && self.terminal)
			sender_line_replace(&m.replace);
		else if (m.type == MESSAGE_DRAFT && self.terminal)
			sender_line_take_draft(m.draft.serial, m.draft.text);
	}
}

static void on_session(void *ctx, unsigned ready)
{
	enum err err = ERR_NONE;

	(void)ctx;
	if (ready & REACTOR_READ) {
		err = ipc_read(self.session);
		take_messages();
	}
	if (ready & REACTOR_WRITE)
		hand_over();
	if (err != ERR_NONE) {
		finish(1);
		return;
	}
	if (!self.terminal) {
		take_block();
		watch_pipe();
	}
}

static void on_signals(void *ctx, unsigned ready)
{
	(void)ctx;
	(void)ready;
	while (proc_next_signal(self.signals) != 0)
		sender_interrupt();
}

static bool set_up(const struct sender_options *o, int channel)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, 0};

	preferences_init(&self.preferences);
	self.terminal = o->terminal;
	self.session = ipc_new(channel);
	self.reactor = reactor_new(REACTOR_POLL, false);
	self.signals = proc_signals(wanted);
	if (!self.session || !self.reactor || self.signals < 0)
		return false;
	if (reactor_add(self.reactor, channel, REACTOR_READ, on_session, NULL) != ERR_NONE ||
	    reactor_add(self.reactor, self.signals, REACTOR_READ, on_signals, NULL) != ERR_NONE)
		return false;
	if (reactor_add(self.reactor, STDIN_FILENO, 0, self.terminal ? on_terminal : on_pipe,
			NULL) != ERR_NONE)
		return false;
	return !self.terminal || (leave_terminal_alone() && sender_line_start(o->history));
}

int sender_proc(const struct sender_options *o, int channel)
{
	if (!set_up(o, channel))
		finish(1);
	while (!self.done) {
		hand_over();
		if (!self.done && reactor_turn(self.reactor, TIMERQ_NEVER) != ERR_NONE)
			finish(1);
	}
	preferences_wipe(&self.preferences);
	reactor_free(self.reactor);
	ipc_free(self.session);
	return self.status;
}
