/* Composition only: what is answered is core/announce's to decide. */
#include "visible.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void visible_add(struct visible *v, const struct address *listener)
{
	struct announce_config *c = &v->config;

	if (listener->transport == TRANSPORT_UDP)
		c->udp_port = listener->port;
	else
		c->tcp_port = listener->port;
	if (c->bind_count < ANNOUNCE_MAX_BINDS)
		c->binds[c->bind_count++] = *listener;
}

/* The name given, or one that says which machine it is. */
static void choose_name(const char *given, char out[DISCOVERY_NAME_MAX + 1])
{
	char host[DISCOVERY_NAME_MAX + 1] = "";

	if (given) {
		snprintf(out, DISCOVERY_NAME_MAX + 1, "%s", given);
		return;
	}
	(void)gethostname(host, sizeof(host) - 1);
	snprintf(out, DISCOVERY_NAME_MAX + 1, "%.40s's room", host);
	if (!host[0] || !discovery_name_ok(out, strlen(out)))
		snprintf(out, DISCOVERY_NAME_MAX + 1, "chat room");
}

static uint64_t members(void *ctx)
{
	const struct visible *v = ctx;

	return roster_count(hub_roster(v->hub));
}

static enum err open_beacon(struct visible *v, struct reactor *reactor)
{
	struct announce *a = announce_new(&v->config);
	struct beacon_port port = {v, members};

	return a ? beacon_open(reactor, a, &port, &v->beacon) : ERR_MEMORY;
}

void visible_open(struct visible *v, const struct server_options *o, const uint8_t key[KEY_BYTES],
		  struct reactor *reactor, struct hub *hub)
{
	struct announce_config *c = &v->config;

	if (o->no_discovery || (!c->udp_port && !c->tcp_port))
		return;
	v->hub = hub;
	c->everywhere = o->bind_count == 0;
	memcpy(c->key, key, sizeof(c->key));
	entropy_fill(&c->seed, sizeof(c->seed));
	choose_name(o->name, c->name);
	switch (open_beacon(v, reactor)) {
	case ERR_NONE:
		printf("found as \"%s\"\n", c->name);
		break;
	case ERR_SYSTEM:
		log_say(LOG_WARNING,
			"clients need the address to find this room: port %d/udp cannot be opened: "
			"%s",
			DISCOVERY_PORT, strerror(errno));
		break;
	default:
		log_say(LOG_WARNING, "clients need the address to find this room: out of memory");
	}
}

void visible_close(struct visible *v)
{
	beacon_close(v->beacon);
	v->beacon = NULL;
}
