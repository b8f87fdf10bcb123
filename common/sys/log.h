/*
 * What a program tells the person who runs it: one line each on standard error.
 *
 *     chat-server: warning: out of descriptors, new connections wait
 *
 * The level is named but for notices.  Control characters become '?', a line over 2 KiB is cut; each
 * is one write(), whose failure is nobody's business.  errno is kept.
 *
 * Text from peers passes text_safe() before it comes here.  Not the room's transcript: that is a
 * file of its own (server/transcript).
 */
#ifndef SYS_LOG_H
#define SYS_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_DEBUG };

/* `program` is borrowed for good.  Messages past `most` are dropped; before this call, past NOTICE. */
void log_open(const char *program, enum log_level most);

/* From now on a line that standard error does not take at once is dropped: for a loop that must not
 * wait for a terminal that was stopped.  Where that cannot be had, all stays as it is. */
void log_never_wait(void);

__attribute__((format(printf, 2, 3))) void log_say(enum log_level level, const char *fmt, ...);

#endif
