/* The first minute; the contract is in first_run.h. */
#include "first_run.h"

#include "ask.h"
#include "proto/discovery.h"
#include "proto/wire.h"
#include "start_server.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the name -------------------------------------------------------------------------------- */

static enum name_verdict judge(const char *name)
{
	struct name_checker *checker = name_checker_new();
	enum name_verdict verdict = NAME_EMPTY;

	if (checker)
		verdict = name_check(checker, name, strlen(name));
	name_checker_free(checker);
	return verdict;
}

bool first_run_is_name(const char *name)
{
	return judge(name) == NAME_FINE;
}

const char *first_run_login(void)
{
	const char *name = getenv("USER");
	const struct passwd *pw;

	if (!name || !*name) {
		pw = getpwuid(getuid());
		name = pw ? pw->pw_name : NULL;
	}
	return name && first_run_is_name(name) ? name : NULL;
}

static const char *why_not(enum name_verdict verdict)
{
	return code_reason(verdict == NAME_RESERVED ? CODE_NAME_RESERVED : CODE_NAME_BAD);
}

bool first_run_ask_name(char nick[NAME_MAX_BYTES + 1])
{
	const char *login = first_run_login();
	char question[NAME_MAX_BYTES + 64], line[ASK_SIZE];
	enum name_verdict verdict;

	snprintf(question, sizeof(question),
		 login ? "your name in the room [%s]: " : "your name in the room: ",
		 login ? login : "");
	for (;;) {
		if (!ask_line(question, line))
			return false;
		if (!*line && login)
			snprintf(line, sizeof(line), "%s", login);
		verdict = judge(line);
		if (verdict == NAME_FINE)
			break;
		printf("%s\n", why_not(verdict));
	}
	snprintf(nick, NAME_MAX_BYTES + 1, "%.*s", NAME_MAX_BYTES, line);
	return true;
}

/* ---- the room -------------------------------------------------------------------------------- */

/* What others see of it; empty: the server chooses.  False: the person has thought better of it. */
static bool ask_room_name(char name[ASK_SIZE])
{
	static const char question[] =
		"the room's name, for others on the network [this machine's]: ";

	while (ask_line(question, name)) {
		if (!*name || discovery_name_ok(name, strlen(name)))
			return true;
		printf("at most %d bytes of text on one line\n", DISCOVERY_NAME_MAX);
	}
	return false;
}

static void say_how(const struct started *s, char notice[FIRST_RUN_NOTICE])
{
	bool invites = s->invitation[0];

	snprintf(notice, FIRST_RUN_NOTICE,
		 "you opened this room: it stays when you leave, until \"kill %ld\" ends it%s%s",
		 (long)s->pid, invites ? "\nothers join it with: chat-client " : "", s->invitation);
	printf("%s\n", notice);
}

bool first_run_offer_room(const struct endpoint *local, const char *dir,
			  char notice[FIRST_RUN_NOTICE])
{
	char path[DATADIR_MAX], name[ASK_SIZE];
	struct started started;

	printf("nobody listens on %s, and no room was found\n", local->path);
	if (!start_server_find(path)) {
		(void)fprintf(stderr,
			      "chat-client: there is no chat-server here to start: name the "
			      "address of one\n");
		return false;
	}
	if (!ask_yes("open a room here, which others on your network can join? [Y/n] ") ||
	    !ask_room_name(name))
		return false;
	if (!start_server(path, dir, *name ? name : NULL, &started))
		return false;
	say_how(&started, notice);
	return true;
}
