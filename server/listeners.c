/* Addresses, transports, and one port for all of them; the contract is in listeners.h. */
#include "listeners.h"

#include <unistd.h>

enum { FREE_PORT_TRIES = 32 };

void listeners_close(struct listeners *l)
{
	while (l->count > 0)
		close(l->all[--l->count].fd);
}

/* Listens on every address that `host` means; `port` 0 becomes the one that was found. */
static enum err listen_on(struct listeners *l, enum transport t, const char *host, uint16_t *port,
			  struct sock_error *why)
{
	int fds[LISTENERS_PER_NAME];
	size_t count;
	struct address at;
	enum err e = sock_listen(t, host, *port, fds, LISTENERS_PER_NAME, &count, why);

	for (size_t i = 0; e == ERR_NONE && i < count; i++) {
		l->all[l->count].fd = fds[i];
		l->all[l->count++].transport = t;
		if (*port == 0 && sock_local(fds[i], t, &at) == ERR_NONE)
			*port = at.port;
	}
	return e;
}

/* Every address of every kind that was asked for, all on one port. */
static enum err listen_on_port(const struct server_options *o, uint16_t port, struct listeners *l,
			       struct sock_error *why)
{
	size_t count = o->bind_count ? o->bind_count : 1;
	enum err e = ERR_NONE;

	for (size_t i = 0; i < count && e == ERR_NONE; i++) {
		const char *host = o->bind_count ? o->binds[i] : "";
		if (!o->no_udp)
			e = listen_on(l, TRANSPORT_UDP, host, &port, why);
		if (e == ERR_NONE && !o->no_tcp)
			e = listen_on(l, TRANSPORT_TCP, host, &port, why);
	}
	if (e != ERR_NONE)
		listeners_close(l);
	return e;
}

/* A port that is free for one kind may be taken for the other: "any free one" is looked for again. */
enum err listeners_open(struct listeners *l, const struct server_options *o, uint16_t port,
			struct sock_error *why)
{
	enum err e = ERR_FULL;

	l->count = 0;
	for (int tries = port ? 1 : FREE_PORT_TRIES; tries > 0 && e != ERR_NONE; tries--)
		e = listen_on_port(o, port, l, why);
	return e;
}
