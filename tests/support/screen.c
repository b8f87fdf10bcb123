/* Programs on pseudo-terminals; the contract is in screen.h. */
#include "screen.h"

#include "check.h"
#include "family.h"
#include "proto/utf8.h"
#include "sys/clock.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

enum { ROLES = 3, ROW_BYTES = 4096, WIDE_REST = -1 };

struct screen {
	int pty;
	pid_t shell;
	pid_t pids[ROLES]; /* 0: not known */
	int pidfds[ROLES]; /* -1: not known */
	int report;	   /* the shell writes the program's pid, then its status */
	int hold;	   /* the shell lives until this is closed */
	int status;
	bool ended;
	struct termios before;
	char logs[64]; /* where sanitizers write: a prefix */

	VTerm *vterm;
	VTermScreen *screen;
	int width, height;
	VTermPos cursor;
	bool alternate, cursor_shown;
	char row[ROW_BYTES];
	char *raw; /* all that was written */
	size_t raw_len, raw_cap;
	struct screen *next;
};

static struct screen *screens;

/* ---- the terminal -------------------------------------------------------------------------- */

static int on_cursor(VTermPos pos, VTermPos old, int visible, void *user)
{
	struct screen *s = user;

	(void)old;
	(void)visible;
	s->cursor = pos;
	return 1;
}

static int on_property(VTermProp prop, VTermValue *value, void *user)
{
	struct screen *s = user;

	if (prop == VTERM_PROP_ALTSCREEN)
		s->alternate = value->boolean;
	if (prop == VTERM_PROP_CURSORVISIBLE)
		s->cursor_shown = value->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = {.movecursor = on_cursor, .settermprop = on_property};

static void make_vterm(struct screen *s)
{
	s->vterm = vterm_new(s->height, s->width);
	assert_non_null(s->vterm);
	vterm_set_utf8(s->vterm, 1);
	s->screen = vterm_obtain_screen(s->vterm);
	vterm_screen_set_callbacks(s->screen, &callbacks, s);
	vterm_screen_enable_altscreen(s->screen, 1);
	vterm_screen_reset(s->screen, 1);
	s->cursor_shown = true;
}

static void keep_raw(struct screen *s, const char *bytes, size_t n)
{
	while (s->raw_cap - s->raw_len < n) {
		s->raw_cap = s->raw_cap ? 2 * s->raw_cap : 65536;
		s->raw = realloc(s->raw, s->raw_cap);
		assert_non_null(s->raw);
	}
	memcpy(s->raw + s->raw_len, bytes, n);
	s->raw_len += n;
}

/* Takes what the programs have written so far. */
static void pump(struct screen *s)
{
	char bytes[16384];
	ssize_t n;

	while (s->pty >= 0 && (n = read(s->pty, bytes, sizeof(bytes))) > 0) {
		keep_raw(s, bytes, (size_t)n);
		vterm_input_write(s->vterm, bytes, (size_t)n);
	}
}

static size_t put_cell(char *out, const VTermScreenCell *cell)
{
	size_t n = 0;

	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
		n += utf8_put(out + n, (int32_t)cell->chars[i]);
	if (n == 0)
		out[n++] = ' ';
	return n;
}

static const char *row_text(struct screen *s, int row)
{
	size_t n = 0;

	for (int col = 0; col < s->width; col++) {
		VTermScreenCell cell;
		vterm_screen_get_cell(s->screen, (VTermPos){.row = row, .col = col}, &cell);
		if ((int32_t)cell.chars[0] != WIDE_REST)
			n += put_cell(s->row + n, &cell);
	}
	while (n > 0 && s->row[n - 1] == ' ')
		n--;
	s->row[n] = '\0';
	return s->row;
}

static void show(struct screen *s)
{
	fprintf(stderr, "--- the screen, %d x %d, cursor at row %d column %d%s\n", s->width,
		s->height, s->cursor.row, s->cursor.col, s->alternate ? "" : ", primary");
	for (int row = 0; row < s->height; row++)
		fprintf(stderr, "%s\n", row_text(s, row));
	fprintf(stderr, "---\n");
}

/* ---- starting ------------------------------------------------------------------------------ */

/* Sanitizers write into files: the program's standard error is the screen. */
static void set_environment(const struct screen *s, const char *const env[])
{
	char options[256];

	setenv("TERM", "xterm-256color", 1);
	setenv("LANG", "C.UTF-8", 1);
	unsetenv("LC_ALL");
	unsetenv("NO_COLOR");
	unsetenv("INPUTRC");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("TMUX");
	unsetenv("VTE_VERSION");
	unsetenv("TERM_PROGRAM");
	setenv("HOME", "/dev/null", 1); /* whoever runs the tests has settings of their own */
	snprintf(options, sizeof(options), "log_path=%s:handle_segv=0:detect_leaks=0", s->logs);
	setenv("ASAN_OPTIONS", options, 1);
	setenv("UBSAN_OPTIONS", options, 1);
	for (size_t i = 0; env && env[i]; i++)
		putenv((char *)(uintptr_t)env[i]);
}

static void run_program(const struct screen *s, const char *const argv[], const char *const env[])
{
	set_environment(s, env);
	signal(SIGPIPE, SIG_DFL);
	execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* The session's leader: tells what becomes of the program, and stays until the test lets go. */
static void be_shell(const struct screen *s, const char *const argv[], const char *const env[],
		     int report, int hold)
{
	int status = 0;
	pid_t pid;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pid = fork();
	if (pid == 0)
		run_program(s, argv, env);
	(void)!write(report, &pid, sizeof(pid));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)!write(report, &status, sizeof(status));
	while (read(hold, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static void watch(struct screen *s, enum screen_role role, pid_t pid)
{
	s->pids[role] = pid;
	s->pidfds[role] = (int)syscall(SYS_pidfd_open, pid, 0);
	if (s->pidfds[role] < 0)
		fail_msg("pidfd_open: %s", strerror(errno));
}

static void start_shell(struct screen *s, const char *const argv[], const char *const env[])
{
	struct winsize size = {.ws_row = (unsigned short)s->height,
			       .ws_col = (unsigned short)s->width};
	int report[2], hold[2];

	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	s->shell = forkpty(&s->pty, NULL, NULL, &size);
	if (s->shell == 0) {
		close(hold[1]);
		be_shell(s, argv, env, report[1], hold[0]);
	}
	assert_true(s->shell > 0);
	close(report[1]);
	close(hold[0]);
	s->report = report[0];
	s->hold = hold[1];
	fcntl(s->pty, F_SETFD, FD_CLOEXEC);
	fcntl(s->pty, F_SETFL, O_NONBLOCK);
	assert_int_equal(tcgetattr(s->pty, &s->before), 0);
}

struct screen *screen_start(int width, int height, const char *const argv[],
			    const char *const env[])
{
	struct screen *s = calloc(1, sizeof(*s));
	pid_t pid;

	assert_non_null(s);
	*s = (struct screen){.width = width, .height = height, .pidfds = {-1, -1, -1}};
	snprintf(s->logs, sizeof(s->logs), "/tmp/chat-screen.%d.%d", (int)getpid(), rand());
	s->next = screens;
	screens = s;
	make_vterm(s);
	start_shell(s, argv, env);
	assert_int_equal(read(s->report, &pid, sizeof(pid)), sizeof(pid));
	watch(s, SCREEN_SESSION, pid);
	return s;
}

/* ---- keys and sizes ------------------------------------------------------------------------ */

void screen_type(struct screen *s, const char *bytes)
{
	size_t n = strlen(bytes);
	uint64_t deadline = within(SOON);

	while (n > 0) {
		ssize_t done = write(s->pty, bytes, n);
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
			continue;
		}
		pump(s);
		if (errno != EAGAIN || !programs_wait(s->pty, POLLIN | POLLOUT, deadline))
			fail_msg("the terminal takes no keys: %s", strerror(errno));
	}
}

void screen_resize(struct screen *s, int width, int height)
{
	struct winsize size = {.ws_row = (unsigned short)height, .ws_col = (unsigned short)width};

	pump(s);
	s->width = width;
	s->height = height;
	vterm_set_size(s->vterm, height, width);
	assert_int_equal(ioctl(s->pty, TIOCSWINSZ, &size), 0);
}

/* ---- looking ------------------------------------------------------------------------------- */

static int real_row(const struct screen *s, int row)
{
	return row < 0 ? s->height + row : row;
}

static const char *screen_row(struct screen *s, int row)
{
	pump(s);
	return row_text(s, real_row(s, row));
}

static bool screen_holds(struct screen *s, const char *text)
{
	pump(s);
	for (int row = 0; row < s->height; row++)
		if (strstr(row_text(s, row), text))
			return true;
	return false;
}

static bool matches(const char *text, const char *pattern)
{
	while (*text && (*pattern == '?' || *pattern == *text)) {
		text++;
		pattern++;
	}
	return !*text && !*pattern;
}

void screen_expect_row(struct screen *s, int row, const char *text)
{
	uint64_t deadline = within(SOON);

	while (!matches(screen_row(s, row), text)) {
		if (!programs_wait(s->pty, POLLIN, deadline)) {
			show(s);
			fail_msg("row %d is not \"%s\"", row, text);
		}
	}
}

void screen_expect(struct screen *s, const char *text)
{
	uint64_t deadline = within(SOON);

	while (!screen_holds(s, text)) {
		if (!programs_wait(s->pty, POLLIN, deadline)) {
			show(s);
			fail_msg("the screen does not show \"%s\"", text);
		}
	}
}

void screen_expect_cursor(struct screen *s, int row, int col)
{
	uint64_t deadline = within(SOON);

	for (pump(s); s->cursor.row != real_row(s, row) || s->cursor.col != col; pump(s)) {
		if (!programs_wait(s->pty, POLLIN, deadline)) {
			show(s);
			fail_msg("the cursor is not at row %d, column %d", row, col);
		}
	}
}

size_t screen_count_bytes(struct screen *s, const char *bytes)
{
	size_t len = strlen(bytes), count = 0;
	const char *at;

	pump(s);
	at = s->raw;
	while (at && (at = memmem(at, (size_t)(s->raw + s->raw_len - at), bytes, len)) != NULL) {
		count++;
		at += len;
	}
	return count;
}

void screen_expect_bytes(struct screen *s, const char *bytes, size_t times)
{
	uint64_t deadline = within(SOON);

	while (screen_count_bytes(s, bytes) < times) {
		if (!programs_wait(s->pty, POLLIN, deadline)) {
			show(s);
			fail_msg("the terminal was not told \"%s\"", bytes + (*bytes == '\033'));
		}
	}
}

static bool same_colour(const VTermColor *a, const VTermColor *b)
{
	return vterm_color_is_equal(a, b);
}

bool screen_has_colour(struct screen *s)
{
	VTermColor fg, bg;

	pump(s);
	vterm_state_get_default_colors(vterm_obtain_state(s->vterm), &fg, &bg);
	for (int row = 0; row < s->height; row++) {
		for (int col = 0; col < s->width; col++) {
			VTermScreenCell cell;
			vterm_screen_get_cell(s->screen, (VTermPos){row, col}, &cell);
			if (!same_colour(&cell.fg, &fg) || !same_colour(&cell.bg, &bg))
				return true;
		}
	}
	return false;
}

/* ---- its processes ------------------------------------------------------------------------- */

/* By its name: its descriptors are nobody else's to see, see sys/secret.h.  It takes the name when it
 * has begun; that is waited for. */
static enum screen_role role_of(pid_t pid)
{
	uint64_t deadline = within(SOON);
	char path[64], name[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	for (;;) {
		FILE *f = fopen(path, "r");
		if (!f || !fgets(name, sizeof(name), f))
			fail_msg("%s: %s", path, strerror(errno));
		fclose(f);
		if (strcmp(name, "chat-sender\n") == 0)
			return SCREEN_SENDER;
		if (strcmp(name, "chat-receiver\n") == 0)
			return SCREEN_RECEIVER;
		if (clock_mono_us() > deadline)
			fail_msg("process %d is %s", (int)pid, name);
		poll(NULL, 0, 1);
	}
}

static void find_children(struct screen *s)
{
	pid_t children[2];

	assert_int_equal(family_of(s->pids[SCREEN_SESSION], children, 2), 2);
	for (int i = 0; i < 2; i++)
		watch(s, role_of(children[i]), children[i]);
	assert_true(s->pids[SCREEN_SENDER] > 0 && s->pids[SCREEN_RECEIVER] > 0);
}

pid_t screen_pid(struct screen *s, enum screen_role role)
{
	if (s->pids[SCREEN_SENDER] == 0)
		find_children(s);
	return s->pids[role];
}

void screen_kill(struct screen *s, enum screen_role role, int signal)
{
	assert_int_equal(kill(screen_pid(s, role), signal), 0);
}

/* Waits for `fd` or for something to be drawn: a program that draws must not stand still. */
static bool wait_for(struct screen *s, int fd, uint64_t deadline)
{
	struct epoll_event event = {.events = EPOLLIN};
	int both = epoll_create1(EPOLL_CLOEXEC);
	bool some;

	assert_true(both >= 0);
	assert_int_equal(epoll_ctl(both, EPOLL_CTL_ADD, s->pty, &event), 0);
	assert_int_equal(epoll_ctl(both, EPOLL_CTL_ADD, fd, &event), 0);
	some = programs_wait(both, POLLIN, deadline);
	close(both);
	return some;
}

int screen_wait(struct screen *s)
{
	uint64_t deadline = within(SOON);
	struct pollfd p = {.fd = s->report, .events = POLLIN};

	while (!s->ended) {
		pump(s);
		if (poll(&p, 1, 0) == 1) {
			assert_int_equal(read(s->report, &s->status, sizeof(s->status)),
					 sizeof(s->status));
			s->ended = true;
		} else if (!wait_for(s, s->report, deadline)) {
			show(s);
			fail_msg("the program does not end");
		}
	}
	pump(s);
	return WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128 + WTERMSIG(s->status);
}

static bool is_gone(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return pidfd < 0 || poll(&p, 1, 0) == 1;
}

void screen_wait_all(struct screen *s)
{
	uint64_t deadline = within(SOON);

	for (int role = 0; role < ROLES; role++) {
		while (!is_gone(s->pidfds[role])) {
			pump(s);
			if (!wait_for(s, s->pidfds[role], deadline)) {
				show(s);
				fail_msg("process %d of the client does not end", role);
			}
		}
	}
	pump(s);
}

/* ---- the terminal's state ------------------------------------------------------------------- */

/* Whether a paste would be marked: asked by pasting nothing. */
static bool marks_pastes(struct screen *s)
{
	char answer[64];

	vterm_keyboard_start_paste(s->vterm);
	vterm_keyboard_end_paste(s->vterm);
	return vterm_output_read(s->vterm, answer, sizeof(answer)) > 0;
}

/* What only the terminal knows: whether each thing that was switched on or kept is undone. */
static bool is_undone(struct screen *s)
{
	return screen_count_bytes(s, "\033[?1004h") <= screen_count_bytes(s, "\033[?1004l") &&
	       screen_count_bytes(s, "\033[22;2t") == screen_count_bytes(s, "\033[23;2t");
}

void screen_expect_restored(struct screen *s)
{
	struct termios now;

	pump(s);
	assert_int_equal(tcgetattr(s->pty, &now), 0);
	assert_int_equal(now.c_iflag, s->before.c_iflag);
	assert_int_equal(now.c_oflag, s->before.c_oflag);
	assert_int_equal(now.c_cflag, s->before.c_cflag);
	assert_int_equal(now.c_lflag, s->before.c_lflag);
	assert_memory_equal(now.c_cc, s->before.c_cc, sizeof(now.c_cc));
	if (s->alternate || !s->cursor_shown || marks_pastes(s)) {
		show(s);
		fail_msg("the terminal is not as it was: %s screen, cursor %s",
			 s->alternate ? "alternate" : "primary", s->cursor_shown ? "on" : "off");
	}
	assert_true(is_undone(s));
}

/* ---- ending -------------------------------------------------------------------------------- */

static bool show_findings(const struct screen *s)
{
	char pattern[80];
	glob_t found;
	bool clean = true;

	snprintf(pattern, sizeof(pattern), "%s.*", s->logs);
	if (glob(pattern, 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char line[1024];
		FILE *f = fopen(found.gl_pathv[i], "re");
		clean = false;
		while (f && fgets(line, sizeof(line), f))
			fputs(line, stderr);
		if (f)
			fclose(f);
		unlink(found.gl_pathv[i]);
	}
	globfree(&found);
	return clean;
}

static bool end_screen(struct screen *s)
{
	bool clean;

	for (int role = 0; role < ROLES; role++) {
		if (s->pidfds[role] < 0)
			continue;
		syscall(SYS_pidfd_send_signal, s->pidfds[role], SIGKILL, NULL, 0);
		close(s->pidfds[role]);
	}
	close(s->hold);
	close(s->report);
	kill(s->shell, SIGKILL);
	waitpid(s->shell, NULL, 0);
	close(s->pty);
	vterm_free(s->vterm);
	free(s->raw);
	clean = show_findings(s);
	free(s);
	return clean;
}

bool screens_end(void)
{
	bool clean = true;

	while (screens) {
		struct screen *s = screens;
		screens = s->next;
		clean = end_screen(s) && clean;
	}
	return clean;
}
