/* See setup.h. */
#include "setup.h"

#include "scenarios.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct adapter *const adapters[] = {
	&adapter_chat, &adapter_irc,  &adapter_redis,	   &adapter_nats,
	&adapter_mqtt, &adapter_bare, &adapter_bare_nogro,
};

static const struct {
	const char *key;
	size_t offset;
	unsigned long min, max, preset;
} numbers[] = {
	{"members", offsetof(struct setup, members), 1, 100000, 100},
	{"talkers", offsetof(struct setup, talkers), 1, 1000, 4},
	{"window", offsetof(struct setup, window), 1, 1000, 64},
	{"bytes", offsetof(struct setup, bytes), TALK_HEADER, TALK_MAX, 100},
	{"seconds", offsetof(struct setup, seconds), 1, 600, 5},
	{"warm_ms", offsetof(struct setup, warm_ms), 0, 60000, 1000},
	{"rate", offsetof(struct setup, rate), 0, 100000, 0},
	{"quiet", offsetof(struct setup, quiet), 0, 600, 0},
	{"at_once", offsetof(struct setup, at_once), 1, 10000, 0},
	{"joiners", offsetof(struct setup, joiners), 1, 10000, 64},
	{"history", offsetof(struct setup, history), 1, 10000000, 100000},
	{"rooms", offsetof(struct setup, rooms), 1, 4000, 1000},
	{"names", offsetof(struct setup, names), 1, 120000, 100000},
	{"rounds", offsetof(struct setup, rounds), 1, 20, 3},
	{"threads", offsetof(struct setup, threads), 1, 64, 1},
	{"durable", offsetof(struct setup, durable), 0, 1, 0},
	{"pin", offsetof(struct setup, pin), 0, 1, 1},
	{"pid", offsetof(struct setup, pid), 1, 1UL << 22, 0},
	{"port", offsetof(struct setup, port), 1, 65535, 0},
};

static unsigned long *field(struct setup *w, size_t i)
{
	return (unsigned long *)(void *)((char *)w + numbers[i].offset);
}

static bool set_number(struct setup *w, const char *key, const char *value)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		if (strcmp(key, numbers[i].key) != 0)
			continue;
		char *end;
		unsigned long v = strtoul(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || v < numbers[i].min ||
		    v > numbers[i].max) {
			fprintf(stderr, "chat-bench: %s=%s: a number from %lu to %lu is wanted\n",
				key, value, numbers[i].min, numbers[i].max);
			return false;
		}
		*field(w, i) = v;
		return true;
	}
	fprintf(stderr, "chat-bench: there is no %s=\n", key);
	return false;
}

static bool set_via(struct setup *w, const char *value)
{
	static const char *const names[] = {"udp", "tcp", "unix"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(value, names[i]) == 0) {
			w->via = (enum target_via)i;
			return true;
		}
	fprintf(stderr, "chat-bench: via=%s: udp, tcp or unix\n", value);
	return false;
}

static bool set_adapter(struct setup *w, const char *value)
{
	for (size_t i = 0; i < COUNT_OF(adapters); i++)
		if (strcmp(value, adapters[i]->name) == 0) {
			w->adapter = adapters[i];
			return true;
		}
	fprintf(stderr, "chat-bench: protocol=%s: there is none of that name\n", value);
	return false;
}

static bool add_option(struct setup *w, const char *value)
{
	if (w->option_count == SETUP_OPTIONS) {
		fprintf(stderr, "chat-bench: too many option=\n");
		return false;
	}
	w->options[w->option_count++] = value;
	return true;
}

static bool set(struct setup *w, char *argument)
{
	char *value = strchr(argument, '=');

	if (!value) {
		fprintf(stderr, "chat-bench: \"%s\" is no key=value\n", argument);
		return false;
	}
	*value++ = '\0';
	if (strcmp(argument, "via") == 0)
		return set_via(w, value);
	if (strcmp(argument, "protocol") == 0)
		return set_adapter(w, value);
	if (strcmp(argument, "option") == 0)
		return add_option(w, value);
	if (strcmp(argument, "path") == 0) {
		w->path = value;
		return true;
	}
	return set_number(w, argument, value);
}

static bool choose_scenario(struct setup *w, const char *name)
{
	for (size_t i = 0; i < scenarios_count; i++) {
		if (strcmp(name, scenarios[i]->name) != 0)
			continue;
		*w = scenarios[i]->defaults;
		w->scenario = scenarios[i];
		for (size_t k = 0; k < COUNT_OF(numbers); k++)
			if (*field(w, k) == 0)
				*field(w, k) = numbers[k].preset;
		w->adapter = &adapter_chat;
		return true;
	}
	fprintf(stderr, "chat-bench: there is no scenario %s\n", name);
	return false;
}

static bool sound(const struct setup *w)
{
	const char *wrong = NULL;

	if (w->talkers > w->members)
		wrong = "there are more talkers than members";
	else if (w->window > w->adapter->window_max)
		wrong = "this protocol has no such window";
	else if (w->scenario->needs_announcing && !w->adapter->announces)
		wrong = "nobody is told of joins and quits by this protocol";
	else if (w->scenario->needs_memory && !w->adapter->remembers)
		wrong = "this protocol gives nobody what was said before";
	else if (w->pid && w->scenario->needs_own)
		wrong = "this scenario starts servers of its own: no pid=";
	else if (w->pid && (w->via == TARGET_UNIX ? !w->path : !w->port))
		wrong = "where is that server? port= or path=";
	else if (!w->pid && w->adapter != &adapter_chat)
		wrong = "which server of that protocol? pid= and port= or path=";
	if (wrong)
		fprintf(stderr, "chat-bench: %s\n", wrong);
	return !wrong;
}

bool setup_read(struct setup *w, int argc, char **argv)
{
	if (argc < 2)
		fprintf(stderr, "usage: chat-bench SCENARIO [key=value …]\n");
	if (argc < 2 || !choose_scenario(w, argv[1]))
		return false;
	for (int i = 2; i < argc; i++)
		if (!set(w, argv[i]))
			return false;
	return sound(w);
}
