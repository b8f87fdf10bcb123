/*
 * Sockets: endpoints by name, listening, connecting, credentials.
 *
 * Every descriptor made here is non-blocking and close-on-exec.  Failures return ERR_* and, where
 * a struct sock_error is given, a sentence for people that says what happened and what to do.
 */
#ifndef SYS_SOCK_H
#define SYS_SOCK_H

#include "proto/address.h"
#include "proto/err.h"
#include "proto/key.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SOCK_DEFAULT_PORT 8888

struct sock_error {
	char text[256];
};

enum endpoint_kind { ENDPOINT_CHAT, ENDPOINT_UDP, ENDPOINT_TCP, ENDPOINT_UNIX };

/*
 * A parsed address of a room: "chat://host[:port]" "udp://…" "tcp://…" "unix:/path", "host[:port]"
 * (CHAT).  An IPv6 address stands in brackets when a port follows: "[::1]:4000", "::1".  All but
 * UNIX may end with "/#" and the text of the server's key (proto/key.h).
 */
struct endpoint {
	enum endpoint_kind kind;
	char host[256];					      /* not for UNIX; brackets removed */
	uint16_t port;					      /* not for UNIX */
	char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* UNIX */
	bool own; /* UNIX: whoever listens there has to be this user, or root */
	bool has_key;
	uint8_t key[KEY_BYTES]; /* the server's, or zeros */
};

/* ERR_MALFORMED, ERR_TOO_BIG (host, path): *out is as it was. */
NODISCARD enum err endpoint_parse(const char *text, struct endpoint *out, struct sock_error *why);

/* The default local socket: $XDG_RUNTIME_DIR/chat-room.sock, else /tmp/chat-room-UID/chat-room.sock.
 * True: the latter, whose directory is ours to make. */
bool sock_default_path(char *out, size_t cap);

/*
 * The directory of that path, made for the user alone where there is none.  ERR_EXISTS: it is another
 * user's, open to others, or none; ERR_SYSTEM.
 */
NODISCARD enum err sock_private_dir(const char *path, struct sock_error *why);

/* Whether `us` may take what a program of that user says for this user's own room. */
bool sock_is_own(uid_t peer, uid_t us);

/*
 * Listen on `host` ("" : every address, IPv6 dual-stack, else IPv4 alone where there is no IPv6).
 * At most `max` descriptors (a name may resolve to several addresses) are put in fds.  Port 0: the
 * kernel's choice, one for all of them; sock_local() tells.  May wait for the resolver.
 * ERR_EXISTS: in use; ERR_NOT_FOUND: no such host, or not an address of this machine; ERR_SYSTEM.
 */
NODISCARD enum err sock_listen(enum transport t, const char *host, uint16_t port, int *fds,
			       size_t max, size_t *count, struct sock_error *why);

/*
 * Listen on a local path with mode 0600.  A stale socket file is removed only after connecting to it
 * finds nobody; a live server there, or one that starts in this instant, is ERR_EXISTS; a file that is
 * no socket is left alone, ERR_EXISTS.  ERR_TOO_BIG, ERR_MALFORMED (the path), ERR_SYSTEM.  Sets the
 * process's umask for a moment: not while other threads make files.
 */
NODISCARD enum err sock_listen_unix(const char *path, int *fd, struct sock_error *why);

/* Which file lies at the path after that; so that the end removes no other server's, which came later.
 * To be removed before the socket is closed: until then its number is given to no other file. */
struct sock_file {
	dev_t dev;
	ino_t ino; /* 0: none */
};

void sock_file_note(const char *path, struct sock_file *file);
void sock_file_remove(const char *path, const struct sock_file *file);

/*
 * Start connecting to the n-th (0, 1 …) address that the endpoint resolves to; ERR_NOT_FOUND past the
 * last (`why` keeps what it said before), or when there is none.  ERR_SYSTEM: try the next.
 * ERR_EXISTS: somebody listens there who must not (`own`): nothing was said to him.
 * `t` is TRANSPORT_UDP (connected datagram socket) or TRANSPORT_TCP, or TRANSPORT_UNIX for an
 * endpoint of that kind.  A TCP stream may still be connecting: wait for writable, then
 * sock_connected().  May wait for the resolver.
 */
NODISCARD enum err sock_connect(enum transport t, const struct endpoint *e, size_t n, int *fd,
				struct sock_error *why);
NODISCARD enum err sock_connected(int fd); /* ERR_SYSTEM with errno: why it is not */

/* Where a connected UDP or TCP socket leads, to get there again without the resolver. */
struct sock_peer {
	struct sockaddr_storage address;
	socklen_t len; /* 0: nowhere */
};

void sock_peer_note(int fd, struct sock_peer *peer);
/* As sock_connect(), to that address.  ERR_SYSTEM. */
NODISCARD enum err sock_connect_peer(enum transport t, const struct sock_peer *peer, int *fd,
				     struct sock_error *why);

/*
 * Accept one; *fd = -1 with ERR_NONE when none is waiting (one that broke off is passed over).
 * ERR_FULL: out of descriptors (EMFILE, ENFILE) or memory; ERR_SYSTEM.  Fills the peer's address,
 * for TRANSPORT_UNIX its credentials.
 */
NODISCARD enum err sock_accept(int listener, enum transport t, int *fd, struct address *peer);

void sock_address_from(const struct sockaddr *sa, enum transport t, struct address *out);

/* For a socket of that family; 0: `a` cannot be reached from one (UNIX, or IPv6 from AF_INET). */
socklen_t sock_address_to(const struct address *a, int family, struct sockaddr_storage *out);

/* getsockname(); for TRANSPORT_UNIX this process.  ERR_SYSTEM. */
NODISCARD enum err sock_local(int fd, enum transport t, struct address *out);

/* Raise RLIMIT_NOFILE to its hard limit; returns the limit in force. */
size_t sock_raise_fd_limit(void);

#endif
