/*
 * Local sockets: a file that only its owner may connect to.
 *
 * A socket file outlives a server that was killed.  It is taken away only after bind() has met it
 * and connecting to it has found nobody.  Between bind() and listen() nobody is found either; so all
 * of it, and removing the file in the end, happens under a lock: a file beside the socket, which is
 * there only so long.  Nobody waits for it: who holds it is about to have the path.
 */
#include "sys/sock.h"

#include "sys/sock_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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

/* ---- the lock ------------------------------------------------------------------------------ */

struct lock {
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
};

/* Who had it before us may have removed the file that we have locked. */
static bool still_there(const struct lock *l)
{
	struct stat ours, there;

	return !fstat(l->fd, &ours) && !lstat(l->path, &there) && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

/* False: EWOULDBLOCK, somebody has it; else the errno of making the file. */
static bool lock_path(struct lock *l, const char *path)
{
	(void)snprintf(l->path, sizeof(l->path), "%s.lock", path);
	for (;;) {
		l->fd = open(l->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		if (l->fd < 0)
			return false;
		if (flock(l->fd, LOCK_EX | LOCK_NB)) {
			sock_close(l->fd);
			return false;
		}
		if (still_there(l))
			return true;
		(void)close(l->fd);
	}
}

static void unlock_path(struct lock *l)
{
	int saved = errno;

	(void)unlink(l->path);
	(void)close(l->fd);
	errno = saved;
}

/* ---- listening ----------------------------------------------------------------------------- */

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
	if (errno == EADDRINUSE || errno == EWOULDBLOCK)
		return sock_fail(ERR_EXISTS, why,
				 "another chat-server has just taken %s: join it, or choose "
				 "another path with -u",
				 path);
	return sock_fail(ERR_SYSTEM, why,
			 "no socket can be made at %s (%s): choose another path with -u", path,
			 strerror(errno));
}

static enum err bind_and_listen(int fd, const struct sockaddr_un *sa, struct sock_error *why)
{
	const struct sockaddr *address = (const struct sockaddr *)sa;
	enum err err = ERR_NONE;

	if (bind(fd, address, sizeof(*sa))) {
		err = errno == EADDRINUSE ? remove_stale(sa, why) : bind_failed(sa->sun_path, why);
		if (!err && bind(fd, address, sizeof(*sa)))
			err = bind_failed(sa->sun_path, why);
	}
	if (!err && listen(fd, SOMAXCONN))
		err = sock_fail(ERR_SYSTEM, why, "%s: %s", sa->sun_path, strerror(errno));
	return err;
}

/* The mode is right from the start: there is no moment in which others may connect. */
static enum err listen_private(int fd, const struct sockaddr_un *sa, struct sock_error *why)
{
	mode_t before = umask(0177);
	struct lock lock;
	enum err err;

	if (lock_path(&lock, sa->sun_path)) {
		err = bind_and_listen(fd, sa, why);
		unlock_path(&lock);
	} else {
		err = bind_failed(sa->sun_path, why);
	}
	(void)umask(before);
	return err;
}

/* A socket, and the address that it is to have or to find. */
static enum err open_for_path(const char *path, struct sockaddr_un *sa, int *fd,
			      struct sock_error *why)
{
	enum err err = fill_path(sa, path, why);

	if (err)
		return err;
	*fd = sock_open(AF_UNIX, SOCK_STREAM);
	if (*fd < 0)
		return sock_fail(ERR_SYSTEM, why, "no local socket: %s", strerror(errno));
	return ERR_NONE;
}

enum err sock_listen_unix(const char *path, int *fd, struct sock_error *why)
{
	struct sockaddr_un sa;
	int s;
	enum err err = open_for_path(path, &sa, &s, why);

	if (err)
		return err;
	err = listen_private(s, &sa, why);
	if (err) {
		sock_close(s);
		return err;
	}
	*fd = s;
	return ERR_NONE;
}

void sock_file_note(const char *path, struct sock_file *file)
{
	struct stat st;

	*file = (struct sock_file){.ino = 0};
	if (!lstat(path, &st))
		*file = (struct sock_file){st.st_dev, st.st_ino};
}

/* Locked by somebody else, it is his by now, or stays as a stale one. */
void sock_file_remove(const char *path, const struct sock_file *file)
{
	struct sock_file now;
	struct lock lock;

	if (!file->ino || !lock_path(&lock, path))
		return;
	sock_file_note(path, &now);
	if (now.dev == file->dev && now.ino == file->ino)
		(void)unlink(path);
	unlock_path(&lock);
}

/* ---- whose it is ----------------------------------------------------------------------------- */

/* In /tmp anybody may make a directory, and bind a socket, under any name that is free. */
enum err sock_private_dir(const char *path, struct sock_error *why)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return ERR_NONE;
	*slash = '\0';
	if ((mkdir(dir, 0700) && errno != EEXIST) || lstat(dir, &st))
		return sock_fail(
			ERR_SYSTEM, why,
			"the directory %s cannot be made (%s): choose another path with -u", dir,
			strerror(errno));
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & (S_IRWXG | S_IRWXO)))
		return ERR_NONE;
	return sock_fail(ERR_EXISTS, why,
			 "%s is there already, and is no directory of yours alone (mode 0700): "
			 "remove it, or choose another path with -u",
			 dir);
}

bool sock_is_own(uid_t peer, uid_t us)
{
	return peer == us || peer == 0;
}

static enum err check_owner(int fd, const char *path, struct sock_error *why)
{
	const struct passwd *pw;
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size))
		return sock_fail(ERR_SYSTEM, why, "who listens on %s is not known: %s", path,
				 strerror(errno));
	if (sock_is_own(cred.uid, geteuid()))
		return ERR_NONE;
	pw = getpwuid(cred.uid);
	errno = EPERM;
	return sock_fail(ERR_EXISTS, why,
			 "%s is served by %.32s (user %lu), not by you: start a chat-server with "
			 "another -u, or join that one by its address, unix:PATH",
			 path, pw ? pw->pw_name : "a stranger", (unsigned long)cred.uid);
}

enum err sock_connect_unix(const struct endpoint *e, int *fd, struct sock_error *why)
{
	const char *path = e->path;
	struct sockaddr_un sa;
	int s;
	enum err err = open_for_path(path, &sa, &s, why);

	if (err)
		return err;
	if (connect(s, (const struct sockaddr *)&sa, sizeof(sa))) {
		sock_close(s);
		if (errno == ENOENT || errno == ECONNREFUSED)
			return sock_fail(ERR_SYSTEM, why,
					 "nobody listens on %s: start chat-server, or name another "
					 "address",
					 path);
		return sock_fail(ERR_SYSTEM, why, "no connection to %s: %s", path, strerror(errno));
	}
	err = e->own ? check_owner(s, path, why) : ERR_NONE;
	if (err) {
		sock_close(s);
		return err;
	}
	*fd = s;
	return ERR_NONE;
}
