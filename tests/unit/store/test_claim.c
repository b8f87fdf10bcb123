/* claim: one server at a time, and a note that is a note or none. */
#include "store/claim.h"

#include "store_rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct claim claim;

static void take(struct claim *c)
{
	if (claim_take(c, rig_dir, &rig_why) != ERR_NONE)
		fail_msg("%s", rig_why.text);
}

static void the_second_one_is_refused(void **state)
{
	struct claim other;

	(void)state;
	take(&claim);
	assert_int_equal(claim_take(&other, rig_dir, &rig_why), ERR_EXISTS);
	assert_said("another server is at work");
	assert_said("-d");
	claim_drop(&other);
	claim_drop(&claim);
	take(&other);
	claim_drop(&other);
}

static void the_file_is_for_its_owner_alone(void **state)
{
	struct stat st;

	(void)state;
	take(&claim);
	assert_int_equal(stat(rig_path("lock"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	claim_drop(&claim);
}

static void the_note_is_read_again(void **state)
{
	struct claim_note note = {.lazy = true, .epoch = UINT64_MAX, .batch = 41};

	(void)state;
	take(&claim);
	assert_false(claim.noted);
	assert_int_equal(claim_begin(&claim, &note), ERR_NONE);
	claim_note_batch(&claim, UINT64_MAX - 1);
	claim_drop(&claim);
	take(&claim);
	assert_true(claim.noted);
	assert_true(claim.note.lazy);
	assert_true(claim.note.epoch == UINT64_MAX);
	assert_true(claim.note.batch == UINT64_MAX - 1);
	note.lazy = false;
	assert_int_equal(claim_begin(&claim, &note), ERR_NONE);
	claim_drop(&claim);
	take(&claim);
	assert_true(claim.noted);
	assert_false(claim.note.lazy);
	claim_drop(&claim);
}

static void what_is_no_note_is_none(void **state)
{
	struct claim_note note = {.epoch = 5, .batch = 6};
	size_t size;

	(void)state;
	take(&claim);
	assert_int_equal(claim_begin(&claim, &note), ERR_NONE);
	claim_drop(&claim);
	size = rig_size("lock");
	for (size_t at = 0; at < size; at++) {
		rig_flip("lock", at);
		take(&claim);
		assert_false(claim.noted);
		claim_drop(&claim);
		rig_flip("lock", at);
	}
	take(&claim);
	assert_true(claim.noted);
	claim_drop(&claim);
	rig_truncate("lock", size - 1);
	take(&claim);
	assert_false(claim.noted);
	claim_drop(&claim);
}

static void a_place_that_cannot_be_used_is_said(void **state)
{
	static char longer[5000];

	(void)state;
	assert_int_equal(claim_take(&claim, "/nowhere/at/all", &rig_why), ERR_SYSTEM);
	assert_said("/nowhere/at/all/lock");
	assert_said("No such file");
	assert_int_equal(mkdir(rig_path("lock"), 0700), 0);
	assert_int_equal(claim_take(&claim, rig_dir, &rig_why), ERR_SYSTEM);
	assert_int_equal(rmdir(rig_path("lock")), 0);
	memset(longer, 'x', sizeof(longer) - 1);
	assert_int_equal(claim_take(&claim, longer, &rig_why), ERR_TOO_BIG);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_second_one_is_refused),
		TEST(the_file_is_for_its_owner_alone),
		TEST(the_note_is_read_again),
		TEST(what_is_no_note_is_none),
		TEST(a_place_that_cannot_be_used_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
