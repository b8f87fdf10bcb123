/* What tests of the store share: a directory of their own, and looking into the database from aside. */
#ifndef STORE_RIG_H
#define STORE_RIG_H

#include "core/record.h"
#include "store/opening.h"

#include "check.h"

enum { RIG_EPOCH = 777 };

extern char rig_dir[64];      /* of this test */
extern struct db_why rig_why; /* of what failed last */

/* cmocka's set-up and tear-down: the directory is there, and everything in it goes. */
int rig_setup(void **state);
int rig_teardown(void **state);

const char *rig_path(const char *name); /* in the directory; valid until the call after the next */

void rig_open(struct opened *o); /* has to succeed */
enum err rig_try(struct opened *o);

/*
 * A batch in the making: records one after another; room in it for some hundred small ones.  Its bytes
 * stay until the next rig_begin().
 */
void rig_begin(void);
void rig_put(const struct record *r);
void rig_put_room(uint32_t number, const char *name);
/* alice's, who is all 0xA1. */
void rig_put_talk(uint32_t room, uint64_t seq, const char *text);
void rig_put_rewrite(uint32_t room, uint64_t seq, const char *text);
struct slice rig_records(void);

/* The EVENT frame that rig_put_talk() makes; valid until the next call. */
struct slice rig_talk(uint32_t room, uint64_t seq, const char *text);
extern const uint8_t rig_alice[OWNER_BYTES];

/* Runs SQL on a connection of its own; fails the test if that fails. */
void rig_sql(const char *text);
int64_t rig_number(const char *query);

size_t rig_size(const char *name);
void rig_truncate(const char *name, size_t size);
void rig_flip(const char *name, size_t at); /* every bit of one byte */
void rig_copy(const char *from, const char *to);

#define assert_said(part)                                                                          \
	do {                                                                                       \
		if (!strstr(rig_why.text, part))                                                   \
			fail_msg("'%s' is not in: %s", part, rig_why.text);                        \
	} while (0)

#endif
