/*
 * The line that is being typed: readline's, whose drawing is replaced by a message to the receiver.
 */
#include "sender_state.h"

#include "ui/alias.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_LINES = 1000, WHEEL_UP = 64, WHEEL_DOWN = 65, WHEEL_LINES = 3 };

static struct {
	const char *history; /* file of lines typed before; NULL: none is kept */
	uint64_t unsent;
	/* Whether leaving was asked for by the key before this one, and by this one. */
	bool may_leave, wants_to_leave;
	struct {
		uint64_t serial;
		char *line; /* as it was typed; NULL: nothing was completed */
		size_t cursor;
		int turn;
		char *made; /* what the line was made; NULL: the same */
	} tab;
	char *told;	 /* the line, as it was told; NULL: empty */
	uint64_t serial; /* … of that many different ones */
} self;

/* ---- what is seen of it ----------------------------------------------------------------------- */

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

/* Instead of readline's, if not empty. */
static const char *question(char out[MESSAGE_MAX_LABEL])
{
	out[0] = '\0';
	if (sender_paste_asks(out))
		return out;
	if (sender_find_on())
		snprintf(out, MESSAGE_MAX_LABEL, "find: ");
	if (self.wants_to_leave && self.unsent > 0)
		snprintf(out, MESSAGE_MAX_LABEL, "%llu not sent: Ctrl-C again leaves all the same ",
			 (unsigned long long)self.unsent);
	else if (self.wants_to_leave)
		snprintf(out, MESSAGE_MAX_LABEL, "Ctrl-C again leaves ");
	return out;
}

static void note_told(void)
{
	if (strcmp(self.told ? self.told : "", rl_line_buffer) == 0)
		return;
	free(self.told);
	self.told = strdup(rl_line_buffer); /* without memory all are different ones */
	self.serial++;
}

/* readline's redisplay: the session passes it to the receiver, which draws. */
static void ship_edit(void)
{
	size_t len = (size_t)rl_end;
	size_t cursor = rl_point < rl_end ? (size_t)rl_point : len;
	struct message m = {.type = MESSAGE_EDIT, .edit = visible(rl_line_buffer, len, cursor)};
	char words[MESSAGE_MAX_LABEL];

	m.edit.prompt = message_text(question(words));
	if (m.edit.prompt.len == 0 && rl_display_prompt && rl_display_prompt != rl_prompt)
		m.edit.prompt = slice_of(
			rl_display_prompt,
			text_clip(rl_display_prompt, strlen(rl_display_prompt), MESSAGE_MAX_LABEL));
	note_told();
	m.edit.serial = self.serial;
	sender_tell(&m);
	sender_find_tell();
}

/* ---- lines that are typed ---------------------------------------------------------------------- */

void sender_line_remember(const char *line)
{
	HIST_ENTRY *last =
		history_length > 0 ? history_get(history_base + history_length - 1) : NULL;

	/* The history is a file; a room's password does not belong there. */
	if (alias_is_secret(sender_preferences(), message_text(line)))
		return;
	if (last && strcmp(last->line, line) == 0)
		return;
	add_history(line);
	if (self.history)
		(void)append_history(1, self.history);
}

void sender_line_refuse_for_now(void)
{
	sender_notice(NOTICE_ERROR, "too many lines wait to be sent: try again later");
}

/* Ctrl-D ends the input, but keys are still read: Ctrl-C has to work.  A terminal that has hung up
 * ends it again and again. */
static void on_end(void)
{
	if (sender_input_ended())
		sender_hang_up();
	else
		sender_end_input();
}

static void act_on_line(const char *line)
{
	enum lines_verdict verdict = lines_judge(line, strlen(line));

	if (verdict == LINES_BLANK || sender_input_ended())
		return;
	sender_line_remember(line);
	if (verdict != LINES_FINE)
		sender_refuse("the line", verdict);
	else if (!sender_may_send(1))
		sender_line_refuse_for_now();
	else
		sender_send(line, strlen(line));
}

static void on_line(char *line)
{
	if (line)
		act_on_line(line);
	else
		on_end();
	free(line);
}

void sender_line_read(void)
{
	self.may_leave = self.wants_to_leave;
	self.wants_to_leave = false;
	rl_callback_read_char();
}

void sender_line_unsent(uint64_t lines)
{
	self.unsent = lines;
}

void sender_line_take_back(struct slice words)
{
	char *line;

	if (rl_end > 0 || sender_find_on() || sender_input_ended() ||
	    RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH))
		return;
	line = strndup((const char *)words.data, words.len);
	if (!line)
		return;
	(void)rl_insert_text(line);
	free(line);
	ship_edit();
}

/* ---- completing -------------------------------------------------------------------------------- */

static void forget_tab(void)
{
	free(self.tab.line);
	free(self.tab.made);
	self.tab.line = self.tab.made = NULL;
}

/* Nothing was typed since: the next candidate is wanted. */
static bool is_still_completing(void)
{
	const char *line = self.tab.made ? self.tab.made : self.tab.line;

	return line && strcmp(rl_line_buffer, line) == 0;
}

/* Keys that come after it wait for the answer, so that they are typed behind it. */
static void complete(int step)
{
	if (is_still_completing()) {
		self.tab.turn += step;
	} else {
		forget_tab();
		self.tab.line = strdup(rl_line_buffer);
		self.tab.cursor = (size_t)rl_point;
		self.tab.turn = step > 0 ? 0 : -1;
	}
	if (!self.tab.line || strlen(self.tab.line) > TEXT_MAX_BYTES ||
	    self.tab.turn % MESSAGE_MAX_TURN != self.tab.turn)
		return;
	sender_tell(&(struct message){.type = MESSAGE_COMPLETE,
				      .complete = {.serial = ++self.tab.serial,
						   .line = message_text(self.tab.line),
						   .cursor = self.tab.cursor,
						   .turn = self.tab.turn}});
	sender_wait(true);
}

static void put_line(const char *line, size_t cursor)
{
	(void)rl_begin_undo_group();
	(void)rl_delete_text(0, rl_end);
	rl_point = 0;
	(void)rl_insert_text(line);
	(void)rl_end_undo_group();
	rl_point = (int)cursor;
}

/* The typed line with `text` in its place. */
static char *made_of(const struct message_replace *r)
{
	size_t rest = strlen(self.tab.line + r->to);
	char *made = malloc(r->from + r->text.len + rest + 1);

	if (!made)
		return NULL;
	memcpy(made, self.tab.line, r->from);
	memcpy(made + r->from, r->text.data, r->text.len);
	memcpy(made + r->from + r->text.len, self.tab.line + r->to, rest + 1);
	return made;
}

void sender_line_replace(const struct message_replace *r)
{
	char *made;

	sender_wait(false);
	if (r->serial != self.tab.serial || !is_still_completing() || r->text.len == 0 ||
	    r->to > strlen(self.tab.line))
		return;
	made = made_of(r);
	if (!made)
		return;
	put_line(made, r->from + r->text.len);
	free(self.tab.made);
	self.tab.made = made;
	ship_edit();
}

/* Where they have typed on it comes into the history: it may be all that there is of it. */
void sender_line_take_draft(uint64_t serial, struct slice text)
{
	char *line;

	if (sender_input_ended())
		return;
	line = strndup((const char *)text.data, text.len);
	if (!line)
		return;
	if ((serial == self.serial || rl_end == 0) && !sender_find_on() &&
	    !RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH)) {
		rl_replace_line(line, 1);
		rl_point = rl_end;
		ship_edit();
	} else if (*line) {
		add_history(line);
	}
	free(line);
}

/* ---- keys -------------------------------------------------------------------------------------- */

/* A line that cannot be sent now stays where it is. */
void sender_line_enter(void)
{
	if (sender_may_send(1) || rl_end == 0)
		(void)rl_newline(1, '\n');
	else
		sender_line_refuse_for_now();
}

/* So readline forgets where in the history it was. */
void sender_line_empty(void)
{
	(void)rl_delete_text(0, rl_end);
	rl_point = 0;
	(void)rl_newline(1, '\n');
}

/* Ctrl-C empties the line; on an empty one it asks, and then leaves. */
static void interrupt(void)
{
	if (rl_end == 0) {
		if (self.may_leave)
			sender_interrupt();
		self.wants_to_leave = true;
		return;
	}
	sender_line_empty();
}

static void help(void)
{
	char words[KEYS_HELP_SIZE];

	(void)keys_help(words, sizeof(words));
	sender_notice(NOTICE_ANSWER, words);
}
_Static_assert((int)KEYS_HELP_SIZE <= (int)MESSAGE_MAX_WORDS, "all of the help is told");

/* As if it had been typed: so it is told, and kept. */
static void toggle_mouse(void)
{
	const char *line =
		sender_preferences()->settings.mouse ? "/set mouse off" : "/set mouse on";

	if (sender_may_send(1))
		sender_send(line, strlen(line));
}

static void roll(enum view_key key)
{
	for (int i = 0; i < WHEEL_LINES; i++)
		sender_tell(&(struct message){.type = MESSAGE_KEY, .key = key});
}

/* "\033[<64;12;7M": the button and the place, and M or m.  What is no wheel does nothing. */
static void click(void)
{
	int button = 0, key;

	while ((key = rl_read_key()) >= '0' && key <= '9')
		button = button < 1000 ? 10 * button + key - '0' : button;
	while ((key >= '0' && key <= '9') || key == ';')
		key = rl_read_key();
	if (key == 'M' && button == WHEEL_UP)
		roll(VIEW_KEY_LINE_UP);
	else if (key == 'M' && button == WHEEL_DOWN)
		roll(VIEW_KEY_LINE_DOWN);
}

void sender_line_key(enum view_key key)
{
	switch (key) {
	case KEY_ENTER:
		sender_line_enter();
		break;
	case KEY_INTERRUPT:
		interrupt();
		break;
	case KEY_COMPLETE:
		complete(1);
		break;
	case KEY_COMPLETE_BACK:
		complete(-1);
		break;
	case KEY_HELP:
		help();
		break;
	case KEY_NEWLINE:
		(void)rl_insert_text("\n");
		break;
	case KEY_FIND:
		sender_find();
		break;
	case KEY_MOUSE:
		toggle_mouse();
		break;
	case KEY_CLICK:
		click();
		break;
	case KEY_PASTE:
		sender_paste();
		break;
	default:
		sender_tell(&(struct message){.type = MESSAGE_KEY, .key = key});
	}
}

/* ---- readline ---------------------------------------------------------------------------------- */

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

bool sender_line_start(const char *history)
{
	FILE *nowhere = fopen("/dev/null", "w");

	if (!nowhere)
		return false;
	self.history = history;
	rl_readline_name = "chat-client";
	rl_instream = stdin;
	rl_outstream = nowhere;
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_prep_term_function = prep_nothing;
	rl_deprep_term_function = deprep_nothing;
	rl_redisplay_function = ship_edit;
	rl_getc_function = sender_find_getc;
	rl_completion_entry_function = complete_nothing;
	sender_keys_offer();
	(void)rl_initialize();
	(void)rl_variable_bind("bell-style", "none"); /* it would ring on the terminal */
	sender_keys_insist();
	read_history_file();
	rl_callback_handler_install("", on_line);
	return true;
}
