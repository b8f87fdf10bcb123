/*
 * The inside of the sender, shared by sender_proc.c (the process, the channel, pipes), sender_line.c (the
 * line that is being typed) and sender_keys.c (what keys call).  Nobody else includes this.
 *
 * readline's callbacks carry no context, so the one sender of the process is what all of these mean.
 */
#ifndef CLIENT_SENDER_STATE_H
#define CLIENT_SENDER_STATE_H

#include "messages.h"
#include "ui/lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* sender_proc.c: to the session; goes with all else that this turn has to say */
void sender_tell(const struct message *m);
void sender_notice(enum notice_level level, const char *words);
void sender_refuse(const char *which, enum lines_verdict why);
bool sender_may_send(size_t lines); /* else they have to wait for the answers to others */
void sender_send(const char *s, size_t n);
void sender_interrupt(void); /* leave now */
void sender_end_input(void);
bool sender_input_ended(void);
void sender_hang_up(void);	/* the terminal is read no more */
void sender_wait(bool waiting); /* … not for now */
const struct preferences *sender_preferences(void);

/* sender_line.c.  The history's file may be NULL.  False: it cannot be. */
bool sender_line_start(const char *history);
void sender_line_read(void); /* the terminal is ready */
void sender_line_key(enum view_key key);
/* Words for the line, unless something is being typed. */
void sender_line_take_back(struct slice words);
void sender_line_unsent(uint64_t lines); /* would be lost by leaving */
/* What may be meant by the line; the terminal was waiting for that. */
void sender_line_replace(const struct message_replace *r);
/* Another line, unless something was typed since the EDIT of that serial. */
void sender_line_take_draft(uint64_t serial, struct slice text);

void sender_line_enter(void);
void sender_line_empty(void); /* as if a line that says nothing was typed */
void sender_line_remember(const char *line);
void sender_line_refuse_for_now(void);

/* sender_paste.c */
void sender_paste(void);
bool sender_paste_asks(char out[MESSAGE_MAX_LABEL]); /* something that a key has to answer */

/* sender_find.c: instead of the line, words to look for */
void sender_find(void);
bool sender_find_on(void);
void sender_find_tell(void);	/* the words, if they have changed */
int sender_find_getc(FILE *in); /* readline's, that knows Escape by itself */

/* sender_clusters.c: has its commands called instead of readline's */
typedef int sender_command_fn(int count, int key);
typedef void sender_replace_fn(sender_command_fn *theirs, sender_command_fn *ours);
void sender_clusters_insist(sender_replace_fn *replace);

/* sender_keys.c: before and after readline takes what the person has in ~/.inputrc */
void sender_keys_offer(void);
void sender_keys_insist(void);

#endif
