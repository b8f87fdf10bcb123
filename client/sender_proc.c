/*
 * The sender; the contract is in sender_proc.h.
 *
 * A line costs one credit.  Without credit a pipe is not read; a terminal still is (or Ctrl-C would
 * be dead), but Enter leaves the line where it is and says so.  Standard input keeps its flags,
 * which it shares with the shell: it is read when it is ready, once.
 *
 * readline's callbacks carry no context, so the one sender of the process is a file's variable.
 */
#include "sender_proc.h"

#include "messages.h"
#include "sys/ipc.h"
#include "sys/proc.h"
#include "sys/reactor.h"
#include "ui/alias.h"
#include "ui/command.h"
#include "ui/lines.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

enum {
	BLOCK_SIZE = 64 * 1024, /* read from a pipe at once */
	HISTORY_LINES = 1000,
	CTRL_C = 3,
};

static struct sender {
	struct reactor *reactor;
	struct ipc *session;
	bool terminal;
	const char *history;
	uint64_t credit;
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

/* Goes with all else that this turn has to say. */
static void tell(const struct message *m)
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

static void refuse(const char *which, enum lines_verdict why)
{
	char words[256];

	snprintf(words, sizeof(words), "%s is not sent: %s", which, lines_refusal(why));
	tell(&(struct message){.type = MESSAGE_NOTICE,
			       .notice = {.level = NOTICE_ERROR, .text = message_text(words)}});
}

static void send_line(const char *s, size_t n)
{
	assert(self.credit > 0);
	self.credit--;
	tell(&(struct message){.type = MESSAGE_LINE, .line = slice_of(s, n)});
}

static void interrupt(void)
{
	if (self.asked_to_leave) /* the session did not hear the first time */
		finish(1);
	self.asked_to_leave = true;
	tell(&(struct message){.type = MESSAGE_INTERRUPT});
}

static void end_input(void)
{
	self.input_ended = true;
	tell(&(struct message){.type = MESSAGE_INPUT_END});
}

/* ---- lines from a pipe or a file ------------------------------------------------------------ */

static void take_item(const struct lines_item *item)
{
	char which[32];

	if (item->verdict == LINES_FINE) {
		send_line(item->text, item->len);
		return;
	}
	snprintf(which, sizeof(which), "line %llu", (unsigned long long)item->number);
	refuse(which, item->verdict);
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
	end_input();
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

/* The part of a very long line that is around the cursor. */
static struct message_edit visible(const char *line, size_t len, size_t cursor)
{
	size_t start = cursor > TEXT_MAX_BYTES / 2 ? cursor - TEXT_MAX_BYTES / 2 : 0;

	if (len <= TEXT_MAX_BYTES)
		start = 0;
	start = text_clip(line, len, start);
	return (struct message_edit){
		.line = slice_of(line + start,
				 text_clip(line + start, len - start, TEXT_MAX_BYTES)),
		.cursor = cursor - start};
}

/* readline's redisplay: the session passes it to the receiver, which draws. */
static void ship_edit(void)
{
	size_t len = (size_t)rl_end;
	size_t cursor = rl_point < rl_end ? (size_t)rl_point : len;
	struct message m = {.type = MESSAGE_EDIT, .edit = visible(rl_line_buffer, len, cursor)};

	if (rl_display_prompt && rl_display_prompt != rl_prompt)
		m.edit.prompt = slice_of(
			rl_display_prompt,
			text_clip(rl_display_prompt, strlen(rl_display_prompt), MESSAGE_MAX_LABEL));
	tell(&m);
}

/* The history is a file; a room's password does not belong there. */
static bool is_secret(const char *line)
{
	struct alias_line alias;
	bool stands =
		alias_expand(&self.preferences, slice_of(line, strlen(line)), &alias) == ERR_NONE;
	struct command_line l =
		command_parse(stands ? alias.text : line, stands ? alias.len : strlen(line));

	return l.kind == COMMAND_LINE_JOIN && l.text.len > 0;
}

static void remember(const char *line)
{
	HIST_ENTRY *last =
		history_length > 0 ? history_get(history_base + history_length - 1) : NULL;

	if (is_secret(line))
		return;
	if (last && strcmp(last->line, line) == 0)
		return;
	add_history(line);
	if (self.history)
		(void)append_history(1, self.history);
}

static void refuse_for_now(void)
{
	tell(&(struct message){
		.type = MESSAGE_NOTICE,
		.notice = {
			.level = NOTICE_ERROR,
			.text = message_text("too many lines wait to be sent: try again later")}});
}

/* Ctrl-D ends the input, but keys are still read: Ctrl-C has to work.  A terminal that has hung up
 * ends it again and again. */
static void on_end(void)
{
	if (self.input_ended)
		reactor_del(self.reactor, STDIN_FILENO);
	else
		end_input();
}

static void act_on_line(const char *line)
{
	enum lines_verdict verdict = lines_judge(line, strlen(line));

	if (verdict == LINES_BLANK || self.input_ended)
		return;
	remember(line);
	if (verdict != LINES_FINE)
		refuse("the line", verdict);
	else if (self.credit == 0)
		refuse_for_now();
	else
		send_line(line, strlen(line));
}

static void on_line(char *line)
{
	if (line)
		act_on_line(line);
	else
		on_end();
	free(line);
}

static void on_terminal(void *ctx, unsigned ready)
{
	(void)ctx;
	(void)ready;
	rl_callback_read_char();
}

/* ---- keys of our own ------------------------------------------------------------------------ */

/* A line that cannot be sent now stays where it is. */
static int key_enter(int count, int key)
{
	if (self.credit > 0 || rl_end == 0)
		return rl_newline(count, key);
	refuse_for_now();
	return 0;
}

/* Ctrl-C empties the line, as a line of its own that says nothing: so readline forgets where in the
 * history it was.  On an empty line it leaves. */
static int key_interrupt(int count, int key)
{
	if (rl_end == 0) {
		interrupt();
		return 0;
	}
	(void)rl_delete_text(0, rl_end);
	rl_point = 0;
	return rl_newline(count, key);
}

/* Words that were not sent come back, where nothing was typed since; they are in the history, too. */
static void take_back(struct slice words)
{
	char *line;

	if (!self.terminal || rl_end > 0 || self.input_ended ||
	    RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH))
		return;
	line = strndup((const char *)words.data, words.len);
	if (!line)
		return;
	(void)rl_insert_text(line);
	free(line);
	ship_edit();
}

static int key_nothing(int count, int key)
{
	(void)count;
	(void)key;
	return 0;
}

static int press(enum view_key key)
{
	tell(&(struct message){.type = MESSAGE_KEY, .key = key});
	return 0;
}

#define KEY_FUNCTION(name, view_key)                                                               \
	static int name(int count, int key)                                                        \
	{                                                                                          \
		(void)count;                                                                       \
		(void)key;                                                                         \
		return press(view_key);                                                            \
	}

KEY_FUNCTION(key_page_up, VIEW_KEY_PAGE_UP)
KEY_FUNCTION(key_page_down, VIEW_KEY_PAGE_DOWN)
KEY_FUNCTION(key_line_up, VIEW_KEY_LINE_UP)
KEY_FUNCTION(key_line_down, VIEW_KEY_LINE_DOWN)
KEY_FUNCTION(key_top, VIEW_KEY_TOP)
KEY_FUNCTION(key_bottom, VIEW_KEY_BOTTOM)
KEY_FUNCTION(key_redraw, VIEW_KEY_REDRAW)
KEY_FUNCTION(key_room_before, VIEW_KEY_ROOM_BEFORE)
KEY_FUNCTION(key_room_after, VIEW_KEY_ROOM_AFTER)
KEY_FUNCTION(key_again, VIEW_KEY_AGAIN)
KEY_FUNCTION(key_drop, VIEW_KEY_DROP)

static const struct {
	const char *sequence;
	rl_command_func_t *function;
} keys[] = {
	{"\r", key_enter},
	{"\n", key_enter},
	{"\003", key_interrupt},
	{"\t", key_nothing}, /* there is nothing to complete yet */
	{"\014", key_redraw},
	{"\033[5~", key_page_up},
	{"\033[6~", key_page_down},
	{"\033[1;2A", key_line_up}, /* with Shift */
	{"\033[1;2B", key_line_down},
	{"\033[1;5H", key_top}, /* Ctrl-Home and -End; Home and End are the line's */
	{"\033[1;5F", key_bottom},
	{"\033[1;3D", key_room_before}, /* with Alt, as xterm says it … */
	{"\033[1;3C", key_room_after},
	{"\033\033[D", key_room_before}, /* … and as others do */
	{"\033\033[C", key_room_after},
};

static void bind_keys(void)
{
	Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap};

	for (size_t map = 0; map < sizeof(maps) / sizeof(maps[0]); map++)
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			(void)rl_bind_keyseq_in_map(keys[i].sequence, keys[i].function, maps[map]);
	/* Alt-R; in vi's modes that is an Escape, and an "r" that means something else */
	(void)rl_bind_keyseq_in_map("\033r", key_again, emacs_standard_keymap);
	(void)rl_bind_keyseq_in_map("\033R", key_drop, emacs_standard_keymap);
}

/* ---- readline ------------------------------------------------------------------------------- */

static void prep_nothing(int meta)
{
	(void)meta;
}

static void deprep_nothing(void)
{
}

static char *complete_nothing(const char *text, int state)
{
	(void)text;
	(void)state;
	return NULL;
}

static void read_history_file(void)
{
	int fd;

	stifle_history(HISTORY_LINES);
	if (!self.history)
		return;
	history_comment_char = '#';
	history_write_timestamps = 1; /* without them a line with newlines comes back as several */
	(void)read_history(self.history);
	(void)history_truncate_file(self.history, HISTORY_LINES);
	fd = open(self.history, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0) {
		self.history = NULL;
		return;
	}
	(void)fchmod(fd, 0600);
	(void)close(fd);
}

static bool start_readline(void)
{
	FILE *nowhere = fopen("/dev/null", "w");

	if (!nowhere)
		return false;
	rl_readline_name = "chat-client";
	rl_instream = stdin;
	rl_outstream = nowhere;
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_prep_term_function = prep_nothing;
	rl_deprep_term_function = deprep_nothing;
	rl_redisplay_function = ship_edit;
	rl_completion_entry_function = complete_nothing;
	(void)rl_initialize();
	(void)rl_variable_bind("bell-style", "none"); /* it would ring on the terminal */
	bind_keys();
	read_history_file();
	rl_callback_handler_install("", on_line);
	return true;
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
			self.credit += m.credit;
		else if (m.type == MESSAGE_SETTING)
			prefer(&m.setting);
		else if (m.type == MESSAGE_TAKE_BACK)
			take_back(m.line);
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
		interrupt();
}

static bool set_up(const struct sender_options *o, int channel)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, 0};

	preferences_init(&self.preferences);
	self.terminal = o->terminal;
	self.history = o->history;
	self.session = ipc_new(channel);
	self.reactor = reactor_new(REACTOR_POLL, false);
	self.signals = proc_signals(wanted);
	if (!self.session || !self.reactor || self.signals < 0)
		return false;
	if (reactor_add(self.reactor, channel, REACTOR_READ, on_session, NULL) != ERR_NONE ||
	    reactor_add(self.reactor, self.signals, REACTOR_READ, on_signals, NULL) != ERR_NONE)
		return false;
	if (reactor_add(self.reactor, STDIN_FILENO, self.terminal ? REACTOR_READ : 0,
			self.terminal ? on_terminal : on_pipe, NULL) != ERR_NONE)
		return false;
	return !self.terminal || (leave_terminal_alone() && start_readline());
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
