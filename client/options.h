/* The command line of chat-client, as ARCHITECTURE.md has it.  Reads nothing but its arguments. */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include "proto/wire.h"
#include "sys/sock.h"
#include "ui/settings.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	OPTIONS_HISTORY = WIRE_BACKLOG, /* --history when nothing is said, and nothing known */
	OPTIONS_ROOMS_MAX = 16,		/* --room */
	OPTIONS_SETS_MAX = 32,		/* --set */
};

enum options_output { OPTIONS_AUTO, OPTIONS_PLAIN, OPTIONS_JSON };

struct options {
	const char *nick; /* NULL: not given */
	enum options_output output;
	bool has_since; /* --history or --since was given */
	enum since_mode since_mode;
	uint64_t since;
	const char *rooms[OPTIONS_ROOMS_MAX];
	size_t room_count;
	bool follow;
	bool has_give_up;
	uint64_t give_up_s; /* how long a lost connection is tried to be had back */
	bool no_color;
	bool no_discovery;	   /* never ask the local network for rooms */
	const char *datadir;	   /* NULL: not given */
	const char *password_file; /* NULL: not given */
	const char *config;	   /* the file of settings; NULL: not given */
	struct {
		const struct setting *row;
		const char *value;
	} sets[OPTIONS_SETS_MAX]; /* for this run */
	size_t set_count;
	bool has_server;
	struct endpoint server;
};

enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_HELP,	 /* print options_help() */
	OPTIONS_VERSION, /* print the version */
	OPTIONS_ROOMS,	 /* list the rooms of the local network */
	OPTIONS_BAD,	 /* say why */
};

struct options_error {
	char text[512]; /* one sentence */
};

/* Strings point into argv, whose order may be changed. */
enum options_verdict options_parse(struct options *o, int argc, char **argv,
				   struct options_error *why);
const char *options_help(void);

#endif
