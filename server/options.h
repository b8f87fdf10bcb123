/*
 * The server's command line (architecture: fixed once it exists, scripts rest on it).
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include "sys/reactor.h"
#include "sys/sock.h"

enum {
	OPTIONS_MAX_BINDS = 8,
	OPTIONS_GRACE = 90,
	OPTIONS_MAX_GRACE = 86400,
	OPTIONS_RECALL = 120,
	OPTIONS_MAX_RECALL = 30 * 86400,
	OPTIONS_RATE = 100,
	OPTIONS_MAX_RATE = 10000,
	OPTIONS_MAX_KEEP = 36500, /* days */
	OPTIONS_MAX_THREADS = 16,
};

struct server_options {
	uint16_t port; /* 0: any free one */
	const char *binds[OPTIONS_MAX_BINDS];
	size_t bind_count;   /* 0: every address */
	bool default_socket; /* in a directory that is ours to make */
	char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *data_dir;	   /* NULL: none given */
	const char *log_path;	   /* NULL: none */
	const char *password_file; /* NULL: the room has no password */
	const char *name;	   /* as it is found on the local network; NULL: none given */
	enum reactor_io io;
	unsigned grace;	 /* seconds */
	unsigned recall; /* seconds */
	unsigned rate;	 /* commands a second; 0: no limit */
	unsigned threads;
	bool together; /* CHAT_TOGETHER in the environment: for few members, too, for the tests */
	bool edge;     /* CHAT_EPOLL_EDGE in the environment: epoll edge-triggered, for the tests */
	bool plain_udp; /* CHAT_UDP_PLAIN in the environment: no trains of datagrams, for the tests */
	bool no_udp, no_tcp, no_discovery;
	bool memory;	    /* nothing of what is said is kept on disk */
	bool lazy;	    /* --durability normal: the last of it may be lost with the machine */
	uint32_t keep_days; /* RECORD_KEEP_FOREVER: for ever */
	const char *export_room; /* print it, and that is all; NULL: no */
	const char *backup_file; /* make it, and that is all; NULL: no */
	bool invite;		 /* print the invitations, and that is all */
};

/*
 * Reads argv.  True: go on with *o.  False: everything was said (--help, --version, or an error on
 * standard error); end with *status.  Strings are borrowed from argv.
 */
bool options_parse(int argc, char **argv, struct server_options *o, int *status);

/* Days from 1 to OPTIONS_MAX_KEEP, or "forever". */
bool options_parse_keep(const char *text, size_t len, uint32_t *days);

#endif
