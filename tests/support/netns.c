/* Namespaces by unshare(2), the wire by one rtnetlink message, the rest by the old ioctls. */
#include "netns.h"

#include "spawn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int spaces[2] = {-1, -1};
static char why[128];

static const char *cannot(const char *what)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	return why;
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Whoever we are outside is root inside. */
static const char *become_root(unsigned uid, unsigned gid)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!write_file("/proc/self/uid_map", map))
		return cannot("uid_map");
	(void)write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_file("/proc/self/gid_map", map) ? NULL : cannot("gid_map");
}

/* Link-local addresses are used at once: there is nobody who could have the same. */
static int remember(void)
{
	(void)write_file("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* ---- the wire -------------------------------------------------------------------------------- */

struct message {
	struct nlmsghdr head;
	struct ifinfomsg link;
	char attributes[256];
};

static struct rtattr *put(struct message *m, unsigned short type, const void *data, size_t n)
{
	struct rtattr *a = (struct rtattr *)((char *)m + NLMSG_ALIGN(m->head.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	if (n > 0)
		memcpy(RTA_DATA(a), data, n);
	m->head.nlmsg_len = NLMSG_ALIGN(m->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void end(const struct message *m, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((const char *)m + m->head.nlmsg_len - (char *)nest);
}

/* `ip link add wire type veth peer name wire netns FD` */
static void write_wire(struct message *m, int other_end)
{
	static const struct ifinfomsg peer;

	*m = (struct message){
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(m->link)),
			 .nlmsg_type = RTM_NEWLINK,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK}};
	put(m, IFLA_IFNAME, NETNS_INTERFACE, sizeof(NETNS_INTERFACE));
	struct rtattr *info = put(m, IFLA_LINKINFO, NULL, 0);
	put(m, IFLA_INFO_KIND, "veth", 4);
	struct rtattr *data = put(m, IFLA_INFO_DATA, NULL, 0);
	struct rtattr *other = put(m, VETH_INFO_PEER, &peer, sizeof(peer));
	put(m, IFLA_IFNAME, NETNS_INTERFACE, sizeof(NETNS_INTERFACE));
	put(m, IFLA_NET_NS_FD, &other_end, sizeof(other_end));
	end(m, other);
	end(m, data);
	end(m, info);
}

static const char *lay_wire(int other_end)
{
	struct message m;
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[512];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return cannot("netlink");
	write_wire(&m, other_end);
	bool heard = send(fd, &m, m.head.nlmsg_len, 0) == (ssize_t)m.head.nlmsg_len &&
		     recv(fd, &answer, sizeof(answer), 0) > (ssize_t)sizeof(answer.head) &&
		     answer.head.nlmsg_type == NLMSG_ERROR;
	close(fd);
	if (!heard)
		return cannot("netlink");
	errno = -answer.error.error;
	return errno ? cannot("veth") : NULL;
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static bool set_address(int fd, struct ifreq *r, unsigned long request, const char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	inet_pton(AF_INET, text, &a.sin_addr);
	memcpy(&r->ifr_addr, &a, sizeof(a));
	return ioctl(fd, request, r) == 0;
}

static bool bring(int fd, const char *name, bool up)
{
	struct ifreq r = {0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &r) < 0)
		return false;
	r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
	return ioctl(fd, SIOCSIFFLAGS, &r) == 0;
}

static const char *configure(const char *ip)
{
	struct ifreq r = {.ifr_name = NETNS_INTERFACE};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done = set_address(fd, &r, SIOCSIFADDR, ip) &&
		    set_address(fd, &r, SIOCSIFNETMASK, "255.255.255.0") &&
		    set_address(fd, &r, SIOCSIFBRDADDR, "10.73.0.255") && bring(fd, "lo", true) &&
		    bring(fd, NETNS_INTERFACE, true);
	const char *failed = done ? NULL : cannot("interface");

	if (fd >= 0)
		close(fd);
	return failed;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Root needs nothing; others become root of a world of their own first. */
static const char *leave(void)
{
	unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWNET) == 0)
		return NULL;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return cannot("a network of its own");
	return become_root(uid, gid);
}

static const char *make_spaces(void)
{
	const char *failed = leave();

	if (failed)
		return failed;
	spaces[NETNS_HERE] = remember();
	if (unshare(CLONE_NEWNET) < 0)
		return cannot("a second network");
	spaces[NETNS_THERE] = remember();
	return spaces[NETNS_HERE] < 0 || spaces[NETNS_THERE] < 0 ? cannot("/proc/self/ns/net")
								 : NULL;
}

const char *netns_make(void)
{
	const char *failed = make_spaces();

	if (!failed)
		failed = lay_wire(spaces[NETNS_HERE]);
	if (!failed)
		failed = configure(NETNS_THERE_IP);
	if (failed)
		return failed;
	if (setns(spaces[NETNS_HERE], CLONE_NEWNET) < 0)
		return cannot("setns");
	return configure(NETNS_HERE_IP);
}

void netns_go(enum netns where)
{
	if (setns(spaces[where], CLONE_NEWNET) < 0)
		fail_msg("setns: %s", strerror(errno));
}

void netns_readdress(const char *ip)
{
	const char *failed = configure(ip);

	if (failed)
		fail_msg("%s", failed);
}

void netns_plug(bool in)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done = fd >= 0 && bring(fd, NETNS_INTERFACE, in);

	close(fd);
	if (!done)
		fail_msg("the wire: %s", strerror(errno));
}

/* A line of /proc/net/if_inet6: address, index, prefix, scope, flags, name. */
static bool usable(const char *line, char out[NETNS_ADDRESS])
{
	unsigned flags;
	char name[32], groups[8][5];
	struct in6_addr ip;
	char text[48];

	if (sscanf(line, "%4s%4s%4s%4s%4s%4s%4s%4s %*x %*x 20 %x %31s", groups[0], groups[1],
		   groups[2], groups[3], groups[4], groups[5], groups[6], groups[7], &flags,
		   name) != 10 ||
	    strcmp(name, NETNS_INTERFACE) != 0 || flags & 0x40 /* tentative */)
		return false;
	snprintf(text, sizeof(text), "%s:%s:%s:%s:%s:%s:%s:%s", groups[0], groups[1], groups[2],
		 groups[3], groups[4], groups[5], groups[6], groups[7]);
	assert_int_equal(inet_pton(AF_INET6, text, &ip), 1);
	assert_non_null(inet_ntop(AF_INET6, &ip, text, sizeof(text)));
	snprintf(out, NETNS_ADDRESS, "%s%%%s", text, name);
	return true;
}

static bool look_up(char out[NETNS_ADDRESS])
{
	FILE *f = fopen("/proc/self/net/if_inet6", "r");
	char line[128];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = usable(line, out);
	if (f)
		fclose(f);
	return found;
}

bool netns_link_local(char out[NETNS_ADDRESS])
{
	uint64_t deadline = within(SOON);

	if (access("/proc/self/net/if_inet6", R_OK) < 0)
		return false;
	while (!look_up(out))
		if (!programs_wait(-1, 0, within(0) + 10 * 1000) && within(0) > deadline)
			fail_msg("no link-local address on %s", NETNS_INTERFACE);
	return true;
}
