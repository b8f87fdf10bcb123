/*
 * chat-client: options, the terminal, three processes, and back.
 *
 * The process that starts here becomes the session (session_proc.c); it forks the receiver, which
 * shows the room, and the sender, which reads lines.  Whatever ends, the terminal is given back.
 */
#include "children.h"
#include "cursors.h"
#include "discover.h"
#include "first_run.h"
#include "options.h"
#include "proto/name.h"
#include "screen_curses.h"
#include "session_proc.h"
#include "settings_file.h"
#include "sys/datadir.h"
#include "sys/identity.h"
#include "sys/proc.h"
#include "sys/secret.h"
#include "terminal.h"
#include "trust.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int complain(const char *what)
{
	(void)fprintf(stderr, "chat-client: %s\n", what);
	return SESSION_USAGE;
}

/* Chinese has to work under LANG=C too: characters are UTF-8 whatever the locale says of the rest. */
static void set_locale(void)
{
	if (!setlocale(LC_ALL, ""))
		(void)setlocale(LC_ALL, "C");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return;
	/* In the environment too: readline asks it again. */
	(void)setenv(getenv("LC_ALL") ? "LC_ALL" : "LC_CTYPE", "C.UTF-8", 1);
	(void)setlocale(LC_CTYPE, "C.UTF-8");
}

/* Whether it is /dev/tty: whatever terminal we have, under a device number of its own. */
static bool is_dev_tty(const struct stat *st)
{
	struct stat tty;

	return stat("/dev/tty", &tty) == 0 && st->st_rdev == tty.st_rdev;
}

/* Input and output are the same terminal: then one process can read what another draws. */
static bool on_one_terminal(void)
{
	struct stat in, out;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (fstat(STDIN_FILENO, &in) || fstat(STDOUT_FILENO, &out))
		return false;
	return in.st_rdev == out.st_rdev || is_dev_tty(&in) || is_dev_tty(&out);
}

/* What is left on a terminal that is not drawn on, when a process was killed: its line has to end. */
static enum receiver_mode speak(void)
{
	static const char end_of_line[] = "\r\n";

	return terminal_save(end_of_line, strlen(end_of_line)) ? RECEIVER_SPOKEN : RECEIVER_PLAIN;
}

static enum receiver_mode choose_mode(const struct options *o, const struct settings *s)
{
	char goodbye[256];
	size_t len;

	if (o->output == OPTIONS_JSON)
		return RECEIVER_JSON;
	if (!on_one_terminal())
		return RECEIVER_PLAIN;
	if (o->output == OPTIONS_PLAIN || s->reader)
		return speak();
	len = screen_goodbye(goodbye, sizeof(goodbye));
	if (len > 0 && terminal_save(goodbye, len))
		return RECEIVER_SCREEN;
	(void)complain("this terminal (TERM) cannot be drawn on: plain lines instead");
	return speak();
}

static bool colour_wanted(const struct options *o)
{
	const char *no = getenv("NO_COLOR");

	return !o->no_color && !(no && *no);
}

/* False: -d names what cannot be used.  Without -d, no directory only means that nothing is kept. */
static bool open_datadir(const struct options *o, char dir[DATADIR_MAX])
{
	if (datadir_open(o->datadir, dir) == ERR_NONE)
		return true;
	dir[0] = '\0';
	if (o->datadir)
		(void)fprintf(stderr, "chat-client: the directory %s cannot be used: %s\n",
			      o->datadir, strerror(errno));
	return !o->datadir;
}

/* The last of what was shown; if it cannot be kept it was told before. */
static void keep_cursors(struct cursors *cursors, bool all_shown)
{
	if (all_shown) {
		(void)cursors_mark(cursors);
		cursors_shown(cursors);
	}
	if (cursors_save(cursors, true) != ERR_NONE)
		return;
}

/* There is a server to go to next: so the last words of this one are for its screen. */
static bool goes_on(const struct session_options *session, const struct session_end *end)
{
	bool back = session->fallback && !end->joined && end->code != SESSION_DONE;

	return (end->connect[0] || back) && !end->interrupted;
}

static int talk(const struct session_options *session, struct children *children,
		struct session_end *end)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, 0};
	struct session_io io = {.sender = children->sender, .receiver = children->receiver};
	bool shown;

	io.signals = proc_signals(wanted);
	if (io.signals < 0)
		*end = (struct session_end){.code = SESSION_USAGE, .words = "out of descriptors"};
	else
		session_run(session, &io, end);
	shown = children_end(children, io.signals, goes_on(session, end) ? "" : end->words,
			     end->interrupted);
	terminal_restore();
	keep_cursors(session->cursors, shown);
	if (end->code == SESSION_DONE && !shown)
		return SESSION_USAGE;
	return end->code;
}

/* A room that is opened here is joined by the local socket. */
static bool find_server(const struct options *o, const char *dir, struct discovered *found,
			struct session_options *session)
{
	session->notice = found->notice;
	switch (discover_server(session->interactive, !o->no_discovery, found)) {
	case DISCOVERY_FOUND:
		return true;
	case DISCOVERY_NOBODY:
		return first_run_offer_room(&found->server, dir, found->notice);
	case DISCOVERY_NONE:
		break;
	}
	return false;
}
_Static_assert((int)FIRST_RUN_NOTICE <= (int)DISCOVER_NOTICE, "what is said of a room has place");

static void warn(const char *sentence)
{
	(void)complain(sentence);
}

static struct secure_identity *open_identity(const struct options *o, const char *dir)
{
	const struct identity_wanted wanted = {
		.dir = dir,
		.name = "identity.key",
		.password_file = o->password_file,
		.insist = o->datadir,
		.loss = "the key of this run is forgotten at its end, and a name that it takes "
			"is nobody's to have again: choose a directory with -d",
		.warn = warn,
	};
	struct keyfile_error why;
	struct secure_identity *id = identity_open(&wanted, &why);

	if (!id)
		(void)complain(why.text);
	return id;
}

/* A key that the local network told is no invitation, but the server has to have it. */
static void begin_trust(const struct options *o, const char *dir, struct session_options *session)
{
	static struct trust trust;
	struct endpoint server = *session->server;

	server.has_key &= o->has_server;
	trust_init(&trust, &server, dir);
	if (!o->has_server)
		trust_expect(&trust, server.key);
	session->trust = &trust;
	if (o->password_file && trust_blind(&trust))
		(void)fprintf(
			stderr,
			"chat-client: the key of %s is not known yet: whoever answers there can "
			"guess at the password for as long as they like.  An invitation "
			"(ADDRESS/#KEY) keeps it from strangers, and a long one withstands\n",
			trust.server);
}

/* A damaged file is told, and counts as none.  NULL: no memory. */
static struct cursors *open_cursors(const char *dir)
{
	char path[DATADIR_MAX] = "";
	enum err err;
	struct cursors *cursors;

	if (dir[0] && datadir_file(dir, "cursors", path) != ERR_NONE)
		path[0] = '\0';
	cursors = cursors_new(path, &err);
	if (cursors && err == ERR_MALFORMED)
		(void)fprintf(stderr,
			      "chat-client: %s is damaged and counts as empty: rooms begin with "
			      "their last events\n",
			      path);
	return cursors;
}

/* What does not change from one server to the next. */
struct house {
	char dir[DATADIR_MAX];
	struct receiver_options receiver;
	struct sender_options sender;
};

static int run_children(const struct house *house, const struct session_options *session,
			struct session_end *end)
{
	struct children children;

	if (children_start(&children, &house->receiver, &house->sender) != ERR_NONE)
		return complain(strerror(errno));
	return talk(session, &children, end);
}

/* On a local socket there are neither keys nor passwords: the kernel tells who is there. */
static int run_sealed(const struct options *o, const struct house *house,
		      struct session_options *session, struct session_end *end)
{
	struct secure_identity *id;
	int status;

	session->identity = NULL;
	session->trust = NULL;
	session->has_password = o->password_file;
	if (session->server->kind == ENDPOINT_UNIX)
		return run_children(house, session, end);
	id = open_identity(o, house->dir);
	if (!id)
		return SESSION_USAGE;
	begin_trust(o, house->dir, session);
	session->identity = id;
	status = run_children(house, session, end);
	identity_free(id);
	return status;
}

/* At one server. */
static int run_at(const struct options *o, const struct house *house,
		  struct session_options *session, struct session_end *end)
{
	int status;

	*end = (struct session_end){.code = SESSION_USAGE};
	session->server = &o->server;
	session->cursors = open_cursors(house->dir);
	if (!session->cursors)
		return complain("out of memory");
	status = run_sealed(o, house, session, end);
	cursors_free(session->cursors);
	return status;
}

/* What the command line said of rooms was of the first server: elsewhere they begin where they were left. */
static void begin_elsewhere(struct session_options *session, const struct session_end *end,
			    const char *notice)
{
	static char nick[NAME_MAX_BYTES + 1];

	if (end->nick[0]) {
		memcpy(nick, end->nick, sizeof(nick));
		session->nick = nick;
	}
	session->since_given = false;
	session->since_mode = SINCE_LAST;
	session->since = OPTIONS_HISTORY;
	session->room_count = 0;
	session->settings_words = "";
	session->notice = notice;
}

/* What the session took for an address is one. */
static void go_there(struct options *here, struct session_options *session,
		     const struct session_end *end)
{
	static char files[2][SESSION_FILE_MAX]; /* of here, and of the one to go back to */
	static unsigned used;
	char *file = files[used++ % 2];
	struct sock_error why;

	memcpy(file, end->password_file, SESSION_FILE_MAX);
	here->password_file = *file ? file : NULL;
	here->has_server = true;
	session->fallback = true;
	if (endpoint_parse(end->connect, &here->server, &why) == ERR_NONE)
		begin_elsewhere(session, end, "");
}

static void go_back(struct session_options *session, const struct session_end *end)
{
	static char notice[MESSAGE_MAX_WORDS];

	snprintf(notice, sizeof(notice), "%.3900s; back here again",
		 end->words[0] ? end->words : "that server cannot be joined");
	session->fallback = false;
	begin_elsewhere(session, end, notice);
}

/* To the server where one is to be, to those that /connect says, and back from those that are none. */
static int run_along(struct options *here, const struct house *house,
		     struct session_options *session)
{
	static struct session_end end;
	struct options before = *here;
	int status = run_at(here, house, session, &end);

	while (goes_on(session, &end)) {
		if (end.connect[0]) {
			before = *here;
			go_there(here, session, &end);
		} else {
			*here = before;
			go_back(session, &end);
		}
		status = run_at(here, house, session, &end);
	}
	return status;
}

/* Who is asked to give up at once gets the shortest time there is: none means for ever. */
static uint64_t give_up_us(const struct options *o, bool interactive)
{
	if (!o->has_give_up)
		return interactive ? 0 : SESSION_GIVE_UP_US;
	return o->give_up_s ? o->give_up_s * 1000000 : 1;
}

/* What the person has chosen, in earlier runs and for this one. */
static void begin_preferences(const struct options *o, struct session_options *session)
{
	static struct preferences preferences;
	static char path[DATADIR_MAX], words[SETTINGS_FILE_WORDS];

	preferences_init(&preferences);
	if (settings_file_path(o->config, path) == ERR_NONE)
		settings_file_read(path, &preferences, words);
	else
		path[0] = '\0';
	for (size_t i = 0; i < o->set_count; i++)
		(void)!settings_put(&preferences.settings, o->sets[i].row,
				    slice_of(o->sets[i].value, strlen(o->sets[i].value)));
	session->preferences = &preferences;
	session->settings_path = path;
	session->settings_words = words;
}

/* What the person has answered is asked no more. */
static void keep_nick(const struct session_options *session, const char *nick)
{
	struct preference one = {.kind = PREFERENCE_SETTING,
				 .name = slice_of("nick", strlen("nick")),
				 .value = slice_of(nick, strlen(nick))};

	if (preferences_put(session->preferences, &one) != ERR_NONE)
		return; /* it does not happen: a name is a text of one line */
	if (*session->settings_path && settings_file_put(session->settings_path, &one) == ERR_NONE)
		return;
	(void)complain("that name could not be kept: you will be asked again, or say -n");
}

/* -n, else as they have chosen, else as they say now, else the login name.  False: they went away. */
static bool choose_nick(const struct options *o, struct session_options *session)
{
	static char nick[NAME_MAX_BYTES + 1];
	const char *chosen = session->preferences->settings.nick;

	session->nick = o->nick;
	if (o->nick)
		return true;
	if (*chosen && !first_run_is_name(chosen))
		(void)complain("what the setting nick says cannot be a name");
	if (first_run_is_name(chosen)) {
		snprintf(nick, sizeof(nick), "%.*s", NAME_MAX_BYTES, chosen);
		session->nick = nick;
	} else if (session->interactive && !o->has_server) {
		if (!first_run_ask_name(nick))
			return false;
		keep_nick(session, nick);
		session->nick = nick;
	} else {
		session->nick = first_run_login();
	}
	return true;
}

static int run(struct options *o)
{
	static struct house house;
	char history[DATADIR_MAX];
	struct session_options session = {.since_mode = o->since_mode,
					  .since = o->since,
					  .since_given = o->has_since,
					  .rooms = o->rooms,
					  .room_count = o->room_count,
					  .follow = o->follow};
	struct discovered found;
	int status;

	begin_preferences(o, &session);
	house.receiver = (struct receiver_options){choose_mode(o, &session.preferences->settings),
						   colour_wanted(o)};
	session.screen = house.receiver.mode == RECEIVER_SCREEN;
	session.interactive = session.screen || house.receiver.mode == RECEIVER_SPOKEN;
	house.sender.terminal = session.interactive;
	session.give_up_us = give_up_us(o, session.interactive);
	if (!choose_nick(o, &session))
		return SESSION_DONE;
	if (!session.nick && !session.interactive)
		return complain("your login name cannot be a name here: give one with -n");
	if (!open_datadir(o, house.dir))
		return SESSION_USAGE;
	session.dir = house.dir;
	if (house.dir[0] && datadir_file(house.dir, "history", history) == ERR_NONE)
		house.sender.history = history;
	if (!o->has_server && !find_server(o, house.dir, &found, &session))
		return SESSION_NO_SERVER;
	if (!o->has_server)
		o->server = found.server;
	status = run_along(o, &house, &session);
	preferences_wipe(session.preferences);
	return status;
}

int main(int argc, char **argv)
{
	struct options o;
	struct options_error why;

	if (!proc_standard_descriptors())
		return SESSION_USAGE;
	if (!secret_start())
		return complain("the system gives no random numbers");
	set_locale();
	switch (options_parse(&o, argc, argv, &why)) {
	case OPTIONS_RUN:
		return run(&o);
	case OPTIONS_ROOMS:
		return discover_list(o.output == OPTIONS_JSON) ? SESSION_DONE : SESSION_NO_SERVER;
	case OPTIONS_HELP:
		(void)fputs(options_help(), stdout);
		return SESSION_DONE;
	case OPTIONS_VERSION:
		(void)puts("chat-client " CHAT_VERSION);
		return SESSION_DONE;
	case OPTIONS_BAD:
		break;
	}
	return complain(why.text);
}
