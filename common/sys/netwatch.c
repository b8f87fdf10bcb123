/* Messages are counted, not read: what they say may be old by now. */
#include "sys/netwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

int netwatch_open(void)
{
	struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
				     .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
						  RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
						  RTMGRP_IPV6_ROUTE};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&groups, sizeof(groups)) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

bool netwatch_drain(int fd)
{
	char message[4096]; /* what does not fit is cut */
	bool any = false;

	for (;;) {
		ssize_t n = recv(fd, message, sizeof(message), 0);
		if (n > 0 || (n < 0 && errno == ENOBUFS)) /* more than it could keep */
			any = true;
		else if (n == 0 || errno != EINTR)
			return any;
	}
}
