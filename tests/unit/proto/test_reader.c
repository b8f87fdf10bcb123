/* A cursor into a log: what is due, what is due again, and that nothing is left out for good. */
#include "proto/reader.h"

#include "check.h"

#include <string.h>

static uint64_t random_state = 20261125;

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return random_state >> 33;
}

enum { ROOM = 3 };

static struct ref events(uint64_t first, uint16_t count)
{
	return (struct ref){.kind = REF_EVENTS, .room = ROOM, .first = first, .count = count};
}

static struct ref event_part(uint64_t seq, uint8_t part)
{
	return (struct ref){
		.kind = REF_EVENT_PART, .room = ROOM, .first = seq, .count = 1, .part = part};
}

/* The next item is this one; it is sent. */
static void sends(struct reader *r, uint64_t head, uint64_t seq, uint8_t part, uint8_t parts,
		  bool again)
{
	struct reader_item item;

	assert_true(reader_due(r, head, &item));
	assert_true(item.seq == seq);
	assert_int_equal(item.part, part);
	assert_int_equal(item.again, again);
	reader_sent(r, &item, parts);
}

static void assert_idle(const struct reader *r, uint64_t head)
{
	struct reader_item item;

	assert_false(reader_due(r, head, &item));
}

static void who_follows_nothing_gets_nothing(void **state)
{
	struct reader r = {0};
	struct ref lost = events(1, 1);

	(void)state;
	assert_idle(&r, 100);
	reader_lost(&r, &lost);
	reader_confirm(&r, 5);
	assert_idle(&r, 100);
	reader_wipe(&r);
}

static void events_are_due_in_order_up_to_the_head(void **state)
{
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 7);
	assert_idle(&r, 6);
	for (uint64_t seq = 7; seq <= 9; seq++)
		sends(&r, 9, seq, 0, 1, false);
	assert_idle(&r, 9);
	sends(&r, 10, 10, 0, 1, false);
	assert_true(reader_confirmed(&r) == 7);
	reader_confirm(&r, 11);
	assert_true(reader_confirmed(&r) == 11);
	assert_false(reader_done(&r)); /* it goes on */
	reader_wipe(&r);
}

static void a_large_event_is_due_part_by_part(void **state)
{
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 1);
	sends(&r, 3, 1, 0, 1, false);
	for (uint8_t part = 0; part < WIRE_PARTS_MAX; part++)
		sends(&r, 3, 2, part, WIRE_PARTS_MAX, false);
	sends(&r, 3, 3, 0, 1, false);
	assert_idle(&r, 3);
	reader_wipe(&r);
}

static void no_more_is_under_way_than_the_other_side_can_order(void **state)
{
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 1);
	for (uint64_t seq = 1; seq <= WIRE_EVENTS_MAX; seq++)
		sends(&r, 5000, seq, 0, 1, false);
	assert_idle(&r, 5000);
	reader_confirm(&r, 2);
	sends(&r, 5000, WIRE_EVENTS_MAX + 1, 0, 1, false);
	assert_idle(&r, 5000);
	assert_true(reader_waits(&r));
	reader_confirm_sent(&r);
	assert_false(reader_waits(&r));
	sends(&r, 5000, WIRE_EVENTS_MAX + 2, 0, 1, false);
	reader_wipe(&r);
}

static void a_confirmation_of_what_was_not_sent_is_a_lie(void **state)
{
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 1);
	sends(&r, 9, 1, 0, 1, false);
	sends(&r, 9, 2, 0, 3, false); /* the first of three parts */
	reader_confirm(&r, 3);
	assert_true(reader_confirmed(&r) == 1);
	reader_confirm(&r, UINT64_MAX);
	assert_true(reader_confirmed(&r) == 1);
	reader_confirm(&r, 2);
	assert_true(reader_confirmed(&r) == 2);
	reader_confirm(&r, 1); /* an old one, late */
	assert_true(reader_confirmed(&r) == 2);
	reader_wipe(&r);
}

/* So many are due, of which so many are sent. */
static void sends_run(struct reader *r, uint64_t head, uint64_t seq, uint32_t due, uint32_t sent)
{
	struct reader_item item;

	assert_true(reader_due(r, head, &item));
	assert_true(item.seq == seq);
	assert_int_equal(item.part, 0);
	assert_int_equal(item.count, due);
	reader_sent_run(r, &item, sent);
}

static void many_are_due_at_once(void **state)
{
	struct ref lost = events(3, 4), part = event_part(8, 2);
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 1);
	sends_run(&r, 9, 1, 9, 7);
	sends(&r, 9, 8, 0, 3, false);
	sends(&r, 9, 8, 1, 3, false); /* what is under way in parts is due alone */
	sends(&r, 9, 8, 2, 3, false);
	sends_run(&r, 9, 9, 1, 1);
	assert_idle(&r, 9);
	reader_lost(&r, &lost);
	reader_lost(&r, &part);
	sends_run(&r, 12, 3, 4, 1);
	sends_run(&r, 12, 4, 3, 3);
	sends(&r, 12, 8, 2, 3, true);
	sends_run(&r, 12, 10, 3, 3);
	assert_idle(&r, 12);
	reader_wipe(&r);
}

static void no_run_goes_past_an_end(void **state)
{
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 1);
	sends_run(&r, 5000, 1, WIRE_EVENTS_MAX, 24);
	sends_run(&r, 5000, 25, WIRE_EVENTS_MAX - 24, WIRE_EVENTS_MAX - 24);
	assert_idle(&r, 5000);
	reader_confirm(&r, 31);
	sends_run(&r, 5000, WIRE_EVENTS_MAX + 1, 30, 10);
	reader_end(&r, WIRE_EVENTS_MAX + 15);
	sends_run(&r, 5000, WIRE_EVENTS_MAX + 11, 5, 5);
	reader_confirm_sent(&r);
	assert_true(reader_done(&r));
	reader_wipe(&r);
}

/* ---- what is lost ---------------------------------------------------------------------------- */

static struct reader sent_up_to(uint64_t last)
{
	struct reader r;

	reader_follow(&r, ROOM, 1);
	for (uint64_t seq = 1; seq <= last; seq++)
		sends(&r, last, seq, 0, 1, false);
	return r;
	reader_wipe(&r);
}

static void lose(struct reader *r, struct ref ref)
{
	reader_lost(r, &ref);
}

static void what_is_lost_is_due_before_what_is_new(void **state)
{
	struct reader r = sent_up_to(9);

	(void)state;
	lose(&r, events(4, 2));
	sends(&r, 10, 4, 0, 1, true);
	sends(&r, 10, 5, 0, 1, true);
	sends(&r, 10, 10, 0, 1, false);
	assert_idle(&r, 10);
	reader_wipe(&r);
}

static void what_is_confirmed_cannot_be_lost(void **state)
{
	struct reader r = sent_up_to(9);

	(void)state;
	reader_confirm(&r, 5);
	lose(&r, events(2, 3));
	assert_idle(&r, 9);
	lose(&r, events(3, 4)); /* 3 and 4 are there */
	sends(&r, 9, 5, 0, 1, true);
	sends(&r, 9, 6, 0, 1, true);
	assert_idle(&r, 9);
	lose(&r, event_part(4, 1));
	assert_idle(&r, 9);
	reader_wipe(&r);
}

/* As a room that is followed anew has them: what was in flight of it before crosses all that is new. */
static void what_was_lost_before_and_behind_is_not_ours(void **state)
{
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 3);
	lose(&r, events(1, 4));
	assert_int_equal(r.again_count, 0);
	assert_idle(&r, 2);
	sends(&r, 3, 3, 0, 1, false);
	lose(&r, events(1, 4));
	sends(&r, 3, 3, 0, 1, true);
	assert_idle(&r, 3);
	reader_wipe(&r);
}

static void what_is_confirmed_meanwhile_is_not_sent_again(void **state)
{
	struct reader r = sent_up_to(20);

	(void)state;
	lose(&r, events(3, 4));
	lose(&r, events(9, 2));
	lose(&r, event_part(15, 2));
	reader_confirm(&r, 5);
	sends(&r, 20, 5, 0, 1, true);
	reader_confirm(&r, 10);
	sends(&r, 20, 10, 0, 1, true);
	sends(&r, 20, 15, 2, 4, true);
	assert_idle(&r, 20);
	reader_wipe(&r);
}

static void another_rooms_losses_are_not_ours(void **state)
{
	struct reader r = sent_up_to(9);
	struct ref other = {.kind = REF_EVENTS, .room = ROOM + 1, .first = 3, .count = 2};

	(void)state;
	reader_lost(&r, &other);
	assert_idle(&r, 9);
	reader_wipe(&r);
}

static void losses_that_touch_become_one(void **state)
{
	struct reader r = sent_up_to(30);

	(void)state;
	lose(&r, events(10, 2));
	lose(&r, events(12, 3));
	lose(&r, events(8, 2));
	lose(&r, events(9, 4));
	assert_int_equal(r.again_count, 1);
	for (uint64_t seq = 8; seq <= 14; seq++)
		sends(&r, 30, seq, 0, 1, true);
	assert_idle(&r, 30);
	reader_wipe(&r);
}

static void a_lost_part_is_due_once(void **state)
{
	struct reader r;

	(void)state;
	reader_follow(&r, ROOM, 1);
	for (uint8_t part = 0; part < 4; part++)
		sends(&r, 1, 1, part, 4, false);
	lose(&r, event_part(1, 2));
	lose(&r, event_part(1, 0));
	lose(&r, event_part(1, 2));
	assert_int_equal(r.again_count, 1);
	sends(&r, 1, 1, 0, 4, true);
	sends(&r, 1, 1, 2, 4, true);
	assert_idle(&r, 1);
	reader_wipe(&r);
}

/* More losses than there are places: one range over all of them, parts and all. */
static void many_losses_become_one_range(void **state)
{
	struct reader r = sent_up_to(200);

	(void)state;
	for (unsigned i = 0; i < READER_AGAIN_MAX; i++)
		lose(&r, events(10 + 10 * i, 1));
	assert_int_equal(r.again_count, READER_AGAIN_MAX);
	lose(&r, event_part(100, 1));
	assert_int_equal(r.again_count, 1);
	for (uint64_t seq = 10; seq <= 100; seq++) {
		if (seq != 50) {
			sends(&r, 200, seq, 0, 1, true);
			continue;
		}
		for (uint8_t part = 0; part < 3; part++)
			sends(&r, 200, 50, part, 3, true);
	}
	assert_idle(&r, 200);
	reader_wipe(&r);
}

/* ---- the end ----------------------------------------------------------------------------------- */

static void nothing_is_due_after_the_last(void **state)
{
	struct reader r = sent_up_to(9);

	(void)state;
	reader_end(&r, 11);
	reader_end(&r, 20); /* it has been said */
	sends(&r, 30, 10, 0, 1, false);
	sends(&r, 30, 11, 0, 1, false);
	assert_idle(&r, 30);
	assert_false(reader_done(&r));
	reader_confirm(&r, 12);
	assert_true(reader_done(&r));
	reader_wipe(&r);
}

static void what_was_sent_beyond_the_last_is_not_sent_again(void **state)
{
	struct reader r = sent_up_to(20);

	(void)state;
	lose(&r, events(7, 6));
	lose(&r, events(15, 2));
	lose(&r, event_part(18, 1));
	reader_end(&r, 8);
	sends(&r, 30, 7, 0, 1, true);
	sends(&r, 30, 8, 0, 1, true);
	assert_idle(&r, 30);
	lose(&r, events(8, 3));
	lose(&r, events(10, 3));
	sends(&r, 30, 8, 0, 1, true);
	assert_idle(&r, 30);
	reader_wipe(&r);
}

static void who_goes_on_has_no_end(void **state)
{
	struct reader r = sent_up_to(9);

	(void)state;
	reader_end(&r, 9);
	assert_idle(&r, 30);
	reader_follow(&r, ROOM, 21);
	sends(&r, 30, 21, 0, 1, false);
	/* of the first time: never sent this time, or not wanted */
	lose(&r, events(8, 2));
	lose(&r, events(25, 2));
	lose(&r, event_part(22, 0));
	sends(&r, 22, 22, 0, 1, false);
	assert_idle(&r, 22);
	reader_wipe(&r);
}

static void what_is_left_can_be_given_up(void **state)
{
	struct reader r = sent_up_to(9);

	(void)state;
	lose(&r, events(3, 2));
	reader_end(&r, 20);
	reader_skip(&r);
	assert_idle(&r, 30);
	assert_true(reader_done(&r));
	reader_wipe(&r);
}

/* ---- a lossy link ---------------------------------------------------------------------------- */

enum { EVENTS = 3000, FLIGHT = 300 };

static uint8_t parts_of(uint64_t seq)
{
	return seq % 11 == 0 ? (uint8_t)(2 + seq % 16) : 1;
}

struct receiver {
	uint32_t got[EVENTS + 2]; /* sets of parts */
	uint64_t next;
};

struct flight {
	struct ref refs[FLIGHT];
	size_t count;
};

static struct ref ref_of(const struct reader_item *item)
{
	if (parts_of(item->seq) > 1)
		return event_part(item->seq, item->part);
	return events(item->seq, 1);
}

static void receive(struct receiver *to, const struct ref *ref)
{
	for (uint64_t seq = ref->first; seq < ref->first + ref->count; seq++)
		to->got[seq] |= UINT32_C(1) << ref->part;
	while (to->next <= EVENTS && to->got[to->next] == (UINT32_C(1) << parts_of(to->next)) - 1)
		to->next++;
}

/* Some of those behind it that are due with it, and are no larger. */
static uint32_t whole_behind(const struct reader_item *item)
{
	uint32_t more = 0;

	while (1 + more < item->count && parts_of(item->seq + 1 + more) == 1 && next_random() % 3)
		more++;
	return more;
}

static void send_some(struct reader *r, struct flight *f, size_t n)
{
	struct reader_item item;

	while (n-- > 0 && f->count < FLIGHT && reader_due(r, EVENTS, &item)) {
		assert_true(item.seq >= reader_confirmed(r) || item.again);
		assert_true(item.part < parts_of(item.seq));
		struct ref ref = ref_of(&item);
		struct ref *last = f->count > 0 ? &f->refs[f->count - 1] : NULL;
		if (last && last->kind == REF_EVENTS && ref.kind == REF_EVENTS &&
		    last->first + last->count == ref.first)
			last->count++;
		else
			f->refs[f->count++] = ref;
		if (ref.kind == REF_EVENTS) {
			uint32_t more = whole_behind(&item);
			(f->refs + f->count - 1)->count += (uint16_t)more;
			reader_sent_run(r, &item, 1 + more);
		} else {
			reader_sent(r, &item, parts_of(item.seq));
		}
	}
}

/* The fate of one of those under way; the acknowledgement may say how far the receiver is. */
static void settle_one(struct reader *r, struct flight *f, struct receiver *to)
{
	size_t at = next_random() % f->count;
	struct ref ref = f->refs[at];

	memmove(&f->refs[at], &f->refs[at + 1], (--f->count - at) * sizeof(ref));
	if (next_random() % 10 < 3) {
		reader_lost(r, &ref);
		return;
	}
	receive(to, &ref);
	if (next_random() % 4)
		reader_confirm(r, to->next);
}

static void a_lossy_link_brings_every_event_in_the_end(void **state)
{
	(void)state;
	print_message("seed %llu\n", (unsigned long long)random_state);
	for (int round = 0; round < 20; round++) {
		static struct receiver to;
		struct flight f = {.count = 0};
		struct reader r;
		size_t steps = 0;
		to = (struct receiver){.next = 1};
		reader_follow(&r, ROOM, 1);
		reader_end(&r, EVENTS);
		while (!reader_done(&r)) {
			send_some(&r, &f, next_random() % 12);
			if (f.count > 0)
				settle_one(&r, &f, &to);
			else
				reader_confirm(&r, to.next);
			assert_true(++steps < 500000);
		}
		assert_true(to.next == EVENTS + 1);
	}
}

static void a_changed_event_is_due_again_from_its_beginning(void **state)
{
	struct reader r;
	struct ref lost = event_part(2, 3);

	(void)state;
	reader_follow(&r, ROOM, 1);
	sends(&r, 9, 1, 0, 1, false);
	for (uint8_t part = 0; part < 5; part++)
		sends(&r, 9, 2, part, 5, false);
	sends(&r, 9, 3, 0, 4, false);
	reader_changed(&r, 3); /* under way: it begins anew, as the next */
	reader_changed(&r, 4); /* never sent */
	sends(&r, 9, 3, 0, 4, false);
	sends(&r, 9, 3, 1, 4, false);
	reader_lost(&r, &lost);
	reader_changed(&r, 2);
	sends(&r, 9, 2, 3, 6, true); /* of what it is now */
	sends(&r, 9, 2, 0, 6, true);
	sends(&r, 9, 2, 1, 6, true);
	reader_changed(&r, 2); /* once more, while it goes out; now it is a short one */
	sends(&r, 9, 2, 0, 1, true);
	sends(&r, 9, 3, 2, 4, false);
	sends(&r, 9, 3, 3, 4, false);
	reader_confirm(&r, 3);
	reader_changed(&r, 2); /* it is there already */
	reader_changed(&r, 1);
	sends(&r, 9, 4, 0, 1, false);
	reader_wipe(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_event_is_due_again_from_its_beginning),
		cmocka_unit_test(who_follows_nothing_gets_nothing),
		cmocka_unit_test(events_are_due_in_order_up_to_the_head),
		cmocka_unit_test(a_large_event_is_due_part_by_part),
		cmocka_unit_test(no_more_is_under_way_than_the_other_side_can_order),
		cmocka_unit_test(a_confirmation_of_what_was_not_sent_is_a_lie),
		cmocka_unit_test(many_are_due_at_once),
		cmocka_unit_test(no_run_goes_past_an_end),
		cmocka_unit_test(what_is_lost_is_due_before_what_is_new),
		cmocka_unit_test(what_is_confirmed_cannot_be_lost),
		cmocka_unit_test(what_was_lost_before_and_behind_is_not_ours),
		cmocka_unit_test(what_is_confirmed_meanwhile_is_not_sent_again),
		cmocka_unit_test(another_rooms_losses_are_not_ours),
		cmocka_unit_test(losses_that_touch_become_one),
		cmocka_unit_test(a_lost_part_is_due_once),
		cmocka_unit_test(many_losses_become_one_range),
		cmocka_unit_test(nothing_is_due_after_the_last),
		cmocka_unit_test(what_was_sent_beyond_the_last_is_not_sent_again),
		cmocka_unit_test(who_goes_on_has_no_end),
		cmocka_unit_test(what_is_left_can_be_given_up),
		cmocka_unit_test(a_lossy_link_brings_every_event_in_the_end),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
