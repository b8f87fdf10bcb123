/* One buffer that a turn's lines are gathered in; a line that does not fit is preceded by a flush. */
#include "transcript.h"

#include "proto/json.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINE_MAX_SIZE = TEXT_SAFE_SIZE(TEXT_MAX_BYTES) + 1024,
	GATHER_SIZE = LINE_MAX_SIZE + 128 * 1024,
};

struct transcript {
	char *path;
	int fd;
	bool failing;
	size_t len;
	char bytes[GATHER_SIZE];
};

static int refuse(const char *path, const char *what, char why[TRANSCRIPT_WHY])
{
	(void)snprintf(why, TRANSCRIPT_WHY,
		       "the log %.100s cannot be written: %s; choose another file with --log", path,
		       what);
	return -1;
}

static bool never_waits(const struct stat *st)
{
	struct stat null;

	return S_ISREG(st->st_mode) ||
	       (S_ISCHR(st->st_mode) && !stat("/dev/null", &null) && st->st_rdev == null.st_rdev);
}

/* O_NONBLOCK: opening a FIFO that nobody reads would wait. */
static int open_file(const char *path, char why[TRANSCRIPT_WHY])
{
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
	struct stat st;

	if (fd < 0)
		return refuse(path, errno == ENXIO ? "it is no regular file" : strerror(errno),
			      why);
	if (!fstat(fd, &st) && never_waits(&st))
		return fd;
	close(fd);
	return refuse(path, "it is no regular file", why);
}

struct transcript *transcript_open(const char *path, char why[TRANSCRIPT_WHY])
{
	struct transcript *t = malloc(sizeof(*t));
	int fd = open_file(path, why);

	if (t)
		*t = (struct transcript){.path = strdup(path), .fd = fd};
	if (t && t->path && fd >= 0)
		return t;
	if (fd >= 0) {
		refuse(path, strerror(ENOMEM), why);
		close(fd);
	}
	if (t)
		free(t->path);
	free(t);
	return NULL;
}

void transcript_close(struct transcript *t)
{
	if (!t)
		return;
	transcript_flush(t);
	close(t->fd);
	free(t->path);
	free(t);
}

enum err transcript_reopen(struct transcript *t, char why[TRANSCRIPT_WHY])
{
	int fd = open_file(t->path, why);

	if (fd < 0)
		return ERR_SYSTEM;
	transcript_flush(t);
	close(t->fd);
	t->fd = fd;
	t->failing = false;
	return ERR_NONE;
}

void transcript_flush(struct transcript *t)
{
	size_t done = 0;

	while (done < t->len) {
		ssize_t n = write(t->fd, t->bytes + done, t->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (!t->failing)
				log_say(LOG_ERROR,
					"cannot write the log %s: %s; what is said now is missing "
					"there",
					t->path, strerror(errno));
			t->failing = true;
			break;
		}
		done += (size_t)n;
		t->failing = false;
	}
	t->len = 0;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void put(struct transcript *t, const char *s)
{
	size_t n = strlen(s);

	memcpy(t->bytes + t->len, s, n);
	t->len += n;
}

static void put_safe(struct transcript *t, const void *s, size_t n)
{
	t->len += text_safe(t->bytes + t->len, TEXT_SAFE_SIZE(n), s, n, false);
}

static void begin(struct transcript *t, int64_t wall_ms)
{
	char time[JSON_TIME_SIZE];

	if (GATHER_SIZE - t->len < LINE_MAX_SIZE)
		transcript_flush(t);
	put(t, json_time_format(wall_ms, time));
}

static void put_address(struct transcript *t, const struct address *who)
{
	char text[ADDRESS_MAX_TEXT];

	put(t, " [");
	put(t, address_format(who, text));
	put(t, "]");
}

static void put_target(struct transcript *t, uint64_t target)
{
	char text[32];

	snprintf(text, sizeof(text), " (%llu)", (unsigned long long)target);
	put(t, text);
}

void transcript_event(struct transcript *t, struct slice room, const struct event *e,
		      const struct address *who)
{
	char head[64];

	begin(t, e->time_ms);
	if (e->room != WIRE_LOBBY) {
		put(t, " ");
		put_safe(t, room.data, room.len);
	}
	snprintf(head, sizeof(head), " %llu %s", (unsigned long long)e->seq,
		 event_kind_name(e->kind));
	put(t, head);
	if (e->kind != EVENT_ANNOUNCE)
		put(t, " ");
	put_safe(t, e->from.data, e->from.len);
	if (e->kind == EVENT_QUIT) {
		put(t, " (");
		put(t, leave_reason_name(e->reason));
		put(t, ")");
	}
	if (e->target > 0)
		put_target(t, e->target);
	if (e->kind == EVENT_JOIN && who)
		put_address(t, who);
	if (e->text.len > 0)
		put(t, e->kind == EVENT_NICK ? " -> " : ": ");
	put_safe(t, e->text.data, e->text.len);
	put(t, "\n");
}

void transcript_console(struct transcript *t, int64_t wall_ms, const char *line, size_t len)
{
	begin(t, wall_ms);
	put(t, " - console: ");
	put_safe(t, line, len < TEXT_MAX_BYTES ? len : TEXT_MAX_BYTES);
	put(t, "\n");
}
