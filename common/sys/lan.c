/* Interfaces, broadcast addresses, group memberships; the contract is in lan.h. */
#include "sys/lan.h"

#include "sys/sock.h"
#include "sys/sock_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

static bool set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* ---- listening ------------------------------------------------------------------------------- */

static int bind_shared(int family, const struct sockaddr *sa, socklen_t len)
{
	int fd = sock_open(family, SOCK_DGRAM);

	if (fd < 0)
		return -1;
	if (family == AF_INET6) {
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
		set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	}
	set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) && bind(fd, sa, len) == 0)
		return fd;
	sock_close(fd);
	return -1;
}

int lan_listen(uint16_t port)
{
	const struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = bind_shared(AF_INET6, (const struct sockaddr *)&six, sizeof(six));

	if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL))
		return fd;
	return bind_shared(AF_INET, (const struct sockaddr *)&four, sizeof(four));
}

/* Where it is joined already, or cannot be, the kernel says so, and that is all. */
void lan_join(int fd, const char *group)
{
	struct if_nameindex *all = if_nameindex();
	struct ipv6_mreq wanted = {0};

	if (!all)
		return;
	if (inet_pton(AF_INET6, group, &wanted.ipv6mr_multiaddr) == 1)
		for (const struct if_nameindex *i = all; i->if_index; i++) {
			wanted.ipv6mr_interface = i->if_index;
			(void)setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &wanted,
					 sizeof(wanted));
		}
	if_freenameindex(all);
}

union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		      CMSG_SPACE(sizeof(struct in_pktinfo))];
};

/* For IPv4 the kernel says both: what it was sent to, and which of our addresses that meant. */
static void take_v4(struct lan_heard *h, const struct in_pktinfo *info)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = info->ipi_spec_dst};

	sock_address_from((const struct sockaddr *)&at, TRANSPORT_UDP, &h->at);
	h->to_all = info->ipi_addr.s_addr != info->ipi_spec_dst.s_addr;
}

static void take_control(struct lan_heard *h, struct msghdr *m)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info4;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(c), sizeof(info4));
			take_v4(h, &info4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			h->to_all |= IN6_IS_ADDR_MULTICAST(&info6.ipi6_addr);
		}
	}
}

ssize_t lan_receive(int fd, void *bytes, size_t cap, struct lan_heard *heard)
{
	struct sockaddr_storage from = {0};
	union control control;
	struct iovec iov = {bytes, cap};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	ssize_t n;

	do /* errors of earlier answers come up here, too */
		n = recvmsg(fd, &m, 0);
	while (n < 0 && (errno == EINTR || errno == ECONNREFUSED));
	if (n < 0)
		return -1;
	*heard = (struct lan_heard){.at = {.transport = TRANSPORT_UDP}};
	sock_address_from((const struct sockaddr *)&from, TRANSPORT_UDP, &heard->from);
	take_control(heard, &m);
	return n;
}

static int family_of(int fd)
{
	struct sockaddr_storage local;
	socklen_t len = sizeof(local);

	return getsockname(fd, (struct sockaddr *)&local, &len) == 0 ? local.ss_family : AF_INET6;
}

/* IPv4: from the address that it came in at, which on a socket of both families is written mapped. */
static void put_source(struct msghdr *m, union control *control, int family,
		       const struct address *at)
{
	struct in6_pktinfo info6 = {0};
	struct in_pktinfo info4 = {0};
	bool six = family == AF_INET6;
	size_t size = six ? sizeof(info6) : sizeof(info4);

	memcpy(&info6.ipi6_addr, at->ip, sizeof(at->ip));
	memcpy(&info4.ipi_spec_dst, at->ip + 12, 4);
	m->msg_control = control->bytes;
	m->msg_controllen = CMSG_SPACE(size);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), six ? (const void *)&info6 : &info4, size);
}

void lan_answer(int fd, const struct lan_heard *to, const void *bytes, size_t n)
{
	struct sockaddr_storage sa;
	union control control = {0};
	struct iovec iov = {(void *)(uintptr_t)bytes, n};
	struct msghdr m = {.msg_name = &sa, .msg_iov = &iov, .msg_iovlen = 1};
	int family = family_of(fd);

	m.msg_namelen = sock_address_to(&to->from, family, &sa);
	if (m.msg_namelen == 0)
		return;
	if (address_is_ipv4(&to->at))
		put_source(&m, &control, family, &to->at);
	ssize_t sent = sendmsg(fd, &m, MSG_NOSIGNAL);
	(void)sent;
}

/* ---- calling --------------------------------------------------------------------------------- */

bool lan_caller_open(struct lan_caller *c)
{
	c->fds[0] = sock_open(AF_INET, SOCK_DGRAM);
	c->fds[1] = sock_open(AF_INET6, SOCK_DGRAM);
	if (c->fds[0] >= 0)
		set_option(c->fds[0], SOL_SOCKET, SO_BROADCAST, 1);
	if (c->fds[1] >= 0)
		set_option(c->fds[1], IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return c->fds[0] >= 0 || c->fds[1] >= 0;
}

void lan_caller_close(struct lan_caller *c)
{
	for (size_t i = 0; i < LAN_CALLERS; i++) {
		if (c->fds[i] >= 0)
			close(c->fds[i]);
		c->fds[i] = -1;
	}
}

/* What it is called by on that interface; false: it is not called there by that address. */
static bool everybody_v4(const struct ifaddrs *i, struct sockaddr_in *to)
{
	if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
		return false;
	to->sin_family = AF_INET;
	if (i->ifa_flags & IFF_LOOPBACK) {
		to->sin_addr.s_addr = htonl(INADDR_LOOPBACK | 0x00ffffff); /* 127.255.255.255 */
		return true;
	}
	if (!(i->ifa_flags & IFF_BROADCAST) || !i->ifa_broadaddr)
		return false;
	memcpy(to, i->ifa_broadaddr, sizeof(*to));
	return to->sin_family == AF_INET && to->sin_addr.s_addr != 0;
}

static bool everybody_v6(const struct ifaddrs *i, struct sockaddr_in6 *to)
{
	struct sockaddr_in6 own;

	if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6 || !(i->ifa_flags & IFF_MULTICAST))
		return false;
	memcpy(&own, i->ifa_addr, sizeof(own));
	to->sin6_scope_id = own.sin6_scope_id;
	return IN6_IS_ADDR_LINKLOCAL(&own.sin6_addr);
}

void lan_call(const struct lan_caller *c, const char *group, uint16_t port, const void *bytes,
	      size_t n)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct ifaddrs *all;

	if (inet_pton(AF_INET6, group, &six.sin6_addr) != 1 || getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct sockaddr_in four = {0};
		if (!(i->ifa_flags & IFF_UP))
			continue;
		if (everybody_v4(i, &four)) {
			four.sin_port = htons(port);
			(void)sendto(c->fds[0], bytes, n, 0, (const struct sockaddr *)&four,
				     sizeof(four));
		} else if (everybody_v6(i, &six)) {
			six.sin6_port = htons(port);
			(void)sendto(c->fds[1], bytes, n, 0, (const struct sockaddr *)&six,
				     sizeof(six));
		}
	}
	freeifaddrs(all);
}

static ssize_t receive_from(int fd, void *bytes, size_t cap, struct address *from)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	ssize_t n;

	do
		n = recvfrom(fd, bytes, cap, 0, (struct sockaddr *)&sa, &len);
	while (n < 0 && (errno == EINTR || errno == ECONNREFUSED));
	if (n >= 0)
		sock_address_from((const struct sockaddr *)&sa, TRANSPORT_UDP, from);
	return n;
}

ssize_t lan_caller_receive(const struct lan_caller *c, void *bytes, size_t cap,
			   struct address *from)
{
	ssize_t n = -1;

	for (size_t i = 0; i < LAN_CALLERS && n < 0; i++)
		if (c->fds[i] >= 0)
			n = receive_from(c->fds[i], bytes, cap, from);
	return n;
}
