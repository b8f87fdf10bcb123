/*
 * The terminal's state; the contract is in terminal.h.
 *
 * Whether the terminal is taken is one flag in memory that the processes share.  It is cleared
 * after the restoring, not before: a process that is killed half-way leaves it to the next one, and
 * two that restore at once do the same thing twice.
 */
#include "terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

enum { GOODBYE_MAX = 512, SPARE_FD = 10 };

static struct {
	atomic_bool *taken; /* NULL: nothing was saved */
	int fd;		    /* the terminal, whatever becomes of standard output */
	struct termios modes;
	char goodbye[GOODBYE_MAX];
	size_t goodbye_len;
} saved;

bool terminal_save(const char *goodbye, size_t len)
{
	void *page;

	if (len > sizeof(saved.goodbye) || tcgetattr(STDOUT_FILENO, &saved.modes))
		return false;
	saved.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, SPARE_FD);
	if (saved.fd < 0)
		return false;
	page = mmap(NULL, sizeof(*saved.taken), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (page == MAP_FAILED) {
		(void)close(saved.fd);
		return false;
	}
	saved.taken = page;
	atomic_init(saved.taken, false);
	memcpy(saved.goodbye, goodbye, len);
	saved.goodbye_len = len;
	return true;
}

void terminal_taken(void)
{
	if (saved.taken)
		atomic_store(saved.taken, true);
}

void terminal_given_back(void)
{
	if (saved.taken)
		atomic_store(saved.taken, false);
}

/* Only modes like those that drawing needs are ours: a shell may have set its own already. */
static void restore_modes(void)
{
	struct termios now;

	if (tcgetattr(saved.fd, &now) == 0 && !(now.c_lflag & (ICANON | ISIG)))
		(void)tcsetattr(saved.fd, TCSANOW, &saved.modes);
}

bool terminal_take_keys(void)
{
	struct termios keys = saved.modes;

	keys.c_lflag &= ~(tcflag_t)(ICANON | ISIG | ECHO | IEXTEN);
	keys.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
	keys.c_cc[VMIN] = 1;
	keys.c_cc[VTIME] = 0;
	terminal_taken();
	return tcsetattr(saved.fd, TCSANOW, &keys) == 0;
}

void terminal_give_back_keys(void)
{
	restore_modes();
	terminal_given_back();
}

void terminal_restore(void)
{
	size_t at = 0;

	if (!saved.taken || !atomic_load(saved.taken))
		return;
	/* Once the parent is gone we are in the background, and may give the terminal back still. */
	(void)signal(SIGTTOU, SIG_IGN);
	restore_modes();
	while (at < saved.goodbye_len) {
		ssize_t wrote = write(saved.fd, saved.goodbye + at, saved.goodbye_len - at);
		if (wrote <= 0)
			break;
		at += (size_t)wrote;
	}
	terminal_given_back();
}

/* "bg" is no reason to go on: who sets modes in the background is stopped by the kernel until they are in
 * the foreground.  A group without a shell is not stopped at all. */
void terminal_suspend(void)
{
	terminal_given_back();
	(void)kill(0, SIGTSTP);
	(void)tcsetattr(saved.fd, TCSANOW, &saved.modes);
	terminal_taken();
}
