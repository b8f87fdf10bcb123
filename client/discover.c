/* Asks, waits, asks once more (a packet may be lost), and waits again: SEARCH_US in all. */
#include "discover.h"

#include "ask.h"
#include "sys/clock.h"
#include "sys/lan.h"
#include "ui/rooms.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	ASK_AGAIN_US = 300 * 1000,
	SEARCH_US = 1000 * 1000,
};

/* ---- asking ---------------------------------------------------------------------------------- */

struct search {
	struct lan_caller caller;
	uint64_t nonce;
	struct rooms *rooms;
};

static void ask(const struct search *s)
{
	uint8_t bytes[DISCOVERY_PROBE_SIZE];
	struct buf b = buf_of(bytes, sizeof(bytes));

	discovery_probe_put(&b, s->nonce);
	lan_call(&s->caller, DISCOVERY_GROUP, DISCOVERY_PORT, b.data, b.len);
}

/* However much comes in, it ends at `until`. */
static void listen_until(struct search *s, uint64_t until)
{
	uint8_t bytes[DISCOVERY_FOUND_MAX + 1]; /* one more shows what is too long */
	struct pollfd fds[LAN_CALLERS];
	struct address from;
	uint64_t now;

	for (size_t i = 0; i < LAN_CALLERS; i++)
		fds[i] = (struct pollfd){.fd = s->caller.fds[i], .events = POLLIN};
	while ((now = clock_mono_us()) < until) {
		ssize_t n = lan_caller_receive(&s->caller, bytes, sizeof(bytes), &from);
		if (n >= 0)
			rooms_take(s->rooms, s->nonce, &from, bytes, (size_t)n);
		else
			(void)poll(fds, LAN_CALLERS, (int)((until - now + 999) / 1000));
	}
}

static void search(struct rooms *rooms)
{
	struct search s = {.rooms = rooms};
	uint64_t start = clock_mono_us();

	if (!lan_caller_open(&s.caller))
		return;
	entropy_fill(&s.nonce, sizeof(s.nonce));
	ask(&s);
	listen_until(&s, start + ASK_AGAIN_US);
	ask(&s);
	listen_until(&s, start + SEARCH_US);
	lan_caller_close(&s.caller);
}

/* ---- telling --------------------------------------------------------------------------------- */

static void print_room(FILE *out, size_t number, const struct found_room *r)
{
	char words[ROOMS_WORDS_SIZE], address[ROOMS_ADDRESS_SIZE];

	(void)fprintf(out, "  %zu  %s\n     %s\n", number, rooms_words(r, words),
		      rooms_address(r, address));
}

static void print_rooms(FILE *out, const struct rooms *rooms)
{
	for (size_t i = 0; i < rooms->count; i++)
		print_room(out, i + 1, &rooms->all[i]);
	(void)fflush(out);
}

static void print_json(const struct rooms *rooms)
{
	char line[ROOMS_JSON_SIZE];

	for (size_t i = 0; i < rooms->count; i++) {
		struct buf b = buf_of(line, sizeof(line));
		rooms_json(&b, &rooms->all[i]);
		(void)fwrite(line, 1, b.len, stdout);
	}
	(void)fflush(stdout);
}

bool discover_list(bool json)
{
	static struct rooms rooms;

	search(&rooms);
	if (json)
		print_json(&rooms);
	else
		print_rooms(stdout, &rooms);
	if (rooms.count == 0)
		(void)fprintf(stderr, "chat-client: no room answers on the local network\n");
	return rooms.count > 0;
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* The rooms are on the screen; false: none is wanted. */
static bool choose(size_t count, size_t *chosen)
{
	char question[64], line[ASK_SIZE];

	snprintf(question, sizeof(question), "which one? [1-%zu] ", count);
	while (ask_line(question, line)) {
		char *end;
		unsigned long v = strtoul(line, &end, 10);
		if (end > line && !*end && v >= 1 && v <= count) {
			*chosen = v - 1;
			return true;
		}
	}
	return false;
}

/* Several rooms answer. */
static bool choose_room(bool interactive, const struct rooms *rooms, size_t *chosen)
{
	if (interactive) {
		printf("%zu rooms answer on the local network:\n", rooms->count);
		print_rooms(stdout, rooms);
		return choose(rooms->count, chosen);
	}
	(void)fprintf(stderr,
		      "chat-client: %zu rooms answer on the local network: say which one, as in "
		      "chat-client ADDRESS\n",
		      rooms->count);
	print_rooms(stderr, rooms);
	return false;
}

static bool join_room(const struct found_room *r, struct discovered *out)
{
	char words[ROOMS_WORDS_SIZE], address[ROOMS_ADDRESS_SIZE];
	struct sock_error why;

	if (endpoint_parse(rooms_address(r, address), &out->server, &why) != ERR_NONE) {
		(void)fprintf(stderr, "chat-client: %s\n", why.text);
		return false;
	}
	*strstr(address, "/#") = '\0'; /* the words have the fingerprint */
	snprintf(out->notice, sizeof(out->notice), "joining %s, at %s", rooms_words(r, words),
		 address);
	return true;
}

static enum discovery find_room(bool interactive, const char *local, struct discovered *out)
{
	static struct rooms rooms;
	size_t chosen = 0;

	if (interactive)
		printf("looking for rooms on the local network\n");
	search(&rooms);
	if (rooms.count == 0 && interactive)
		return DISCOVERY_NOBODY;
	if (rooms.count == 0) {
		(void)fprintf(
			stderr,
			"chat-client: no chat-server reached: nobody listens on %s, and no room "
			"answers on the local network: start one with chat-server, or name its "
			"address\n",
			local);
		return DISCOVERY_NONE;
	}
	if (rooms.count > 1 && !choose_room(interactive, &rooms, &chosen))
		return DISCOVERY_NONE;
	return join_room(&rooms.all[chosen], out) ? DISCOVERY_FOUND : DISCOVERY_NONE;
}

/* Nobody listens there.  Whatever else is wrong with it is told by whoever really connects. */
static bool deserted(const struct endpoint *local)
{
	struct sock_error why;
	int fd;

	if (sock_connect(TRANSPORT_UNIX, local, 0, &fd, &why) == ERR_NONE) {
		close(fd);
		return false;
	}
	return errno == ENOENT || errno == ECONNREFUSED;
}

enum discovery discover_server(bool interactive, bool lan, struct discovered *out)
{
	*out = (struct discovered){.server = {.kind = ENDPOINT_UNIX, .own = true}};
	(void)sock_default_path(out->server.path, sizeof(out->server.path));
	if ((!lan && !interactive) || !deserted(&out->server))
		return DISCOVERY_FOUND;
	return lan ? find_room(interactive, out->server.path, out) : DISCOVERY_NOBODY;
}
