/* Sockets of the Internet families; accepting, and the kernel's addresses as ours, for all. */
#include "sys/sock.h"

#include "sys/sock_internal.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Room for the datagrams of a burst; the kernel gives what its own limits allow. */
enum { SOCK_UDP_BUFFER = 4 * 1024 * 1024 };

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum err sock_fail(enum err err, struct sock_error *why, const char *fmt, ...)
{
	int saved = errno;
	va_list args;

	if (why) {
		va_start(args, fmt);
		(void)vsnprintf(why->text, sizeof(why->text), fmt, args);
		va_end(args);
	}
	errno = saved;
	return err;
}

int sock_open(int family, int type)
{
	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void sock_close(int fd)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
}

static int socket_type(enum transport t)
{
	return t == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
}

static void set_option(int fd, int level, int option, int value)
{
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* What makes a socket faster; none of it has to succeed. */
static void tune(int fd, enum transport t)
{
	if (t == TRANSPORT_TCP)
		set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (t != TRANSPORT_UDP)
		return;
	set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCK_UDP_BUFFER);
	set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCK_UDP_BUFFER);
}

/* ---- names -------------------------------------------------------------------------------- */

/* The addresses of a host for one transport; the caller frees them.  ERR_NOT_FOUND, ERR_SYSTEM. */
static enum err resolve(enum transport t, const char *host, uint16_t port, int flags,
			struct addrinfo **list, struct sock_error *why)
{
	const struct addrinfo hints = {
		.ai_socktype = socket_type(t),
		.ai_flags = flags | AI_NUMERICSERV,
	};
	char service[8];
	int result;

	(void)snprintf(service, sizeof(service), "%u", port);
	result = getaddrinfo(host, service, &hints, list);
	if (result == 0)
		return ERR_NONE;
	return sock_fail(result == EAI_SYSTEM || result == EAI_MEMORY ? ERR_SYSTEM : ERR_NOT_FOUND,
			 why, "the host \"%.100s\" cannot be found (%s): check the name", host,
			 result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
}

/* ---- listening ---------------------------------------------------------------------------- */

struct place {
	enum transport transport;
	const char *host; /* "" for every address */
	uint16_t port;
};

static enum err listen_failed(const struct place *p, struct sock_error *why)
{
	const char *name = transport_name(p->transport);
	const char *host = *p->host ? p->host : "every address";

	switch (errno) {
	case EADDRINUSE:
		return sock_fail(ERR_EXISTS, why,
				 "port %u/%s on %.100s is in use: another chat-server may be "
				 "running; choose another port with -p",
				 p->port, name, host);
	case EACCES:
	case EPERM:
		return sock_fail(ERR_SYSTEM, why,
				 "port %u/%s on %.100s needs rights that you do not have: choose "
				 "one from 1024 up with -p",
				 p->port, name, host);
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return sock_fail(ERR_NOT_FOUND, why,
				 "%.100s is no address of this machine: choose another with -b",
				 host);
	default:
		return sock_fail(ERR_SYSTEM, why, "port %u/%s on %.100s cannot be opened: %s",
				 p->port, name, host, strerror(errno));
	}
}

/* -1 and errno. */
static int listen_at(enum transport t, const struct sockaddr *sa, socklen_t len, bool dual_stack)
{
	int fd = sock_open(sa->sa_family, socket_type(t));

	if (fd < 0)
		return -1;
	if (sa->sa_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual_stack);
	if (t == TRANSPORT_TCP)
		set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	tune(fd, t);
	if (bind(fd, sa, len) || (t == TRANSPORT_TCP && listen(fd, SOMAXCONN))) {
		sock_close(fd);
		return -1;
	}
	return fd;
}

static int listen_everywhere(enum transport t, uint16_t port)
{
	const struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = listen_at(t, (const struct sockaddr *)&six, sizeof(six), true);

	if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
		return fd;
	return listen_at(t, (const struct sockaddr *)&four, sizeof(four), false);
}

static void set_port(struct sockaddr *sa, uint16_t port)
{
	if (sa->sa_family == AF_INET6)
		((struct sockaddr_in6 *)sa)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)sa)->sin_port = htons(port);
}

/* Port 0: the kernel chooses for the first address, and the others follow it. */
static void follow_first(enum transport t, const int *fds, size_t count, struct sockaddr *sa)
{
	struct address first;

	if (count > 0 && !sock_local(fds[0], t, &first))
		set_port(sa, first.port);
}

/*
 * A name may have addresses that this machine has not (localhost without IPv6): they are passed
 * over as long as one works.  Any other failure closes all.
 */
static enum err listen_each(const struct place *p, const struct addrinfo *list, int *fds,
			    size_t max, size_t *count, struct sock_error *why)
{
	enum err err = ERR_NONE;
	size_t n = 0;

	for (; list && n < max; list = list->ai_next) {
		if (p->port == 0)
			follow_first(p->transport, fds, n, list->ai_addr);
		fds[n] = listen_at(p->transport, list->ai_addr, list->ai_addrlen, false);
		if (fds[n] >= 0) {
			n++;
			continue;
		}
		err = listen_failed(p, why);
		if (err != ERR_NOT_FOUND)
			break;
	}
	if (n > 0 && (!err || err == ERR_NOT_FOUND)) {
		*count = n;
		return ERR_NONE;
	}
	while (n > 0)
		sock_close(fds[--n]);
	return err;
}

enum err sock_listen(enum transport t, const char *host, uint16_t port, int *fds, size_t max,
		     size_t *count, struct sock_error *why)
{
	const struct place place = {t, host, port};
	struct addrinfo *list;
	enum err err;

	assert(max > 0 && t != TRANSPORT_UNIX);
	if (!*host) {
		fds[0] = listen_everywhere(t, port);
		if (fds[0] < 0)
			return listen_failed(&place, why);
		*count = 1;
		return ERR_NONE;
	}
	err = resolve(t, host, port, AI_PASSIVE, &list, why);
	if (err)
		return err;
	err = listen_each(&place, list, fds, max, count, why);
	freeaddrinfo(list);
	return err;
}

/* ---- connecting --------------------------------------------------------------------------- */

static enum err connect_to(enum transport t, const struct sockaddr *sa, socklen_t len, int *fd)
{
	int s = sock_open(sa->sa_family, socket_type(t));

	if (s < 0)
		return ERR_SYSTEM;
	tune(s, t);
	if (connect(s, sa, len) && errno != EINPROGRESS) {
		sock_close(s);
		return ERR_SYSTEM;
	}
	*fd = s;
	return ERR_NONE;
}

enum err sock_connect(enum transport t, const struct endpoint *e, size_t n, int *fd,
		      struct sock_error *why)
{
	const struct addrinfo *ai;
	struct addrinfo *list;
	enum err err;

	assert((t == TRANSPORT_UNIX) == (e->kind == ENDPOINT_UNIX));
	if (t == TRANSPORT_UNIX)
		return n == 0 ? sock_connect_unix(e, fd, why) : ERR_NOT_FOUND;
	err = resolve(t, e->host, e->port, 0, &list, why);
	if (err)
		return err;
	for (ai = list; ai && n > 0; n--)
		ai = ai->ai_next;
	err = ai ? connect_to(t, ai->ai_addr, ai->ai_addrlen, fd) : ERR_NOT_FOUND;
	if (err == ERR_SYSTEM)
		(void)sock_fail(err, why, "no connection to %.100s, port %u/%s: %s", e->host,
				e->port, transport_name(t), strerror(errno));
	freeaddrinfo(list);
	return err;
}

void sock_peer_note(int fd, struct sock_peer *peer)
{
	peer->len = sizeof(peer->address);
	if (getpeername(fd, (struct sockaddr *)&peer->address, &peer->len))
		peer->len = 0;
}

enum err sock_connect_peer(enum transport t, const struct sock_peer *peer, int *fd,
			   struct sock_error *why)
{
	enum err err = connect_to(t, (const struct sockaddr *)&peer->address, peer->len, fd);

	if (err != ERR_NONE)
		(void)sock_fail(err, why, "no connection to the server by %s: %s",
				transport_name(t), strerror(errno));
	return err;
}

enum err sock_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return ERR_SYSTEM;
	if (error) {
		errno = error;
		return ERR_SYSTEM;
	}
	return getpeername(fd, (struct sockaddr *)&peer, &len) ? ERR_SYSTEM : ERR_NONE;
}

/* ---- accepting ---------------------------------------------------------------------------- */

/* accept(2): it took one off the queue, or was interrupted, and the next may be good. */
static bool accept_goes_on(int error)
{
	static const int passing[] = {EINTR,	 ECONNABORTED, EPROTO,	    EPERM,	 ENETDOWN,
				      EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, ENONET};

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (error == passing[i])
			return true;
	return false;
}

static enum err accept_failed(int error)
{
	switch (error) {
	case EAGAIN:
		return ERR_NONE;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
		return ERR_FULL;
	default:
		return ERR_SYSTEM;
	}
}

static enum err peer_credentials(int fd, struct address *peer)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size))
		return ERR_SYSTEM;
	*peer = (struct address){
		.transport = TRANSPORT_UNIX,
		.pid = (uint32_t)cred.pid,
		.uid = cred.uid,
	};
	return ERR_NONE;
}

enum err sock_accept(int listener, enum transport t, int *fd, struct address *peer)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int s;

	*fd = -1;
	do {
		len = sizeof(sa);
		s = accept4(listener, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (s < 0 && accept_goes_on(errno));
	if (s < 0)
		return accept_failed(errno);
	tune(s, t);
	if (t != TRANSPORT_UNIX) {
		sock_address_from((struct sockaddr *)&sa, t, peer);
	} else if (peer_credentials(s, peer)) {
		sock_close(s);
		return ERR_SYSTEM;
	}
	*fd = s;
	return ERR_NONE;
}

/* ---- addresses ---------------------------------------------------------------------------- */

void sock_address_from(const struct sockaddr *sa, enum transport t, struct address *out)
{
	*out = (struct address){.transport = t};
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		memcpy(out->ip, v4_mapped, sizeof(v4_mapped));
		memcpy(out->ip + sizeof(v4_mapped), &in.sin_addr, 4);
		out->port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		memcpy(out->ip, &in6.sin6_addr, sizeof(out->ip));
		out->port = ntohs(in6.sin6_port);
		if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
			out->scope = in6.sin6_scope_id;
	}
}

socklen_t sock_address_to(const struct address *a, int family, struct sockaddr_storage *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(a->port),
		.sin6_scope_id = a->scope,
	};

	if (a->transport == TRANSPORT_UNIX)
		return 0;
	if (family == AF_INET6) {
		memcpy(&in6.sin6_addr, a->ip, sizeof(a->ip));
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	}
	if (family != AF_INET || memcmp(a->ip, v4_mapped, sizeof(v4_mapped)) != 0)
		return 0;
	memcpy(&in.sin_addr, a->ip + sizeof(v4_mapped), 4);
	memcpy(out, &in, sizeof(in));
	return sizeof(in);
}

enum err sock_local(int fd, enum transport t, struct address *out)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (t == TRANSPORT_UNIX) {
		*out = (struct address){
			.transport = t,
			.pid = (uint32_t)getpid(),
			.uid = geteuid(),
		};
		return ERR_NONE;
	}
	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		return ERR_SYSTEM;
	sock_address_from((struct sockaddr *)&sa, t, out);
	return ERR_NONE;
}

size_t sock_raise_fd_limit(void)
{
	struct rlimit limit;
	rlim_t before;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return before;
	return limit.rlim_cur;
}
