/*
 * The rooms of a rig's server: their logs, who is in them, and what is answered to commands.  One
 * identity comes here, alice, by any number of sessions; the others just talk.
 */
#ifndef TEST_ROOM_RIG_H
#define TEST_ROOM_RIG_H

#include "proto/proof.h"
#include "proto/session.h"

enum { RIG_LOG = 2000, RIG_ROOMS = 8, RIG_TEXT = 24 };

struct rig_room {
	char name[RIG_TEXT]; /* empty: there is no such room */
	uint32_t number;
	bool direct, in; /* alice is in it */
	bool locked;
	uint8_t key[PROOF_KEY];
	uint64_t head, kept_from;
	unsigned long newest; /* talk of alice's whose text is a number */
	uint8_t *log[RIG_LOG];
	size_t log_len[RIG_LOG];
	/* what the seat told of it */
	bool begun;
	uint64_t heard, hole;
};

/* A server of rooms; the first is the lobby. */
struct rig_house {
	struct rig_room rooms[RIG_ROOMS];
	uint64_t epoch, newest_mid;
	enum code refuse_join, refuse_talk, refuse_enter; /* CODE_OK: takes it */
	unsigned joins, quits, talks, repeats, enters, parts, lists;
	struct command last_join, last_enter; /* their texts are not kept */
	size_t list_page;		      /* rooms in an answer to LIST; 0: all */
	struct command last_other;	      /* EDIT, RECALL, TOPIC, PAGE, SEARCH, WHO */
	unsigned others;
	struct name_checker *names;
	uint64_t mids; /* a bit for each of the newest 64 */
};

void house_begin(struct rig_house *h);
void house_end(struct rig_house *h);
void house_wipe(struct rig_house *h); /* another log, other numbers; nobody is in a room */
const struct session_log *house_log(void);

uint64_t house_append(struct rig_room *room, enum event_kind kind, const char *from,
		      struct slice text);
/* NULL: there is none. */
struct rig_room *house_find(struct rig_house *h, const char *name);
struct rig_room *house_by_number(struct rig_house *h, uint32_t number);
struct rig_room *house_make(struct rig_house *h, const char *name); /* by alice */
struct rig_room *house_open(struct rig_house *h, const char *name); /* "@who": by that one */

/* Alice leaves, and this session of hers hears no more than that; its number. */
uint64_t house_leave(struct rig_room *room, struct session *session);

/* Answers the command of that session, which has joined or not. */
void house_carry_out(struct rig_house *h, struct session *session, bool *joined,
		     const struct command *c);

#endif
