/* store: on a file system that is full.  Needs a small one of its own, which not every machine allows. */
#include "store/store.h"

#include "store_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 60 * 1000 };

static struct store *store;
static struct store_result result;
static bool allowed;
static char longer[12000];

/* Whoever we are outside is root inside, and may mount what nobody else sees. */
static bool enter_namespace(void)
{
	unsigned uid = getuid(), gid = getgid();
	char map[64];
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, map, strlen(map)) < 0)
		return false;
	close(fd);
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, "deny", 4);
		close(fd);
	}
	(void)snprintf(map, sizeof(map), "0 %u 1", gid);
	fd = open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, map, strlen(map)) < 0)
		return false;
	close(fd);
	return true;
}

static int setup(void **state)
{
	if (!allowed || rig_setup(state))
		return allowed ? -1 : 0;
	if (mount("chat-test", rig_dir, "tmpfs", 0, "size=2m,mode=0700") == 0)
		return 0;
	allowed = false;
	return rmdir(rig_dir);
}

static int teardown(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	if (!allowed)
		return 0;
	return umount2(rig_dir, MNT_DETACH) == 0 ? rmdir(rig_dir) : -1;
}

static bool start(void)
{
	const struct store_options o = {.dir = rig_dir, .new_epoch = RIG_EPOCH};

	store = store_open(&o, &rig_why);
	return store && store_start(store, &rig_why) == ERR_NONE;
}

static enum err commit(void)
{
	const struct store_port *port = store_port(store);
	struct pollfd p = {.fd = store_fd(store), .events = POLLIN};

	port->commit(port->ctx, rig_records());
	do
		while (!store_next(store, &result))
			assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	while (result.kind != STORE_COMMITTED);
	return result.error;
}

static enum err say(uint64_t seq, const char *text)
{
	rig_begin();
	rig_put_talk(1, seq, text);
	return commit();
}

/* All of what is free. */
static void fill(void)
{
	static const char zeros[4096];
	int fd = open(rig_path("ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void make_space(void)
{
	assert_int_equal(unlink(rig_path("ballast")), 0);
}

static void it_refuses_and_works_again(void **state)
{
	uint64_t seq = 1;
	enum err e = ERR_NONE;

	(void)state;
	if (!allowed)
		skip();
	if (!start())
		fail_msg("%s", rig_why.text);
	fill();
	while (e == ERR_NONE && seq < 1000)
		e = say(seq++, longer);
	assert_int_equal(e, ERR_FULL);
	assert_non_null(strstr(result.why, "full"));
	seq--;
	for (int i = 0; i < 3; i++)
		assert_int_equal(say(seq, longer), ERR_FULL);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), seq - 1);
	make_space();
	assert_int_equal(say(seq, longer), ERR_NONE);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), seq);
	store_close(store);
	assert_true(start());
	assert_int_equal(rig_number("SELECT count(*) FROM events"), seq);
}

static void it_does_not_start_and_says_why(void **state)
{
	(void)state;
	if (!allowed)
		skip();
	fill();
	assert_false(start());
	assert_said("make room on that disk");
	make_space();
	if (!start())
		fail_msg("%s", rig_why.text);
	assert_int_equal(say(1, "hello"), ERR_NONE);
	store_close(store);
	fill();
	if (!start()) { /* unless a little is free: then it goes on */
		assert_said("make room on that disk");
		make_space();
		assert_true(start());
	}
	assert_int_equal(rig_number("SELECT count(*) FROM events"), 1);
}

/* The end cannot mark the log as ended in good order; all that was kept is there all the same. */
static void it_can_be_ended(void **state)
{
	uint64_t seq = 1;

	(void)state;
	if (!allowed)
		skip();
	assert_true(start());
	fill();
	while (say(seq, longer) == ERR_NONE)
		seq++;
	store_close(store);
	make_space();
	if (!start())
		fail_msg("%s", rig_why.text);
	assert_int_equal(rig_number("SELECT count(*) FROM events"), seq - 1);
	assert_int_equal(store_epoch(store), RIG_EPOCH);
	assert_int_equal(say(seq, longer), ERR_NONE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_refuses_and_works_again),
		TEST(it_does_not_start_and_says_why),
		TEST(it_can_be_ended),
	};

	memset(longer, 'x', sizeof(longer) - 1);
	allowed = enter_namespace();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
