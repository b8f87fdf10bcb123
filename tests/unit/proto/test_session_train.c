/* Packets that leave together (protocol.md §5): of one size, within the window, and each by itself. */
#include "session_rig.h"

#include "proto/recovery.h"

enum {
	MS = 1000,
	TRAIN_BYTES = 65507,
	TRAIN_PACKETS = 64,
	ROOM = 2 * TRAIN_BYTES,
};

static struct rig r;

static struct train {
	uint8_t bytes[ROOM];
	size_t len, size;
} train;

/* In the room, near the server, with a window for all that is to come. */
static void begin_wide(void)
{
	rig_begin(&r, SESSION_DGRAM);
	r.delay = MS;
	rig_join(&r);
	for (int i = 0; i < 40; i++) {
		rig_happen_often(&r, WIRE_LOBBY, 100, 500);
		rig_run(&r, 50 * MS);
	}
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
}

/* What the server's session gives by one call. */
static void take_train(size_t room)
{
	struct buf out = buf_of(train.bytes, room);

	train.size = 0;
	assert_true(session_train(r.end[SERVER], r.now, &out, &train.size));
	train.len = out.len;
	assert_in_range(train.size, 1, WIRE_PACKET_MAX);
	assert_in_range(train.size, 1, train.len);
}

static size_t packets(void)
{
	return (train.len + train.size - 1) / train.size;
}

static size_t size_of(size_t i)
{
	return i + 1 < packets() ? train.size : train.len - i * train.size;
}

static size_t count_in(size_t i, enum frame_type type)
{
	return rig_frames_in(&r, CLIENT, train.bytes + i * train.size, size_of(i), type);
}

/* All of it arrives, but for one packet; or, with SIZE_MAX, all. */
static void arrives_without(size_t lost)
{
	for (size_t i = 0; i < packets(); i++)
		if (i != lost)
			rig_feed(&r, CLIENT, train.bytes + i * train.size, size_of(i));
}

static void packets_of_a_train_are_of_one_size(void **state)
{
	size_t events = 0;

	(void)state;
	begin_wide();
	rig_happen_often(&r, WIRE_LOBBY, 203, 100);
	take_train(ROOM);
	assert_int_equal(train.size, WIRE_PACKET_MAX);
	assert_in_range(packets(), 203 / 10, 203 / 6);
	for (size_t i = 0; i < packets(); i++) {
		events += count_in(i, FRAME_EVENT);
		if (i + 1 < packets())
			assert_in_range(count_in(i, FRAME_PADDING), 1, WIRE_PACKET_MAX / 8);
		else
			assert_int_equal(count_in(i, FRAME_PADDING), 0);
	}
	assert_int_equal(events, 203);
	arrives_without(SIZE_MAX);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

/* What fills no packet to 7/8 has one of its own size; those behind it are no larger. */
static void much_padding_ends_a_train(void **state)
{
	(void)state;
	begin_wide();
	for (int i = 0; i < 4; i++)
		rig_happen(&r, 700);
	rig_happen(&r, 900);
	rig_happen(&r, 700);
	rig_happen(&r, 300);
	rig_happen(&r, 900);
	take_train(ROOM);
	assert_int_equal(packets(), 4); /* a fifth would be larger */
	assert_in_range(train.size, 700, 800);
	assert_in_range(count_in(0, FRAME_PADDING), 0, train.size / 8);
	arrives_without(SIZE_MAX);
	take_train(ROOM);
	assert_int_equal(packets(), 2); /* the second is shorter, so it is the last */
	assert_in_range(train.size, 900, 1000);
	arrives_without(SIZE_MAX);
	take_train(ROOM);
	assert_int_equal(packets(), 1); /* small */
	arrives_without(SIZE_MAX);
	take_train(ROOM);
	assert_int_equal(packets(), 1);
	arrives_without(SIZE_MAX);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

static void small_packets_go_alone(void **state)
{
	(void)state;
	begin_wide();
	rig_happen(&r, 30);
	take_train(ROOM);
	assert_int_equal(packets(), 1);
	assert_int_equal(train.size, train.len);
	assert_int_equal(count_in(0, FRAME_PADDING), 0);
	struct buf out = buf_of(train.bytes, ROOM);
	assert_false(session_train(r.end[SERVER], r.now, &out, &train.size));
	rig_end(&r);
}

static void a_train_is_what_the_kernel_takes(void **state)
{
	(void)state;
	begin_wide();
	rig_happen_often(&r, WIRE_LOBBY, 1000, 100);
	take_train(ROOM);
	assert_int_equal(packets(), TRAIN_BYTES / WIRE_PACKET_MAX);
	arrives_without(SIZE_MAX);
	rig_run(&r, SECOND);
	rig_happen_often(&r, WIRE_LOBBY, 100, 580);
	for (int i = 0; i < 100; i++) /* one in a packet */
		rig_happen(&r, 600);
	do {
		take_train(ROOM);
		assert_in_range(packets(), 1, TRAIN_PACKETS);
		arrives_without(SIZE_MAX);
	} while (r.heard < r.head);
	rig_end(&r);
}

static void a_train_fits_its_room(void **state)
{
	(void)state;
	begin_wide();
	rig_happen_often(&r, WIRE_LOBBY, 300, 100);
	take_train(WIRE_PACKET_MAX);
	assert_int_equal(packets(), 1);
	arrives_without(SIZE_MAX);
	take_train(5 * WIRE_PACKET_MAX - 1);
	assert_int_equal(packets(), 4);
	arrives_without(SIZE_MAX);
	take_train(5 * WIRE_PACKET_MAX);
	assert_int_equal(packets(), 5);
	arrives_without(SIZE_MAX);
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

/* Padding counts as what it is: bytes on the way. */
static void a_train_keeps_within_the_window(void **state)
{
	(void)state;
	rig_begin(&r, SESSION_DGRAM);
	r.delay = MS;
	rig_join(&r);
	rig_run(&r, SECOND);
	rig_happen_often(&r, WIRE_LOBBY, 500, 100);
	take_train(ROOM);
	assert_in_range(train.len, RECOVERY_INITIAL_WINDOW / 2, RECOVERY_INITIAL_WINDOW);
	arrives_without(SIZE_MAX);
	rig_run(&r, SECOND);
	rig_expect_whole_log(&r);
	rig_end(&r);
}

/* Each packet is remembered by what it carried. */
static void one_lost_packet_costs_what_was_in_it(void **state)
{
	(void)state;
	for (size_t lost = 0; lost < 8; lost++) {
		begin_wide();
		rig_happen_often(&r, WIRE_LOBBY, 80, 100);
		take_train(ROOM);
		assert_in_range(packets(), 8, 12);
		size_t events = count_in(lost, FRAME_EVENT), again = 0;
		arrives_without(lost);
		while (r.heard < r.head) {
			assert_true(rig_step(&r, r.now + SECOND));
			for (size_t i = 0; rig_under_way(&r, CLIENT, i); i++) {
				const struct unit *u = rig_under_way(&r, CLIENT, i);
				again += rig_frames_in(&r, CLIENT, u->bytes, u->len, FRAME_EVENT);
			}
		}
		assert_in_range(again, events, 2 * events);
		rig_expect_whole_log(&r);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_a_train_are_of_one_size),
		cmocka_unit_test(much_padding_ends_a_train),
		cmocka_unit_test(small_packets_go_alone),
		cmocka_unit_test(a_train_is_what_the_kernel_takes),
		cmocka_unit_test(a_train_fits_its_room),
		cmocka_unit_test(a_train_keeps_within_the_window),
		cmocka_unit_test(one_lost_packet_costs_what_was_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
