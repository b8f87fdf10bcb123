/* The inside of the hub, shared by hub.c and hub_commands.c.  Nobody else includes this. */
#ifndef CORE_HUB_INTERNAL_H
#define CORE_HUB_INTERNAL_H

#include "core/hub.h"
#include "core/senders.h"
#include "proto/timerq.h"

#include <string.h>

struct hub {
	struct hub_config config;
	struct hub_observer observer;
	struct room *lobby;
	struct roster *roster;
	struct names *names;
	struct senders *senders;
	struct timerq lost; /* members, until their grace is over */
	bool ending;
	char reply_text[WIRE_NAMES_MAX]; /* of the reply given out last */
};

/* How a member is here: the roster's entry has it as its owner. */
struct presence {
	struct timerq_entry until; /* first member; queued while there is no session */
	struct member *member;
	struct hub_client *sessions;   /* by `next`; NULL: lost */
	uint8_t identity[OWNER_BYTES]; /* of all its sessions */
	struct names_entry *name;      /* NULL: it is not kept for anybody */
	struct ring senders;	       /* that were here as this member: its clients */
	enum leave_reason reason;      /* why it was lost */
};

static inline struct slice member_name(const struct member *m)
{
	return slice_of(m->name, strlen(m->name));
}

/* Unix time, for what is kept: a clock that was never set is at its beginning. */
static inline int64_t hub_wall_ms(struct instant now)
{
	return now.wall_ms > 0 ? now.wall_ms : 0;
}

static inline struct presence *presence_of(const struct member *m)
{
	return m->owner;
}

/* hub.c: the log … */
bool hub_is_text(struct slice s);
struct event hub_event_by(const struct member *m, enum event_kind kind, struct instant now);
NODISCARD enum err hub_append(struct hub *h, struct event *e, const struct address *who);

/* … and members with their sessions */
void presence_attach(struct hub *h, struct presence *p, struct hub_client *c,
		     struct sender *sender);
bool presence_part(struct hub *h,
		   struct hub_client *c); /* it is its member's no more; true: it was the last */
/* Out of the room, whatever sessions there are: they stay chained to each other. */
void presence_remove(struct hub *h, struct presence *p, struct instant now);
void presence_leave(struct hub *h, struct presence *p, enum leave_reason reason, struct slice words,
		    struct instant now, uint64_t *seq);

#endif
