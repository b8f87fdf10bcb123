/* What rooms_rig.c is to session_rig.c: the server behind its session. */
#ifndef TEST_ROOMS_RIG_H
#define TEST_ROOMS_RIG_H

#include "session_rig.h"

extern const struct session_log rig_log;
void rig_carry_out(struct rig *r, const struct command *c);
uint64_t rig_thought_at(const struct rig *r); /* TIMERQ_NEVER: there is none */
void rig_answer_due(struct rig *r);
/* It is that event, as it is now or was once: never a mixture. */
void rig_expect_frame(const struct rig *r, uint32_t room, uint64_t seq, struct slice frame);
void rig_wipe_rooms(struct rig *r);
void rig_fill(char *text, size_t len, uint64_t number);
void *rig_own(void *p, size_t n); /* as realloc(), where memory may be refused */

#endif
