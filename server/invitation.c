/* Invitations; the contract is in invitation.h. */
#include "invitation.h"

#include "sys/sock.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t v4_loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};

static bool is_v4(const struct address *a)
{
	return memcmp(a->ip, v4_mapped, sizeof(v4_mapped)) == 0;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

static bool is_wildcard(const struct address *a)
{
	return is_zero(a->ip, sizeof(a->ip)) || (is_v4(a) && is_zero(a->ip + 12, 4));
}

/* fe80::/10: means nothing without the zone, whose number differs from machine to machine. */
static bool is_link_local(const struct address *a)
{
	return a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

/* UDP and TCP on one address and port are one invitation. */
static void add(struct invitations *l, const struct address *at)
{
	size_t i = 0;

	while (i < l->count && (memcmp(l->all[i].at.ip, at->ip, sizeof(at->ip)) != 0 ||
				l->all[i].at.port != at->port))
		i++;
	if (i == INVITATION_MAX)
		return;
	if (i == l->count)
		l->all[l->count++].at = *at;
	l->all[i].udp |= at->transport == TRANSPORT_UDP;
	l->all[i].tcp |= at->transport == TRANSPORT_TCP;
}

/* Whether somebody elsewhere could use it; *own is the address on the listener's port. */
static bool reachable(const struct ifaddrs *i, const struct address *listener, struct address *own)
{
	int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;

	if (!(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK)
		return false;
	if (family != AF_INET && (family != AF_INET6 || is_v4(listener)))
		return false;
	sock_address_from(i->ifa_addr, listener->transport, own);
	own->port = listener->port;
	return !is_link_local(own);
}

/* IPv4 first: it is shorter to read out, and few networks are without it. */
static size_t add_own(struct invitations *l, const struct address *listener,
		      const struct ifaddrs *list)
{
	size_t added = 0;
	struct address own;

	for (int v4 = 1; v4 >= 0; v4--)
		for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
			if (added == INVITATION_OWN_MAX)
				return added;
			if (!reachable(i, listener, &own) || is_v4(&own) != v4)
				continue;
			add(l, &own);
			added++;
		}
	return added;
}

void invitation_add(struct invitations *l, const struct address *listener)
{
	struct address at = *listener;
	struct ifaddrs *list = NULL;

	if (is_link_local(listener))
		return;
	if (!is_wildcard(listener)) {
		add(l, listener);
		return;
	}
	if (getifaddrs(&list))
		list = NULL;
	if (add_own(l, listener, list) == 0) {
		memcpy(at.ip, v4_loopback, sizeof(at.ip));
		add(l, &at);
	}
	freeifaddrs(list);
}

void invitation_print(const struct invitations *l, const uint8_t key[KEY_BYTES], FILE *out)
{
	char text[ADDRESS_MAX_TEXT], key_text[KEY_TEXT + 1];

	key_format(key, key_text);
	for (size_t i = 0; i < l->count; i++) {
		const char *scheme = !l->all[i].tcp ? "udp" : l->all[i].udp ? "chat" : "tcp";
		const char *place = strstr(address_format(&l->all[i].at, text), "://");
		(void)fprintf(out, "invitation: %s%s/#%s\n", scheme, place, key_text);
	}
}
