/* What waits to be sent, and to be acknowledged: in the order it was given, whatever its numbers. */
#include "proto/outgoing.h"

#include "check.h"

static struct outgoing_list l;

static struct outgoing *add(uint64_t id, size_t len)
{
	static uint8_t bytes[WIRE_ITEM_MAX];
	struct buf b = buf_of(bytes, sizeof(bytes));

	b.len = len;
	struct outgoing *o = outgoing_add(&l, id, &b);
	assert_non_null(o);
	assert_ptr_equal(outgoing_find(&l, id), o);
	return o;
}

static void expect_order(const uint64_t *ids, size_t count, size_t bytes)
{
	struct outgoing *o = l.first;

	for (size_t i = 0; i < count; i++, o = o->next) {
		assert_non_null(o);
		assert_true(o->id == ids[i]);
		assert_int_equal(!o->next, o == l.last);
	}
	assert_null(o);
	assert_int_equal(l.count, count);
	assert_int_equal(l.bytes, bytes);
}

static void forget_all(void)
{
	outgoing_forget(&l, UINT64_MAX);
	assert_null(l.first);
	assert_null(l.last);
	assert_int_equal(l.bytes, 0);
}

static void the_order_is_that_of_giving(void **state)
{
	(void)state;
	add(5, 10);
	add(2, 20);
	add(9, 30);
	expect_order((const uint64_t[]){5, 2, 9}, 3, 60);
	outgoing_remove(&l, 9);
	expect_order((const uint64_t[]){5, 2}, 2, 30);
	outgoing_remove(&l, 7); /* not there */
	add(1, 5);
	outgoing_remove(&l, 5);
	expect_order((const uint64_t[]){2, 1}, 2, 25);
	forget_all();
}

static void those_up_to_a_number_are_forgotten_wherever_they_are(void **state)
{
	(void)state;
	for (uint64_t id = 8; id >= 1; id--)
		add(id * 3 % 11, 1);
	expect_order((const uint64_t[]){2, 10, 7, 4, 1, 9, 6, 3}, 8, 8);
	outgoing_forget(&l, 4);
	expect_order((const uint64_t[]){10, 7, 9, 6}, 4, 4);
	outgoing_forget(&l, 0);
	expect_order((const uint64_t[]){10, 7, 9, 6}, 4, 4);
	add(2, 1); /* one that comes after those that it is older than */
	outgoing_forget(&l, 1);
	expect_order((const uint64_t[]){10, 7, 9, 6, 2}, 5, 5);
	outgoing_forget(&l, 2);
	outgoing_forget(&l, 6);
	expect_order((const uint64_t[]){10, 7, 9}, 3, 3);
	outgoing_remove(&l, 9);
	outgoing_forget(&l, 7);
	expect_order((const uint64_t[]){10}, 1, 1);
	forget_all();
}

static void an_item_is_due_in_all_its_parts(void **state)
{
	static const struct {
		size_t len;
		uint32_t parts;
	} rows[] = {{1, 1}, {1024, 1}, {1025, 3}, {2048, 3}, {2049, 7}, {WIRE_ITEM_MAX, 0x1ffff}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct outgoing *o = add(i + 1, rows[i].len);
		assert_int_equal(outgoing_parts(o), rows[i].parts);
		assert_int_equal(o->due, rows[i].parts);
	}
	assert_true(outgoing_due(&l));
	for (struct outgoing *o = l.first; o; o = o->next)
		o->due = 0;
	assert_false(outgoing_due(&l));
	forget_all();
}

/* What of a reply was there goes with the command that it answers. */
static void a_reply_in_parts_goes_with_its_command(void **state)
{
	(void)state;
	add(1, 10)->reply = pieces_new(5000);
	assert_non_null(l.first->reply);
	forget_all(); /* a leak would show */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_is_that_of_giving),
		cmocka_unit_test(those_up_to_a_number_are_forgotten_wherever_they_are),
		cmocka_unit_test(an_item_is_due_in_all_its_parts),
		cmocka_unit_test(a_reply_in_parts_goes_with_its_command),
	};

	return cmocka_run_group_tests_name("outgoing", tests, NULL, NULL);
}
