/*
 * Local sockets: a file that only its owner may connect to.
 *
 * A socket file outlives a server that was killed.  It is taken away only after bind() has met it
 * and connecting to it has found nobody.  Two servers that start in the same instant on the same
 * stale file may still both take it for stale; the later one then has the path.
 */
#include "sys/sock.h"

#include "sys/sock_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err fill_path(struct sockaddr_un *sa, const char *path, struct sock_error *why)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!*path)
		return sock_fail(ERR_MALFORMED, why, "the path of the local socket is empty");
	if (strlen(path) >= sizeof(sa->sun_path))
		return sock_fail(ERR_TOO_BIG, why,
				 "the path of the local socket is too long (at most %zu bytes): "
				 "choose another with -u",
				 sizeof(sa->sun_path) - 1);
	(void)snprintf(sa->sun_path, sizeof(sa->sun_path), "%s", path);
	return ERR_NONE;
}

/* The mode is right from the start: there is no moment in which others may connect. */
static int bind_private(int fd, const struct sockaddr_un *sa)
{
	mode_t before = umask(0177);
	int result = bind(fd, (const struct sockaddr *)sa, sizeof(*sa));

	(void)umask(before);
	return result;
}

/* 0: somebody answers at the path; else the errno of connecting. */
static int probe(const struct sockaddr_un *sa)
{
	int fd = sock_open(AF_UNIX, SOCK_STREAM);
	int result = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)))
		result = errno == EAGAIN ? 0 : errno; /* EAGAIN: alive, with a queue at the door */
	sock_close(fd);
	return result;
}

/* Makes way for a bind(), or says who is in it. */
static enum err remove_stale(const struct sockaddr_un *sa, struct sock_error *why)
{
	const char *path = sa->sun_path;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT
			       ? ERR_NONE
			       : sock_fail(ERR_SYSTEM, why, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return sock_fail(ERR_EXISTS, why,
				 "%s is there already and is no socket: remove it, or choose "
				 "another path with -u",
				 path);
	switch (probe(sa)) {
	case 0:
		return sock_fail(ERR_EXISTS, why,
				 "a chat-server is listening on %s already: join it, or choose "
				 "another path with -u",
				 path);
	case ENOENT:
		return ERR_NONE;
	case ECONNREFUSED:
		if (!unlink(path) || errno == ENOENT)
			return ERR_NONE;
		return sock_fail(ERR_SYSTEM, why, "the old socket %s cannot be removed: %s", path,
				 strerror(errno));
	default:
		return sock_fail(ERR_EXISTS, why,
				 "%s belongs to another user or program: choose another path "
				 "with -u",
				 path);
	}
}

static enum err bind_failed(const char *path, struct sock_error *why)
{
	if (errno == EADDRINUSE)
		return sock_fail(ERR_EXISTS, why,
				 "another chat-server has just taken %s: join it, or choose "
				 "another path with -u",
				 path);
	return sock_fail(ERR_SYSTEM, why,
			 "no socket can be made at %s (%s): choose another path with -u", path,
			 strerror(errno));
}

enum err sock_listen_unix(const char *path, int *fd, struct sock_error *why)
{
	struct sockaddr_un sa;
	enum err err = fill_path(&sa, path, why);
	int s;

	if (err)
		return err;
	s = sock_open(AF_UNIX, SOCK_STREAM);
	if (s < 0)
		return sock_fail(ERR_SYSTEM, why, "no local socket: %s", strerror(errno));
	if (bind_private(s, &sa)) {
		err = errno == EADDRINUSE ? remove_stale(&sa, why) : bind_failed(path, why);
		if (!err && bind_private(s, &sa))
			err = bind_failed(path, why);
	}
	if (!err && listen(s, SOMAXCONN))
		err = sock_fail(ERR_SYSTEM, why, "%s: %s", path, strerror(errno));
	if (err) {
		sock_close(s);
		return err;
	}
	*fd = s;
	return ERR_NONE;
}

enum err sock_connect_unix(const char *path, int *fd, struct sock_error *why)
{
	struct sockaddr_un sa;
	enum err err = fill_path(&sa, path, why);
	int s;

	if (err)
		return err;
	s = sock_open(AF_UNIX, SOCK_STREAM);
	if (s < 0)
		return sock_fail(ERR_SYSTEM, why, "no local socket: %s", strerror(errno));
	if (connect(s, (const struct sockaddr *)&sa, sizeof(sa))) {
		sock_close(s);
		if (errno == ENOENT || errno == ECONNREFUSED)
			return sock_fail(ERR_SYSTEM, why,
					 "nobody listens on %s: start chat-server, or name another "
					 "address",
					 path);
		return sock_fail(ERR_SYSTEM, why, "no connection to %s: %s", path, strerror(errno));
	}
	*fd = s;
	return ERR_NONE;
}
