/* The command line; the contract is in options.h. */
#include "options.h"

#include "proto/text.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	OPT_PLAIN = 256,
	OPT_JSON,
	OPT_HISTORY,
	OPT_SINCE,
	OPT_ROOM,
	OPT_FOLLOW,
	OPT_GIVE_UP,
	OPT_NO_COLOR,
	OPT_LIST_ROOMS,
	OPT_NO_DISCOVERY,
	OPT_PASSWORD_FILE,
	OPT_CONFIG,
	OPT_SET,
	OPT_VERSION,
	OPT_HELP,
};

enum { GIVE_UP_MAX = 1000000000 }; /* seconds */

static const struct option long_options[] = {
	{"plain", no_argument, NULL, OPT_PLAIN},
	{"json", no_argument, NULL, OPT_JSON},
	{"history", required_argument, NULL, OPT_HISTORY},
	{"since", required_argument, NULL, OPT_SINCE},
	{"room", required_argument, NULL, OPT_ROOM},
	{"follow", no_argument, NULL, OPT_FOLLOW},
	{"give-up", required_argument, NULL, OPT_GIVE_UP},
	{"no-color", no_argument, NULL, OPT_NO_COLOR},
	{"list-rooms", no_argument, NULL, OPT_LIST_ROOMS},
	{"no-discovery", no_argument, NULL, OPT_NO_DISCOVERY},
	{"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
	{"config", required_argument, NULL, OPT_CONFIG},
	{"set", required_argument, NULL, OPT_SET},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{0},
};

static const char help[] =
	"usage: chat-client [-n NICK] [--plain | --json] [--history N | --since SEQ|now]\n"
	"                   [--room ROOM]... [--follow] [--give-up SECONDS] [--no-color]\n"
	"                   [-d DATADIR] [--password-file FILE] [--no-discovery]\n"
	"                   [--config FILE] [--set NAME=VALUE]... [--list-rooms]\n"
	"                   [--version] [--help] [ADDRESS]\n"
	"\n"
	"Joins a chat room.  Type a line, Enter says it; /help lists the commands.\n"
	"\n"
	"  ADDRESS          chat://HOST[:PORT][/#KEY] (UDP, else TCP), udp://HOST[:PORT][/#KEY],\n"
	"                   tcp://HOST[:PORT][/#KEY] or unix:/PATH; default: the local socket,\n"
	"                   else a room that answers on the local network.  With #KEY, as the\n"
	"                   server's invitation has it: that server or none; without, the one\n"
	"                   that was there at the first contact\n"
	"  -n NICK          the name to join with; default: the setting nick, else your login\n"
	"                   name\n"
	"  --plain          lines in, lines out; automatic when standard input or output is no\n"
	"                   terminal; on a terminal for screen readers: words, line by line\n"
	"  --json           one JSON object a line\n"
	"  --history N      first show the last N events of each room; default: those since the\n"
	"                   last time here under that name, or 50\n"
	"  --since SEQ      first show all events after number SEQ (0: all that the room has;\n"
	"                   now: none)\n"
	"  --room ROOM      be in that room as well: #NAME, or @NICK for the room of two with\n"
	"                   somebody; can be given several times; lines go to the first\n"
	"  --follow         stay when standard input ends\n"
	"  --give-up SECONDS\n"
	"                   how long to try to get a lost connection back; default: 120, on a\n"
	"                   terminal for ever\n"
	"  --no-color       no colours (also: NO_COLOR in the environment)\n"
	"  -d DATADIR       where to keep files; default: $XDG_DATA_HOME/chat-room, else\n"
	"                   ~/.local/share/chat-room\n"
	"  --password-file FILE\n"
	"                   the room's password is the first line of FILE\n"
	"  --config FILE    the file of settings; default: $XDG_CONFIG_HOME/chat-room/client.ini,\n"
	"                   else ~/.config/chat-room/client.ini\n"
	"  --set NAME=VALUE a setting for this run; /set lists them\n"
	"  --no-discovery   do not ask the local network for rooms\n"
	"  --list-rooms     print the rooms of the local network, and end\n"
	"  --version        print the version\n"
	"  --help           print this\n"
	"\n"
	"exit status: 0 done, 1 usage, 2 no server reached, 3 refused, 4 lost and not resumed\n";

const char *options_help(void)
{
	return help;
}

__attribute__((format(printf, 2, 3))) static enum options_verdict bad(struct options_error *why,
								      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return OPTIONS_BAD;
}

/* A whole number of digits alone, as large as the protocol carries. */
static bool parse_number(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || v > BUF_VARINT_MAX / 10)
			return false;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return v <= BUF_VARINT_MAX;
}

struct parse {
	struct options *o;
	struct options_error *why;
	bool history, since, rooms; /* given */
};

static enum options_verdict parse_since(struct parse *p, const char *arg)
{
	p->since = p->o->has_since = true;
	if (strcmp(arg, "now") == 0) {
		p->o->since_mode = SINCE_LAST;
		p->o->since = 0;
		return OPTIONS_RUN;
	}
	p->o->since_mode = SINCE_SEQ;
	if (!parse_number(arg, &p->o->since))
		return bad(p->why, "--since takes a number or \"now\", not \"%s\"", arg);
	return OPTIONS_RUN;
}

static enum options_verdict parse_history(struct parse *p, const char *arg)
{
	p->history = p->o->has_since = true;
	p->o->since_mode = SINCE_LAST;
	if (!parse_number(arg, &p->o->since))
		return bad(p->why, "--history takes a number, not \"%s\"", arg);
	return OPTIONS_RUN;
}

/* What else the name may have in it is the server's to say. */
static enum options_verdict parse_room(struct parse *p, const char *arg)
{
	size_t n = strlen(arg);

	if (p->o->room_count == OPTIONS_ROOMS_MAX)
		return bad(p->why, "--room was given more than %d times", OPTIONS_ROOMS_MAX);
	if ((*arg != '#' && *arg != '@') || n < 2)
		return bad(p->why, "--room takes #NAME or @NICK, not \"%s\"", arg);
	if (n > WIRE_ROOM_NAME_MAX)
		return bad(p->why, "the name given with --room is longer than %d bytes",
			   WIRE_ROOM_NAME_MAX);
	if (!text_valid(arg, n))
		return bad(p->why, "the name given with --room is not UTF-8 text");
	p->o->rooms[p->o->room_count++] = arg;
	return OPTIONS_RUN;
}

static enum options_verdict parse_give_up(struct parse *p, const char *arg)
{
	p->o->has_give_up = true;
	if (!parse_number(arg, &p->o->give_up_s) || p->o->give_up_s > GIVE_UP_MAX)
		return bad(p->why, "--give-up takes a number of seconds, not \"%s\"", arg);
	return OPTIONS_RUN;
}

static enum options_verdict parse_output(struct parse *p, enum options_output output)
{
	if (p->o->output != OPTIONS_AUTO && p->o->output != output)
		return bad(p->why, "--plain and --json exclude each other");
	p->o->output = output;
	return OPTIONS_RUN;
}

/* Whether it can be a name at all; whether it may be one is the server's to say. */
static enum options_verdict parse_nick(struct parse *p, const char *arg)
{
	size_t n = strlen(arg);

	p->o->nick = arg;
	if (n == 0)
		return bad(p->why, "the name given with -n is empty");
	if (n > NAME_MAX_BYTES)
		return bad(p->why, "the name given with -n is longer than %d bytes",
			   NAME_MAX_BYTES);
	if (!text_valid(arg, n))
		return bad(p->why, "the name given with -n is not UTF-8 text");
	return OPTIONS_RUN;
}

static enum options_verdict parse_datadir(struct parse *p, const char *arg)
{
	p->o->datadir = arg;
	return *arg ? OPTIONS_RUN : bad(p->why, "the directory given with -d is empty");
}

static enum options_verdict parse_config(struct parse *p, const char *arg)
{
	p->o->config = arg;
	return *arg ? OPTIONS_RUN : bad(p->why, "the file given with --config is empty");
}

static enum options_verdict parse_set(struct parse *p, const char *arg)
{
	size_t name = strcspn(arg, "=");
	const struct setting *row = settings_find(slice_of(arg, name));
	const char *value = arg + name + (arg[name] == '=');
	char range[SETTINGS_WORDS_SIZE];
	struct settings any;

	settings_init(&any);
	if (!row)
		return bad(p->why, "there is no setting \"%.*s\"", (int)name, arg);
	if (settings_put(&any, row, slice_of(value, strlen(value))) != ERR_NONE)
		return bad(p->why, "%s is %s", row->name, settings_range(row, range));
	if (p->o->set_count == OPTIONS_SETS_MAX)
		return bad(p->why, "--set was given more than %d times", OPTIONS_SETS_MAX);
	p->o->sets[p->o->set_count].row = row;
	p->o->sets[p->o->set_count++].value = value;
	return OPTIONS_RUN;
}

static enum options_verdict parse_option(struct parse *p, int option, const char *arg)
{
	switch (option) {
	case 'n':
		return parse_nick(p, arg);
	case 'd':
		return parse_datadir(p, arg);
	case OPT_PLAIN:
		return parse_output(p, OPTIONS_PLAIN);
	case OPT_JSON:
		return parse_output(p, OPTIONS_JSON);
	case OPT_HISTORY:
		return parse_history(p, arg);
	case OPT_SINCE:
		return parse_since(p, arg);
	case OPT_ROOM:
		return parse_room(p, arg);
	case OPT_FOLLOW:
		p->o->follow = true;
		return OPTIONS_RUN;
	case OPT_GIVE_UP:
		return parse_give_up(p, arg);
	case OPT_NO_COLOR:
		p->o->no_color = true;
		return OPTIONS_RUN;
	case OPT_LIST_ROOMS:
		p->rooms = true;
		return OPTIONS_RUN;
	case OPT_NO_DISCOVERY:
		p->o->no_discovery = true;
		return OPTIONS_RUN;
	case OPT_PASSWORD_FILE:
		p->o->password_file = arg;
		return OPTIONS_RUN;
	case OPT_CONFIG:
		return parse_config(p, arg);
	case OPT_SET:
		return parse_set(p, arg);
	case OPT_VERSION:
		return OPTIONS_VERSION;
	case OPT_HELP:
		return OPTIONS_HELP;
	default:
		return OPTIONS_BAD;
	}
}

static enum options_verdict unknown(struct parse *p, char **argv, int option, int at)
{
	if (option == ':')
		return bad(p->why, "option %s needs a value; see --help", argv[at]);
	if (optopt > 0 && optopt < 256)
		return bad(p->why, "unknown option -%c; see --help", optopt);
	return bad(p->why, "unknown or misused option %s; see --help", argv[at]);
}

static enum options_verdict parse_address(struct parse *p, int argc, char **argv)
{
	struct sock_error error;

	if (p->rooms)
		return optind == argc ? OPTIONS_ROOMS
				      : bad(p->why, "--list-rooms takes no address: it asks the "
						    "local network");
	if (optind == argc)
		return OPTIONS_RUN;
	if (argc - optind > 1)
		return bad(p->why, "more than one address: \"%s\" and \"%s\"", argv[optind],
			   argv[optind + 1]);
	p->o->has_server = true;
	if (endpoint_parse(argv[optind], &p->o->server, &error) != ERR_NONE)
		return bad(p->why, "%s", error.text);
	return OPTIONS_RUN;
}

enum options_verdict options_parse(struct options *o, int argc, char **argv,
				   struct options_error *why)
{
	struct parse p = {.o = o, .why = why};
	int option;

	*o = (struct options){.since_mode = SINCE_LAST, .since = OPTIONS_HISTORY};
	optind = 0; /* glibc: start anew */
	opterr = 0;
	for (;;) {
		int at = optind > 0 ? optind : 1;
		option = getopt_long(argc, argv, ":n:d:", long_options, NULL);
		if (option < 0)
			break;
		enum options_verdict v = option == '?' || option == ':'
						 ? unknown(&p, argv, option, at)
						 : parse_option(&p, option, optarg);
		if (v != OPTIONS_RUN)
			return v;
	}
	if (p.history && p.since)
		return bad(why, "--history and --since exclude each other");
	return parse_address(&p, argc, argv);
}
