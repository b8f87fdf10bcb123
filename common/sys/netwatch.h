/*
 * Tells when the machine's addresses, links or routes change (netlink, NETLINK_ROUTE).
 *
 * What has changed is not told: who wants to know asks the kernel by connecting anew.
 */
#ifndef SYS_NETWATCH_H
#define SYS_NETWATCH_H

#include <stdbool.h>

int netwatch_open(
	void); /* a descriptor to be watched for reading; -1: not to be had here (errno) */
/* Takes what has been told; true: something has changed. */
bool netwatch_drain(int fd);

#endif
