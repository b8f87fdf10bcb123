/* Addresses of rooms as people write them.  Parsed into a local, copied out when all of it is right. */
#include "sys/sock.h"

#include "sys/sock_internal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const struct {
	const char *prefix;
	enum endpoint_kind kind;
} schemes[] = {
	{"chat://", ENDPOINT_CHAT},
	{"udp://", ENDPOINT_UDP},
	{"tcp://", ENDPOINT_TCP},
	{"unix:", ENDPOINT_UNIX},
};

/* Takes the scheme off *text; without one it is CHAT. */
static enum err parse_scheme(const char **text, enum endpoint_kind *kind, struct sock_error *why)
{
	const char *end = strstr(*text, "://");

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t n = strlen(schemes[i].prefix);

		if (strncasecmp(*text, schemes[i].prefix, n) == 0) {
			*text += n;
			*kind = schemes[i].kind;
			return ERR_NONE;
		}
	}
	*kind = ENDPOINT_CHAT;
	if (end)
		return sock_fail(ERR_MALFORMED, why,
				 "\"%.*s\" is no way to reach a room: use chat://HOST, udp://HOST, "
				 "tcp://HOST or unix:/PATH",
				 (int)(end - *text < 20 ? end - *text : 20), *text);
	if (**text == '/' || **text == '.')
		return sock_fail(ERR_MALFORMED, why,
				 "this looks like a path: write unix:%.100s for a local socket",
				 *text);
	return ERR_NONE;
}

static enum err parse_path(const char *text, struct endpoint *e, struct sock_error *why)
{
	if (strncmp(text, "///", 3) == 0) /* unix:///path, as in a URL */
		text += 2;
	if (!*text)
		return sock_fail(ERR_MALFORMED, why,
				 "the path of the socket is missing after \"unix:\"");
	if (strlen(text) >= sizeof(e->path))
		return sock_fail(ERR_TOO_BIG, why,
				 "the path of the socket is too long: at most %zu bytes",
				 sizeof(e->path) - 1);
	(void)snprintf(e->path, sizeof(e->path), "%s", text);
	return ERR_NONE;
}

static enum err parse_port(const char *text, struct endpoint *e, struct sock_error *why)
{
	unsigned long port = 0;
	size_t n = strspn(text, "0123456789");

	if (n > 0 && n <= 5 && !text[n])
		port = strtoul(text, NULL, 10);
	if (port < 1 || port > UINT16_MAX)
		return sock_fail(ERR_MALFORMED, why,
				 "the port has to be a number from 1 to 65535, as in HOST:%d",
				 SOCK_DEFAULT_PORT);
	e->port = (uint16_t)port;
	return ERR_NONE;
}

static bool all_of(const char *s, size_t n, const char *punctuation)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x80 || (!isalnum(c) && !strchr(punctuation, c)))
			return false;
	}
	return n > 0;
}

/* An IPv6 address, perhaps with a zone ("%eth0"). */
static bool is_ipv6(const char *s, size_t n)
{
	const char *percent = memchr(s, '%', n);
	size_t digits = percent ? (size_t)(percent - s) : n;
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr ip;

	if (digits >= sizeof(copy))
		return false;
	if (percent && !all_of(percent + 1, n - digits - 1, "-._"))
		return false;
	memcpy(copy, s, digits);
	copy[digits] = 0;
	return inet_pton(AF_INET6, copy, &ip) == 1;
}

static enum err copy_host(const char *s, size_t n, struct endpoint *e, struct sock_error *why)
{
	if (n >= sizeof(e->host))
		return sock_fail(ERR_TOO_BIG, why, "the host name is too long: at most %zu bytes",
				 sizeof(e->host) - 1);
	memcpy(e->host, s, n);
	e->host[n] = 0;
	return ERR_NONE;
}

/* "[IPv6]" or "[IPv6]:PORT" */
static enum err parse_bracketed(const char *text, struct endpoint *e, struct sock_error *why)
{
	const char *end = strchr(text, ']');
	enum err err;

	if (!end)
		return sock_fail(ERR_MALFORMED, why, "the \"]\" is missing, as in [::1]:%d",
				 SOCK_DEFAULT_PORT);
	if (!is_ipv6(text + 1, (size_t)(end - text - 1)))
		return sock_fail(ERR_MALFORMED, why,
				 "what stands in the brackets is no IPv6 address");
	if (end[1] && end[1] != ':')
		return sock_fail(ERR_MALFORMED, why,
				 "after \"]\" comes nothing, or a port as in [::1]:%d",
				 SOCK_DEFAULT_PORT);
	err = copy_host(text + 1, (size_t)(end - text - 1), e, why);
	if (!err && end[1])
		err = parse_port(end + 2, e, why);
	return err;
}

static enum err parse_host(const char *text, struct endpoint *e, struct sock_error *why)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	enum err err;

	if (*text == '[')
		return parse_bracketed(text, e, why);
	if (colon && strchr(colon + 1, ':')) {
		if (is_ipv6(text, strlen(text)))
			return copy_host(text, strlen(text), e, why);
		return sock_fail(ERR_MALFORMED, why,
				 "too many colons: an IPv6 address with a port is written [::1]:%d",
				 SOCK_DEFAULT_PORT);
	}
	if (n == 0)
		return sock_fail(ERR_MALFORMED, why, "the host is missing");
	if (!all_of(text, n, "-._"))
		return sock_fail(ERR_MALFORMED, why,
				 "the host holds a character that no host name has");
	err = copy_host(text, n, e, why);
	if (!err && colon)
		err = parse_port(colon + 1, e, why);
	return err;
}

/* Takes "/#KEY" off the end of *text; what is before it goes into `head`, and *text leads there. */
static enum err parse_key(const char **text, char *head, size_t cap, struct endpoint *e,
			  struct sock_error *why)
{
	const char *hash = strchr(*text, '#');
	size_t n = hash ? (size_t)(hash - *text) : 0;

	if (!hash)
		return ERR_NONE;
	if (n == 0 || hash[-1] != '/')
		return sock_fail(ERR_MALFORMED, why,
				 "the server's key comes after \"/#\", as in HOST:%d/#KEY",
				 SOCK_DEFAULT_PORT);
	if (n > cap)
		return sock_fail(ERR_TOO_BIG, why, "the host name is too long: at most %zu bytes",
				 sizeof(e->host) - 1);
	if (key_parse(hash + 1, strlen(hash + 1), e->key) != ERR_NONE)
		return sock_fail(ERR_MALFORMED, why,
				 "what comes after \"/#\" is no key: copy all %d letters of it, as "
				 "the server prints it",
				 KEY_TEXT);
	memcpy(head, *text, n - 1);
	head[n - 1] = '\0';
	*text = head;
	e->has_key = true;
	return ERR_NONE;
}

/* HOST[:PORT][/#KEY] */
static enum err parse_inet(const char *text, struct endpoint *e, struct sock_error *why)
{
	char head[sizeof(e->host) + sizeof("[]:65535")];
	enum err err = parse_key(&text, head, sizeof(head), e, why);

	return err ? err : parse_host(text, e, why);
}

enum err endpoint_parse(const char *text, struct endpoint *out, struct sock_error *why)
{
	struct endpoint e = {.port = SOCK_DEFAULT_PORT};
	enum err err = parse_scheme(&text, &e.kind, why);

	if (err)
		return err;
	if (e.kind == ENDPOINT_UNIX) {
		e.port = 0;
		err = parse_path(text, &e, why);
	} else {
		err = parse_inet(text, &e, why);
	}
	if (!err)
		*out = e;
	return err;
}

bool sock_default_path(char *out, size_t cap)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	int n = -1;

	if (dir && *dir == '/')
		n = snprintf(out, cap, "%s/chat-room.sock", dir);
	if (n >= 0 && (size_t)n < cap)
		return false;
	(void)snprintf(out, cap, "/tmp/chat-room-%lu/chat-room.sock", (unsigned long)geteuid());
	return true;
}
