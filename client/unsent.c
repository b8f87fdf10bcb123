/*
 * Files of journals; the contract is in unsent.h.
 *
 * A lock goes with the file and not with its name: after locking it is looked whether it is still the one
 * that is called so, since its owner may have replaced or removed it meanwhile.  Where the file system
 * has no locks nothing is taken over: two clients must not be one.
 */
#include "unsent.h"

#include "sys/datadir.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NAME_DIGITS = 16,
	NAME_SIZE = DATADIR_MAX + 32,
	FILE_MAX = 64 * 1024 * 1024, /* bytes of one that is read */
	SLACK = 64 * 1024,	     /* what a file may be larger than what it comes to */
	FILES_MAX = 1024,	     /* looked at */
	SKIPPED = 1 << 20,	     /* mids, when some that were drawn may be unreadable */
};

static const char head[] = "# chat-room unsent 1\n";

struct unsent {
	char dir[DATADIR_MAX]; /* "": nothing is kept */
	struct journal journal;
	uint64_t was;
	int fd; /* the file, locked; -1: there is none */
	size_t bytes;
	bool damaged;		/* the last writing was not finished */
	bool unsynced, unnamed; /* what is in it, and its name, may not be on the disk */
	uint8_t entry[JOURNAL_ENTRY_MAX];
};

const struct journal *unsent_journal(const struct unsent *u)
{
	return &u->journal;
}

uint64_t unsent_was(const struct unsent *u)
{
	return u->was;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void name_of(const struct unsent *u, uint64_t instance, const char *suffix,
		    char out[NAME_SIZE])
{
	(void)snprintf(out, NAME_SIZE, "%s/%016llx%s", u->dir, (unsigned long long)instance,
		       suffix);
}

static bool write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return false;
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool write_entry(void *ctx, const struct journal_entry *e)
{
	struct unsent *u = ctx;
	struct buf b = buf_of(u->entry, sizeof(u->entry));

	journal_put(&b, e);
	assert(!b.failed); /* what the journal takes fits */
	u->bytes += b.len;
	return write_all(u->fd, u->entry, b.len);
}

/* The directory too, or the name might be the old file's. */
static bool sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return done;
}

static void close_file(struct unsent *u)
{
	if (u->fd >= 0)
		(void)close(u->fd);
	u->fd = -1;
}

static bool write_new(struct unsent *u)
{
	u->bytes = sizeof(head) - 1;
	return flock(u->fd, LOCK_EX | LOCK_NB) == 0 &&
	       write_all(u->fd, (const uint8_t *)head, sizeof(head) - 1) &&
	       journal_tell(&u->journal, write_entry, u);
}

/* All of it anew, in the place of what there is, if there is something: that is safe as long as the new one
 * is not.  The first one has its name at once: a client may be killed while it waits for a disk.  errno. */
static bool replace(struct unsent *u)
{
	char temporary[NAME_SIZE], name[NAME_SIZE];
	int old = u->fd;

	name_of(u, u->journal.instance, ".new", temporary);
	name_of(u, u->journal.instance, "", name);
	u->fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		     0600);
	if (u->fd < 0 || !write_new(u) || (old >= 0 && fdatasync(u->fd) != 0) ||
	    rename(temporary, name) != 0) {
		int saved = errno;
		close_file(u);
		(void)unlink(temporary);
		u->fd = old;
		errno = saved;
		return false;
	}
	if (old >= 0)
		(void)close(old);
	u->damaged = false;
	u->unsynced = u->unnamed = true;
	return true;
}

static bool is_too_large(const struct unsent *u)
{
	return u->bytes > SLACK + 4 * u->journal.bytes;
}

/* What was noted last goes to the file, alone or with all there is. */
static enum err keep(struct unsent *u, const struct journal_entry *e)
{
	if (!u->dir[0] || (u->fd < 0 && journal_empty(&u->journal)))
		return ERR_NONE;
	if (u->fd < 0 || u->damaged)
		return replace(u) ? ERR_NONE : ERR_SYSTEM;
	u->unsynced = true;
	u->damaged = !write_entry(u, e);
	if (u->damaged)
		return ERR_SYSTEM;
	if (is_too_large(u))
		(void)replace(u); /* if not now, with the next */
	return ERR_NONE;
}

enum err unsent_note(struct unsent *u, const struct journal_entry *e)
{
	enum err err = journal_take(&u->journal, e);

	return err == ERR_NONE ? keep(u, e) : err;
}

enum err unsent_sync(struct unsent *u)
{
	if (u->fd < 0 || !u->unsynced)
		return ERR_NONE;
	if (fdatasync(u->fd) != 0 || (u->unnamed && !sync_dir(u->dir)))
		return ERR_SYSTEM;
	u->unsynced = u->unnamed = false;
	return ERR_NONE;
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* A file of a client that is no more. */
struct left {
	int fd; /* locked */
	char name[NAME_SIZE];
	struct journal journal;
	size_t damaged; /* entries */
};

static void left_wipe(struct left *l)
{
	journal_wipe(&l->journal);
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

/* A line that is none, or cannot follow, is passed over; the last one may have been cut short. */
static void read_entries(FILE *f, struct left *l)
{
	struct journal_entry e;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0) {
		bool whole = line[n - 1] == '\n';
		if (line[0] == '#')
			continue;
		if (!whole || journal_get(line, (size_t)n - 1, &e) != ERR_NONE ||
		    journal_take(&l->journal, &e) != ERR_NONE)
			l->damaged++;
	}
	free(line);
}

static bool read_file(struct left *l)
{
	int fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 0); /* the lock is on both */
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	bool done;

	if (!f) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	read_entries(f, l);
	done = !ferror(f);
	(void)fclose(f);
	return done;
}

/* It is ours, is called so still, and is not too large. */
static bool is_the_file(int fd, const char *name)
{
	struct stat by_fd, by_name;

	return fstat(fd, &by_fd) == 0 && lstat(name, &by_name) == 0 && S_ISREG(by_fd.st_mode) &&
	       by_fd.st_ino == by_name.st_ino && by_fd.st_dev == by_name.st_dev &&
	       by_fd.st_uid == geteuid() && by_fd.st_size <= FILE_MAX;
}

/* False: somebody has it, or it is none. */
static bool open_left(const struct unsent *u, const char *file, struct left *l)
{
	*l = (struct left){.fd = -1};
	if (strlen(file) != NAME_DIGITS || strspn(file, "0123456789abcdef") != NAME_DIGITS ||
	    (size_t)snprintf(l->name, sizeof(l->name), "%s/%s", u->dir, file) >= sizeof(l->name))
		return false;
	l->fd = open(l->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (l->fd >= 0 && flock(l->fd, LOCK_EX | LOCK_NB) == 0 && is_the_file(l->fd, l->name) &&
	    read_file(l))
		return true;
	left_wipe(l);
	return false;
}

/* Before a server's key is known the client calls it as the person does. */
static bool is_wanted(const struct journal *j, const struct unsent_wanted *w)
{
	bool server =
		strcmp(j->server, w->label) == 0 || (w->key && strcmp(j->server, w->key) == 0);

	return server && strcmp(j->nick, w->nick) == 0;
}

/* ---- taking over ------------------------------------------------------------------------------- */

static size_t on_their_way(const struct journal *j)
{
	size_t n = 0;

	for (const struct journal_line *line = j->lines; line; line = line->next)
		n += !line->failed;
	return n;
}

size_t unsent_on_file(const struct unsent *u)
{
	return u->fd >= 0 ? on_their_way(&u->journal) : 0;
}

/* The server may have something that is not answered, and would tell it by the instance. */
static bool goes_on(const struct journal *j)
{
	return j->instance != 0 && !j->left && on_their_way(j) > 0;
}

/* In words, what is not known of a line that is taken over with no instance. */
static const char *doubt_of(const struct journal *from, const struct journal_line *line)
{
	if (line->failed)
		return line->reason;
	if (from->epoch == 0)
		return NULL; /* it was never told to anybody */
	return from->left ? "you left before it was answered: look whether it is there"
			  : "part of what was kept is damaged: look whether it is there";
}

static bool take(struct unsent *u, const struct journal_entry *e)
{
	return journal_take(&u->journal, e) == ERR_NONE;
}

static bool take_line(struct unsent *u, const struct journal *from, const struct journal_line *line)
{
	const char *doubt = doubt_of(from, line);
	uint64_t mid = u->journal.mids + 1;

	if (line->what != COMMAND_TALK && doubt)
		return true; /* an edit is nothing that could be shown as a line */
	if (!take(u, &(struct journal_entry){.kind = JOURNAL_SAID,
					     .number = mid,
					     .what = line->what,
					     .target = line->target,
					     .name = slice_of(line->room, strlen(line->room)),
					     .text = slice_of(line->text, line->len)}))
		return false;
	return !doubt || take(u, &(struct journal_entry){.kind = JOURNAL_FAILED,
							 .number = mid,
							 .text = slice_of(doubt, strlen(doubt))});
}

/* Of two half-typed lines of a room, the one that is here already stays. */
static bool take_draft(struct unsent *u, const struct journal_draft *draft)
{
	struct slice room = slice_of(draft->room, strlen(draft->room));

	return journal_draft(&u->journal, room).len > 0 ||
	       take(u, &(struct journal_entry){.kind = JOURNAL_DRAFT,
					       .name = room,
					       .text = slice_of(draft->text, draft->len)});
}

static bool has_place(const struct journal *to, const struct journal *from)
{
	return to->line_count + from->line_count <= JOURNAL_LINES_MAX &&
	       to->draft_count + from->draft_count <= JOURNAL_DRAFTS_MAX;
}

/* All of it, or the file stays; without memory for the rest, a part of it is in both. */
static void take_over(struct unsent *u, struct left *l)
{
	bool all = has_place(&u->journal, &l->journal);

	for (const struct journal_line *line = l->journal.lines; all && line; line = line->next)
		all = take_line(u, &l->journal, line);
	for (const struct journal_draft *d = l->journal.drafts; all && d; d = d->next)
		all = take_draft(u, d);
	if (all && (journal_empty(&u->journal) || (replace(u) && unsent_sync(u) == ERR_NONE)))
		(void)unlink(l->name);
}

/* Its file is ours from now on.  Some mids that it drew may not be known: those are left out. */
static void go_on_as(struct unsent *u, struct left *l)
{
	u->journal = l->journal;
	l->journal = (struct journal){.instance = 0};
	u->journal.mids += l->damaged > 0 ? SKIPPED : 0;
	u->was = u->journal.mids;
	u->fd = l->fd;
	l->fd = -1;
	u->damaged = true; /* so that it is written anew */
}

/* ---- the files --------------------------------------------------------------------------------- */

struct found {
	size_t damaged, others; /* entries; clients */
};

static void look_at(struct unsent *u, const struct unsent_wanted *w, const char *file, bool first,
		    struct found *found)
{
	struct left l;

	if (!open_left(u, file, &l))
		return;
	if (is_wanted(&l.journal, w) && first == goes_on(&l.journal)) {
		bool other = first && u->was > 0;
		found->others += other;
		found->damaged += other ? 0 : l.damaged;
		if (!first)
			take_over(u, &l);
		else if (!other)
			go_on_as(u, &l);
	}
	left_wipe(&l);
}

static void begin_anew(struct unsent *u, const struct unsent_wanted *w)
{
	const char *server = w->key ? w->key : w->label;

	(void)take(u, &(struct journal_entry){.kind = JOURNAL_CLIENT, .number = w->instance});
	(void)take(u, &(struct journal_entry){.kind = JOURNAL_SERVER,
					      .name = slice_of(server, strlen(server))});
	(void)take(u, &(struct journal_entry){.kind = JOURNAL_NICK,
					      .name = slice_of(w->nick, strlen(w->nick))});
}

/* In the order of their names, so that it is the same for all. */
static void look_at_all(struct unsent *u, const struct unsent_wanted *w, struct found *found)
{
	struct dirent **files;
	int n = scandir(u->dir, &files, NULL, alphasort);

	for (int i = 0; i < n && i < FILES_MAX; i++)
		look_at(u, w, files[i]->d_name, true, found);
	if (u->was == 0)
		begin_anew(u, w);
	else
		(void)replace(u); /* if not, the next thing noted will */
	for (int i = 0; i < n && i < FILES_MAX; i++)
		look_at(u, w, files[i]->d_name, false, found);
	for (int i = 0; i < n; i++)
		free(files[i]);
	if (n >= 0)
		free(files);
}

static void tell_found(const struct found *found, char words[UNSENT_WORDS])
{
	size_t n = 0;

	words[0] = '\0';
	if (found->damaged > 0)
		n = (size_t)snprintf(words, UNSENT_WORDS,
				     "part of what was kept of unsent lines is damaged (%zu "
				     "entries): what can be read is here.  ",
				     found->damaged);
	if (found->others > 0)
		snprintf(words + n, UNSENT_WORDS - n,
			 "more clients of this name have ended with unsent lines (%zu): start "
			 "another one to send them",
			 found->others);
}

struct unsent *unsent_new(const struct unsent_wanted *w, char words[UNSENT_WORDS])
{
	struct unsent *u = calloc(1, sizeof(*u));
	struct found found = {.damaged = 0};

	words[0] = '\0';
	if (!u)
		return NULL;
	u->fd = -1;
	if (!w->dir[0] || datadir_file(w->dir, "unsent", u->dir) != ERR_NONE ||
	    datadir_make(u->dir) != ERR_NONE)
		u->dir[0] = '\0';
	if (!u->dir[0]) {
		begin_anew(u, w);
		return u;
	}
	look_at_all(u, w, &found);
	tell_found(&found, words);
	return u;
}

void unsent_free(struct unsent *u)
{
	char name[NAME_SIZE];

	if (!u)
		return;
	name_of(u, u->journal.instance, "", name);
	if (u->damaged && !journal_empty(&u->journal))
		(void)replace(u);
	if (u->fd >= 0 && journal_empty(&u->journal))
		(void)unlink(name);
	close_file(u);
	journal_wipe(&u->journal);
	free(u);
}
