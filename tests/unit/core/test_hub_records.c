/* core/record: what is written is read; nothing else is. */
#include "core/record.h"

#include "check.h"

#include <string.h>

static struct slice words(const char *s)
{
	return slice_of(s, strlen(s));
}

static void fill(uint8_t *bytes, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(first + i);
}

static const uint8_t password[KEY_BYTES] = {9, 8, 7};
static uint8_t frame[WIRE_ITEM_MAX], topic[TEXT_MAX_BYTES];

static size_t make_all(struct record *r)
{
	size_t n = 0;

	r[n++] = (struct record){.kind = RECORD_META, .epoch = BUF_VARINT_MAX};
	r[n] = (struct record){.kind = RECORD_ROOM};
	r[n].room = (struct record_room){.number = WIRE_MAX_ROOM,
					 .name = words("#小屋"),
					 .topic = slice_of(topic, sizeof(topic)),
					 .password = slice_of(password, KEY_BYTES),
					 .keep_days = RECORD_KEEP_FOREVER,
					 .made_ms = INT64_C(1796083200000),
					 .head = 12,
					 .first = 3};
	fill(r[n++].room.owners[0], OWNER_BYTES, 1);
	r[n] = (struct record){.kind = RECORD_ROOM};
	r[n].room = (struct record_room){
		.number = 2, .kind = RECORD_DIRECT, .names = {words("alice"), words("bob")}};
	fill(r[n].room.owners[0], OWNER_BYTES, 1);
	fill(r[n++].room.owners[1], OWNER_BYTES, 2);
	r[n] = (struct record){.kind = RECORD_EVENT};
	r[n].event = (struct record_event){
		.room = 1, .seq = BUF_VARINT_MAX, .frame = slice_of(frame, sizeof(frame))};
	fill(r[n++].event.author, OWNER_BYTES, 100);
	r[n] = (struct record){.kind = RECORD_REWRITE};
	r[n++].event = (struct record_event){.room = 7, .seq = 1, .frame = words("x")};
	r[n] = (struct record){.kind = RECORD_NAME};
	r[n].name = (struct record_name){
		.name = words("小明"), .first = 1, .last = INT64_C(1) << 53, .used = 77};
	fill(r[n++].name.owner, OWNER_BYTES, 3);
	r[n] = (struct record){.kind = RECORD_NAME_GONE};
	r[n++].name = (struct record_name){.name = words("carl")};
	r[n] = (struct record){.kind = RECORD_SENDER};
	r[n].sender = (struct record_sender){
		.instance = UINT64_MAX, .left = true, .newest = 1000, .seqs = {5, 0, 4}};
	r[n].sender.seqs[SENDERS_REMEMBERED - 1] = 1;
	fill(r[n++].sender.owner, OWNER_BYTES, 4);
	r[n] = (struct record){.kind = RECORD_SENDER}; /* that has said nothing */
	r[n++].sender.instance = 1;
	r[n] = (struct record){.kind = RECORD_SENDER_GONE};
	r[n++].sender.instance = 2;
	r[n] = (struct record){.kind = RECORD_PRESENT};
	r[n].present = (struct record_present){
		.room = 1, .name = words("alice"), .instance = 3, .lost = true};
	fill(r[n++].present.owner, OWNER_BYTES, 5);
	r[n] = (struct record){.kind = RECORD_ABSENT};
	r[n++].present = (struct record_present){.room = 1, .name = words("alice")};
	return n;
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void assert_same_room(const struct record_room *a, const struct record_room *b)
{
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->kind, b->kind);
	assert_true(same(a->name, b->name) && same(a->topic, b->topic));
	assert_true(same(a->password, b->password));
	assert_true(a->keep_days == b->keep_days && a->made_ms == b->made_ms);
	assert_memory_equal(a->owners, b->owners, sizeof(a->owners));
	assert_true(same(a->names[0], b->names[0]) && same(a->names[1], b->names[1]));
	assert_true(a->head == b->head && a->first == b->first);
}

static void assert_same_event(const struct record_event *a, const struct record_event *b)
{
	assert_true(a->room == b->room && a->seq == b->seq && same(a->frame, b->frame));
	assert_memory_equal(a->author, b->author, OWNER_BYTES);
}

static void assert_same_name(const struct record_name *a, const struct record_name *b)
{
	assert_true(same(a->name, b->name));
	assert_memory_equal(a->owner, b->owner, OWNER_BYTES);
	assert_true(a->first == b->first && a->last == b->last && a->used == b->used);
}

static void assert_same_sender(const struct record_sender *a, const struct record_sender *b)
{
	assert_memory_equal(a->owner, b->owner, OWNER_BYTES);
	assert_true(a->instance == b->instance && a->left == b->left && a->newest == b->newest);
	assert_memory_equal(a->seqs, b->seqs, sizeof(a->seqs));
}

static void assert_same_present(const struct record_present *a, const struct record_present *b)
{
	assert_true(a->room == b->room && same(a->name, b->name) && a->instance == b->instance &&
		    a->lost == b->lost);
	assert_memory_equal(a->owner, b->owner, OWNER_BYTES);
}

static void assert_same(const struct record *a, const struct record *b)
{
	assert_int_equal(a->kind, b->kind);
	switch (a->kind) {
	case RECORD_META:
		assert_true(a->epoch == b->epoch);
		break;
	case RECORD_ROOM:
		assert_same_room(&a->room, &b->room);
		break;
	case RECORD_EVENT:
	case RECORD_REWRITE:
		assert_same_event(&a->event, &b->event);
		break;
	case RECORD_NAME:
	case RECORD_NAME_GONE:
		assert_same_name(&a->name, &b->name);
		break;
	case RECORD_SENDER:
	case RECORD_SENDER_GONE:
		assert_same_sender(&a->sender, &b->sender);
		break;
	case RECORD_PRESENT:
	case RECORD_ABSENT:
		assert_same_present(&a->present, &b->present);
		break;
	}
}

enum { KINDS = 16 };

static struct record all[KINDS];
static uint8_t storage[KINDS * RECORD_MAX];

static int set_up(void **state)
{
	(void)state;
	memset(frame, 0x20, sizeof(frame));
	memset(topic, 't', sizeof(topic));
	return 0;
}

static void what_is_written_is_read_in_order(void **state)
{
	struct buf b = buf_of(storage, sizeof(storage));
	size_t n = make_all(all);
	struct record r;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		size_t before = b.len;
		record_put(&b, &all[i]);
		assert_false(b.failed);
		assert_in_range(b.len - before, 1, RECORD_MAX);
	}
	struct slice s = slice_of(b.data, b.len);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(record_get(&s, &r), ERR_NONE);
		assert_same(&r, &all[i]);
	}
	assert_int_equal(s.len, 0);
	assert_int_equal(record_get(&s, &r), ERR_TRUNCATED);
}

static void a_small_one_fits_a_small_place(void **state)
{
	size_t n = make_all(all);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct buf b = buf_of(storage, RECORD_SMALL);
		if (all[i].kind == RECORD_ROOM || all[i].kind == RECORD_EVENT)
			continue;
		for (size_t m = 0; m < SENDERS_REMEMBERED && all[i].kind == RECORD_SENDER; m++)
			all[i].sender.seqs[m] = BUF_VARINT_MAX;
		record_put(&b, &all[i]);
		assert_false(b.failed);
	}
}

static void what_is_cut_off_is_none(void **state)
{
	size_t n = make_all(all);
	struct record r;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct buf b = buf_of(storage, sizeof(storage));
		record_put(&b, &all[i]);
		for (size_t len = 1; len < b.len; len += 1 + len / 64) {
			struct slice s = slice_of(b.data, len);
			assert_int_equal(record_get(&s, &r), ERR_MALFORMED);
			assert_ptr_equal(s.data, b.data);
			assert_int_equal(s.len, len);
		}
	}
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{"\0", 1},	      /* no kind */
		{"\x0b", 1},	      /* nor this */
		{"\x0a\x00\x01x", 4}, /* ABSENT from no room */
		{"\x04\x01\x00\x01x", 5} /* REWRITE of number 0 */,
	};
	struct record r;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct slice s = slice_of(rows[i].bytes, rows[i].n);
		assert_int_equal(record_get(&s, &r), ERR_MALFORMED);
	}
}

static void a_time_before_1970_is_its_beginning(void **state)
{
	struct record r = {.kind = RECORD_NAME}, got;
	struct buf b = buf_of(storage, sizeof(storage));

	(void)state;
	r.name = (struct record_name){
		.name = words("x"), .first = -1, .last = INT64_MIN, .used = -5};
	record_put(&b, &r);
	struct slice s = slice_of(b.data, b.len);
	assert_int_equal(record_get(&s, &got), ERR_NONE);
	assert_true(got.name.first == 0 && got.name.last == 0 && got.name.used == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_in_order),
		cmocka_unit_test(a_small_one_fits_a_small_place),
		cmocka_unit_test(what_is_cut_off_is_none),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_time_before_1970_is_its_beginning),
	};

	return cmocka_run_group_tests_name("records", tests, set_up, NULL);
}
