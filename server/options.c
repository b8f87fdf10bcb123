/* One table of options feeds getopt and --help. */
#include "options.h"

#include "core/record.h"
#include "proto/discovery.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_IO = 256,
	OPT_LOG,
	OPT_PASSWORD_FILE,
	OPT_INVITE,
	OPT_GRACE,
	OPT_RECALL,
	OPT_RATE,
	OPT_THREADS,
	OPT_MEMORY,
	OPT_DURABILITY,
	OPT_KEEP,
	OPT_EXPORT,
	OPT_BACKUP,
	OPT_NO_UDP,
	OPT_NO_TCP,
	OPT_NAME,
	OPT_NO_DISCOVERY,
	OPT_VERSION,
};

static const struct {
	struct option option; /* name NULL: the short form alone */
	const char *argument, *help;
} table[] = {
	{{"port", required_argument, NULL, 'p'},
	 "PORT",
	 "UDP and TCP port (8888; 0: any free one)"},
	{{"bind", required_argument, NULL, 'b'},
	 "ADDR",
	 "listen on this address alone; may be repeated"},
	{{"socket", required_argument, NULL, 'u'}, "SOCKET", "path of the local socket"},
	{{"data", required_argument, NULL, 'd'},
	 "DATADIR",
	 "where the server keeps its key and its files"},
	{{"io", required_argument, NULL, OPT_IO}, "HOW", "auto, select, poll or epoll (auto)"},
	{{"log", required_argument, NULL, OPT_LOG},
	 "FILE",
	 "write down all that is said; SIGHUP reopens it"},
	{{"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
	 "FILE",
	 "let in who knows the password in its first line"},
	{{"invite", no_argument, NULL, OPT_INVITE},
	 NULL,
	 "print the invitations of a server with these options, and end"},
	{{"grace", required_argument, NULL, OPT_GRACE},
	 "SECONDS",
	 "keep the place of who is lost so long (90)"},
	{{"recall", required_argument, NULL, OPT_RECALL},
	 "SECONDS",
	 "let people recall and edit what they said so long (120; 0: never)"},
	{{"rate", required_argument, NULL, OPT_RATE},
	 "N",
	 "commands a second from one client, more wait (100; 0: no limit)"},
	{{"threads", required_argument, NULL, OPT_THREADS},
	 "N",
	 "threads that send to the members, 1 to 16 (1)"},
	{{"memory", no_argument, NULL, OPT_MEMORY},
	 NULL,
	 "keep what is said in memory alone, until this server ends"},
	{{"durability", required_argument, NULL, OPT_DURABILITY},
	 "HOW",
	 "full: what is acknowledged outlives a power cut; normal: a crash (full)"},
	{{"keep", required_argument, NULL, OPT_KEEP},
	 "DAYS|forever",
	 "how long what is said is kept (forever)"},
	{{"export", required_argument, NULL, OPT_EXPORT},
	 "ROOM",
	 "print all that a room keeps, a line of JSON each, and end"},
	{{"backup", required_argument, NULL, OPT_BACKUP},
	 "FILE",
	 "copy what all rooms keep into a new file, and end"},
	{{"no-udp", no_argument, NULL, OPT_NO_UDP}, NULL, "do not listen on UDP"},
	{{"no-tcp", no_argument, NULL, OPT_NO_TCP}, NULL, "do not listen on TCP"},
	{{"name", required_argument, NULL, OPT_NAME},
	 "NAME",
	 "the room's name on the local network (HOST's room)"},
	{{"no-discovery", no_argument, NULL, OPT_NO_DISCOVERY},
	 NULL,
	 "do not answer clients that look for rooms"},
	{{"version", no_argument, NULL, OPT_VERSION}, NULL, "print the version and end"},
	{{"help", no_argument, NULL, 'h'}, NULL, "print this and end"},
};

enum { TABLE_COUNT = sizeof(table) / sizeof(table[0]) };

static void print_help(void)
{
	printf("usage: chat-server [OPTION]…\n"
	       "A chat room over UDP, TCP and a local socket at once.\n\n");
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		char names[64];
		int val = table[i].option.val;
		int n = val < OPT_IO ? snprintf(names, sizeof(names), "-%c, ", val)
				     : snprintf(names, sizeof(names), "    ");
		snprintf(names + n, sizeof(names) - (size_t)n, "--%s %s", table[i].option.name,
			 table[i].argument ? table[i].argument : "");
		printf("  %-24s %s\n", names, table[i].help);
	}
	printf("\nWith a terminal on standard input that is the console: a line is an announcement "
	       "to all,\n"
	       "/help lists the commands.  SIGTERM and SIGINT end the server in good order.\n");
}

static bool fail(int *status, const char *what, const char *value, const char *hint)
{
	fprintf(stderr, "chat-server: %s '%s': %s\n", what, value, hint);
	*status = 1;
	return false;
}

static bool parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;
	errno = 0;
	*out = strtoul(text, &end, 10);

	return !errno && end != text && !*end && *out <= max && !strchr("+- \t", text[0]);
}

static bool parse_port(const char *text, uint16_t *port)
{
	unsigned long v;

	if (!parse_number(text, UINT16_MAX, &v))
		return false;
	*port = (uint16_t)v;
	return true;
}

static bool parse_up_to(const char *text, unsigned max, unsigned *out)
{
	unsigned long v;

	if (!parse_number(text, max, &v))
		return false;
	*out = (unsigned)v;
	return true;
}

static bool parse_socket(const char *text, struct server_options *o)
{
	size_t n = strlen(text);

	if (n == 0 || n >= sizeof(o->socket_path))
		return false;
	memcpy(o->socket_path, text, n + 1);
	return true;
}

bool options_parse_keep(const char *text, size_t len, uint32_t *days)
{
	char digits[8];
	unsigned long v;

	*days = RECORD_KEEP_FOREVER;
	if (len == strlen("forever") && memcmp(text, "forever", len) == 0)
		return true;
	if (len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!parse_number(digits, OPTIONS_MAX_KEEP, &v) || v == 0)
		return false;
	*days = (uint32_t)v;
	return true;
}

/* What is kept, how well, and for how long. */
static bool take_history(int opt, struct server_options *o, int *status)
{
	switch (opt) {
	case OPT_RECALL:
		return parse_up_to(optarg, OPTIONS_MAX_RECALL, &o->recall) ||
		       fail(status, "bad --recall", optarg, "use 0 to 2592000 seconds");
	case OPT_MEMORY:
		o->memory = true;
		return true;
	case OPT_DURABILITY:
		o->lazy = strcmp(optarg, "normal") == 0;
		return o->lazy || strcmp(optarg, "full") == 0 ||
		       fail(status, "bad --durability", optarg, "use full or normal");
	case OPT_KEEP:
		return options_parse_keep(optarg, strlen(optarg), &o->keep_days) ||
		       fail(status, "bad --keep", optarg, "use 1 to 36500 days, or forever");
	case OPT_EXPORT:
		o->export_room = optarg;
		return true;
	case OPT_BACKUP:
		o->backup_file = optarg;
		return true;
	default: /* getopt has said what is wrong */
		fprintf(stderr, "chat-server: try --help\n");
		*status = 1;
		return false;
	}
}

static bool take(int opt, struct server_options *o, int *status)
{
	switch (opt) {
	case 'p':
		return parse_port(optarg, &o->port) ||
		       fail(status, "bad port", optarg, "use 0 to 65535");
	case 'b':
		if (o->bind_count == OPTIONS_MAX_BINDS)
			return fail(status, "too many addresses at", optarg, "8 are the most");
		o->binds[o->bind_count++] = optarg;
		return true;
	case 'u':
		return parse_socket(optarg, o) ||
		       fail(status, "bad socket path", optarg, "use 1 to 107 bytes");
	case 'd':
		o->data_dir = optarg;
		return true;
	case OPT_IO:
		return reactor_io_parse(optarg, &o->io) == ERR_NONE ||
		       fail(status, "bad --io", optarg, "use auto, select, poll or epoll");
	case OPT_LOG:
		o->log_path = optarg;
		return true;
	case OPT_PASSWORD_FILE:
		o->password_file = optarg;
		return true;
	case OPT_INVITE:
		o->invite = true;
		return true;
	case OPT_GRACE:
		return parse_up_to(optarg, OPTIONS_MAX_GRACE, &o->grace) ||
		       fail(status, "bad --grace", optarg, "use 0 to 86400 seconds");
	case OPT_RATE:
		return parse_up_to(optarg, OPTIONS_MAX_RATE, &o->rate) ||
		       fail(status, "bad --rate", optarg, "use 0 to 10000 commands");
	case OPT_THREADS:
		return (parse_up_to(optarg, OPTIONS_MAX_THREADS, &o->threads) && o->threads > 0) ||
		       fail(status, "bad --threads", optarg, "use 1 to 16");
	case OPT_NO_UDP:
		o->no_udp = true;
		return true;
	case OPT_NO_TCP:
		o->no_tcp = true;
		return true;
	case OPT_NAME:
		o->name = optarg;
		return discovery_name_ok(optarg, strlen(optarg)) ||
		       fail(status, "bad name", optarg, "use 1 to 64 bytes that can be shown");
	case OPT_NO_DISCOVERY:
		o->no_discovery = true;
		return true;
	case 'h':
		print_help();
		return false;
	case OPT_VERSION:
		printf("chat-server %s\n", CHAT_VERSION);
		return false;
	default:
		return take_history(opt, o, status);
	}
}

/* Whether there is an address that can be told before the server listens. */
static bool invitable(const struct server_options *o, int *status)
{
	if (o->port == 0)
		return fail(status, "no invitation to port", "0", "give the server's with -p");
	if (o->no_udp && o->no_tcp)
		return fail(status, "no invitation with", "--no-udp --no-tcp",
			    "the local socket is for this machine alone");
	return true;
}

bool options_parse(int argc, char **argv, struct server_options *o, int *status)
{
	struct option longs[TABLE_COUNT + 1] = {0};
	int opt;

	for (size_t i = 0; i < TABLE_COUNT; i++)
		longs[i] = table[i].option;
	*o = (struct server_options){.port = SOCK_DEFAULT_PORT,
				     .grace = OPTIONS_GRACE,
				     .recall = OPTIONS_RECALL,
				     .rate = OPTIONS_RATE,
				     .threads = 1,
				     .keep_days = RECORD_KEEP_FOREVER,
				     .together = getenv("CHAT_TOGETHER") != NULL,
				     .edge = getenv("CHAT_EPOLL_EDGE") != NULL,
				     .plain_udp = getenv("CHAT_UDP_PLAIN") != NULL};
	*status = 0;
	while ((opt = getopt_long(argc, argv, "p:b:u:d:h", longs, NULL)) != -1)
		if (!take(opt, o, status))
			return false;
	if (optind < argc)
		return fail(status, "unexpected argument", argv[optind], "try --help");
	if (o->invite && !invitable(o, status))
		return false;
	if (o->export_room && o->backup_file)
		return fail(status, "--export and --backup", o->backup_file, "one at a time");
	if (!o->socket_path[0])
		o->default_socket = sock_default_path(o->socket_path, sizeof(o->socket_path));
	return true;
}
