/* See terminal.h. */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

struct terminal terminal_open(void)
{
	struct terminal t;
	struct termios mode;
	if (openpty(&t.keyboard, &t.program, NULL, NULL, NULL) != 0)
		fail_msg("openpty: %s", strerror(errno));
	fcntl(t.keyboard, F_SETFD, FD_CLOEXEC);
	fcntl(t.program, F_SETFD, FD_CLOEXEC);
	tcgetattr(t.program, &mode);
	mode.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(t.program, TCSANOW, &mode);
	return t;
}

void terminal_type(const struct terminal *t, const char *line)
{
	size_t n = strlen(line);
	assert_int_equal(write(t->keyboard, line, n), n);
	assert_int_equal(write(t->keyboard, "\n", 1), 1);
}

void terminal_close(struct terminal *t)
{
	close(t->program);
	close(t->keyboard);
}
