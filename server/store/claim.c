/* The note has one length, so that it is replaced in place: a disk writes a sector whole or not. */
#include "store/claim.h"

#include "sys/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define FORM "chat-room log, %s, epoch %020" PRIu64 ", batch %020" PRIu64 "\n"

enum { NOTE_BYTES = sizeof("chat-room log, full, epoch , batch \n") - 1 + 40 };

static enum err refuse(struct claim *c, enum err e, struct db_why *why, const char *path)
{
	int number = errno;

	if (e == ERR_EXISTS)
		db_say(why,
		       "another server is at work in this data directory (it holds %s): end that "
		       "one, or choose another directory with -d",
		       path);
	else
		db_say(why,
		       "%s cannot be used: %s; make it and its directory this user's to write, or "
		       "choose another directory with -d",
		       path, strerror(number));
	claim_drop(c);
	return e;
}

static bool parse(const char *text, struct claim_note *note)
{
	char how[5] = "", again[NOTE_BYTES + 1];

	if (sscanf(text, "chat-room log, %4s, epoch %20" SCNu64 ", batch %20" SCNu64, how,
		   &note->epoch, &note->batch) != 3)
		return false;
	how[4] = '\0';
	note->lazy = strcmp(how, "lazy") == 0;
	(void)snprintf(again, sizeof(again), FORM, note->lazy ? "lazy" : "full", note->epoch,
		       note->batch);
	return strcmp(text, again) == 0;
}

/* What was there before, or is no note any more, is none. */
static void read_note(struct claim *c)
{
	char text[NOTE_BYTES + 1];
	ssize_t n = pread(c->fd, text, NOTE_BYTES, 0);

	text[n > 0 ? n : 0] = '\0';
	c->noted = n == NOTE_BYTES && parse(text, &c->note);
}

enum err claim_take(struct claim *c, const char *dir, struct db_why *why)
{
	char path[DATADIR_MAX];

	*c = (struct claim){.fd = -1};
	errno = ENAMETOOLONG;
	if (datadir_file(dir, "lock", path) != ERR_NONE)
		return refuse(c, ERR_TOO_BIG, why, dir);
	c->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (c->fd < 0)
		return refuse(c, ERR_SYSTEM, why, path);
	if (flock(c->fd, LOCK_EX | LOCK_NB))
		return refuse(c, errno == EWOULDBLOCK ? ERR_EXISTS : ERR_SYSTEM, why, path);
	read_note(c);
	return ERR_NONE;
}

void claim_drop(struct claim *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}

static bool write_note(struct claim *c)
{
	char text[NOTE_BYTES + 1];

	(void)snprintf(text, sizeof(text), FORM, c->note.lazy ? "lazy" : "full", c->note.epoch,
		       c->note.batch);
	return pwrite(c->fd, text, NOTE_BYTES, 0) == NOTE_BYTES;
}

enum err claim_begin(struct claim *c, const struct claim_note *note)
{
	c->note = *note;
	if (!write_note(c) || fsync(c->fd))
		return ERR_SYSTEM;
	c->noted = true;
	return ERR_NONE;
}

void claim_note_batch(struct claim *c, uint64_t batch)
{
	c->note.batch = batch;
	(void)write_note(c);
}
