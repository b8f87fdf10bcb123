/* ui/model: what the person says, from the moment that it is typed until it is in the room. */
#include "ui_rig.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static void told(struct model *m, enum said_state state, uint64_t ticket, const char *what)
{
	struct model_said s = {.ticket = ticket,
			       .room = text("#lobby"),
			       .state = state,
			       .reason = text(state == SAID_FAILED ? "too fast" : ""),
			       .text = text(what)};

	assert_int_equal(model_said(m, &s, at_minute(700)), ERR_NONE);
}

static void typed(struct model *m, uint64_t ticket, const char *what)
{
	told(m, SAID_SENDING, ticket, what);
}

static void sent(struct model *m, uint64_t ticket, uint64_t seq)
{
	struct model_said s = {.ticket = ticket, .state = SAID_SENT, .seq = seq};

	assert_int_equal(model_said(m, &s, at_minute(701)), ERR_NONE);
}

/* Its event: bob is the person. */
static void heard(struct model *m, uint64_t seq, const char *what)
{
	struct event e = {.kind = EVENT_TALK, .seq = seq, .from = text("bob"), .text = text(what)};

	happen_in(m, "#lobby", e);
}

static size_t under_way(const struct model *m)
{
	return model_here(m)->pending.len;
}

static void pending_is(const struct model *m, size_t i, enum line_state state, const char *what)
{
	const struct model_room *r = model_here(m);
	const struct model_line *line = look_at(r, r->lines.end + i);

	assert_int_equal(line->state, state);
	assert_int_equal(line->text_len, strlen(what));
	assert_memory_equal(line->bytes + line->who_len, what, line->text_len);
}

static void test_a_line_is_shown_at_once(void **state)
{
	struct model *m = in_lobby(10);
	const struct model_line *line;

	(void)state;
	talk_in(m, "#lobby", 0, "before");
	typed(m, 1, "hel\x1blo\nyou");
	assert_int_equal(count_lines(m), 1);
	assert_int_equal(look_end(model_here(m)) - look_first(model_here(m)), 2);
	pending_is(m, 0, LINE_SENDING, "hel␛lo\nyou …");
	line = look_at(model_here(m), model_here(m)->lines.end);
	assert_int_equal(line->kind, MODEL_TALK);
	assert_int_equal(line->who_len, 3);
	assert_memory_equal(line->bytes, "bob", 3);
	assert_int_equal(line->note_len, strlen(" …"));
	assert_int_equal(look_counts(m).sending, 1);
	talk_in(m, "#lobby", 0, "somebody else is faster");
	pending_is(m, 0, LINE_SENDING, "hel␛lo\nyou …"); /* below all others still */
	model_free(m);
}

static void test_the_answer_comes_before_the_event(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 1, "hello");
	sent(m, 1, 5);
	pending_is(m, 0, LINE_SENT, "hello");
	assert_int_equal(look_counts(m).sending, 0);
	talk_in(m, "#lobby", 4, "alice was before");
	assert_int_equal(under_way(m), 1);
	heard(m, 5, "hello");
	assert_int_equal(under_way(m), 0);
	line_is(m, 1, MODEL_TALK, "bob", "hello");
	model_free(m);
}

static void test_the_event_comes_before_the_answer(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 1, "hello");
	typed(m, 2, "/me waves");
	heard(m, 5, "hello");
	assert_int_equal(under_way(m), 1);
	pending_is(m, 0, LINE_SENDING, "waves …");
	sent(m, 1, 5); /* nobody waits for it any more */
	heard(m, 6, "/me waves");
	assert_int_equal(under_way(m), 0);
	sent(m, 2, 6);
	assert_int_equal(count_lines(m), 2);
	line_is(m, 1, MODEL_ACTION, "bob", "waves");
	model_free(m);
}

/* By its number alone: what others say with the same words, or oneself by another client, is not it. */
static void test_the_same_words_are_not_the_same_line(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 1, "yes");
	talk_in(m, "#lobby", 1, "yes"); /* alice */
	assert_int_equal(under_way(m), 1);
	heard(m, 2, "yes, indeed");
	assert_int_equal(under_way(m), 1);
	typed(m, 2, "yes");
	heard(m, 3, "yes"); /* one of the two */
	assert_int_equal(under_way(m), 1);
	sent(m, 1, 3);
	assert_int_equal(under_way(m), 1);
	sent(m, 2, 4);
	pending_is(m, 0, LINE_SENT, "yes");
	heard(m, 4, "yes");
	assert_int_equal(under_way(m), 0);
	model_free(m);
}

static void test_several_stay_in_their_order(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 2, "two");
	typed(m, 3, "three");
	typed(m, 1, "one"); /* it was waiting before them */
	pending_is(m, 0, LINE_SENDING, "one …");
	pending_is(m, 1, LINE_SENDING, "two …");
	pending_is(m, 2, LINE_SENDING, "three …");
	sent(m, 3, 9);
	heard(m, 9, "three");
	pending_is(m, 1, LINE_SENDING, "two …");
	assert_int_equal(under_way(m), 2);
	model_free(m);
}

static void test_a_failed_line_stays_with_its_reason(void **state)
{
	struct model *m = in_lobby(10);
	const struct model_line *line;

	(void)state;
	typed(m, 1, "hello");
	told(m, SAID_FAILED, 1, "hello");
	pending_is(m, 0, LINE_FAILED,
		   "hello (not sent: too fast. Alt+R sends it again, /drop gives it up)");
	line = look_at(model_here(m), model_here(m)->lines.end);
	assert_int_equal(line->second, 700 * 60);
	assert_int_equal(look_counts(m).failed, 1);
	heard(m, 7, "hello"); /* said otherwise: it is another line */
	assert_int_equal(look_counts(m).failed, 1);
	told(m, SAID_DROPPED, 1, ""); /* it is said again … */
	typed(m, 2, "hello");
	pending_is(m, 0, LINE_SENDING, "hello …");
	sent(m, 2, 7);
	assert_int_equal(under_way(m), 0);
	model_free(m);
}

/* An event took the line away, but it was another client's; then it turns out that this one failed. */
static void test_a_line_that_was_gone_fails(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 1, "hello");
	heard(m, 3, "hello");
	assert_int_equal(under_way(m), 0);
	told(m, SAID_FAILED, 1, "hello");
	assert_int_equal(look_counts(m).failed, 1);
	told(m, SAID_DROPPED, 1, "");
	told(m, SAID_DROPPED, 1, "");
	assert_int_equal(under_way(m), 0);
	model_free(m);
}

/* The same ticket again, after a reconnect or a refusal: the line is there once. */
static void test_a_line_is_told_again(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 1, "hello");
	typed(m, 2, "you");
	told(m, SAID_FAILED, 1, "hello");
	typed(m, 1, "hello");
	assert_int_equal(under_way(m), 2);
	pending_is(m, 0, LINE_SENDING, "hello …");
	model_free(m);
}

/* While the connection is lost lines wait; what comes first after it is what was missed. */
static void test_lines_outlive_the_connection(void **state)
{
	struct model *m = in_lobby(10);
	struct model_status lost = {.link = LINK_RECONNECTING, .nick = text("bob")};

	(void)state;
	typed(m, 1, "one");
	assert_int_equal(model_status(m, &lost), ERR_NONE);
	typed(m, 2, "two");
	go_to(m, "#lobby");
	talk_in(m, "#lobby", 4, "missed");
	assert_int_equal(under_way(m), 2);
	sent(m, 1, 5);
	sent(m, 2, 6);
	heard(m, 5, "one");
	heard(m, 6, "two");
	assert_int_equal(under_way(m), 0);
	line_is(m, 2, MODEL_TALK, "bob", "two");
	model_free(m);
}

/* Events that have no line, or are left out, have numbers too. */
static void test_a_line_goes_when_the_log_is_past_it(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 1, "hello");
	sent(m, 1, 5);
	happen_in(m, "#lobby", (struct event){.kind = EVENT_LOST, .seq = 8, .from = text("eve")});
	assert_int_equal(under_way(m), 0);
	typed(m, 2, "late");
	sent(m, 2, 6); /* it was there before the answer, in other words: it was edited since */
	assert_int_equal(under_way(m), 0);
	model_free(m);
}

static void test_each_room_has_its_own(void **state)
{
	struct model *m = in_lobby(10);
	struct model_said s = {.ticket = 1,
			       .room = text("#new room"),
			       .state = SAID_SENDING,
			       .text = text("first")};

	(void)state;
	assert_int_equal(model_said(m, &s, at_minute(0)), ERR_NONE);
	assert_int_equal(under_way(m), 0);
	assert_int_equal(look_counts(m).sending, 1);
	go_to(m, "#new room");
	pending_is(m, 0, LINE_SENDING, "first …");
	model_leave(m, text("#new room"));
	assert_int_equal(look_counts(m).sending, 0);
	sent(m, 1, 5); /* its room is left */
	model_free(m);
}

static void test_a_renamed_room_keeps_them(void **state)
{
	struct model *m = in_lobby(10);
	struct model_said s = {
		.ticket = 1, .room = text("@al"), .state = SAID_SENDING, .text = text("x")};

	(void)state;
	assert_int_equal(model_said(m, &s, at_minute(0)), ERR_NONE);
	s.ticket = 2;
	s.room = text("@alice");
	assert_int_equal(model_said(m, &s, at_minute(0)), ERR_NONE);
	model_rename(m, text("@al"), text("@alice")); /* they are one and the same */
	assert_int_equal(m->room_count, 2);
	go_to(m, "@alice");
	assert_int_equal(under_way(m), 2);
	model_rename(m, text("@alice"), text("@Alice"));
	assert_int_equal(under_way(m), 2);
	sent(m, 1, 1);
	sent(m, 2, 2);
	pending_is(m, 1, LINE_SENT, "x");
	model_free(m);
}

/* One's own may be taken back as soon as it is there. */
static void test_a_recalled_line_of_ones_own(void **state)
{
	struct model *m = in_lobby(10);

	(void)state;
	typed(m, 1, "oops");
	sent(m, 1, 3);
	heard(m, 3, "oops");
	happen_in(m, "#lobby",
		  (struct event){.kind = EVENT_RECALL, .from = text("bob"), .target = 3});
	assert_int_equal(count_lines(m), 1);
	line_is(m, 0, MODEL_HAPPENING, "", "bob recalled a message");
	assert_int_equal(under_way(m), 0);
	model_free(m);
}

/* What is under way is not counted among the lines, and never dropped for them. */
static void test_the_bounds_leave_it_alone(void **state)
{
	struct model *m = in_lobby(3);

	(void)state;
	for (uint64_t i = 1; i <= 20; i++)
		typed(m, i, "kept");
	for (int i = 0; i < 10; i++)
		talk_in(m, "#lobby", 0, "x");
	assert_int_equal(count_lines(m), 3);
	assert_int_equal(under_way(m), 20);
	assert_int_equal(m->line_count, 3);
	model_free(m);
}

/* ---- any order ------------------------------------------------------------------------------- */

enum { MOST = 40 };

/* A server that answers each line with the next number, or refuses it; events and answers come in their
 * order, but each as late as it likes. */
struct world {
	uint32_t random;
	int typed, logged;	   /* lines so far; of them, what is decided */
	uint64_t number[MOST];	   /* of each line; 0: refused */
	int answered;		   /* so many answers are given out */
	uint64_t head, told;	   /* events there are; events given out */
	int line_of[2 * MOST + 1]; /* whose event that is; -1: somebody else's */
};

static uint32_t draw(struct world *w, uint32_t n)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 16) % n;
}

static const char *words_of(int line)
{
	static char words[32];

	/* each text comes up twice, not at once */
	snprintf(words, sizeof(words), "%sline %d", line % 5 == 0 ? "/me " : "", line / 2 * 2 % 30);
	return words;
}

static void decide(struct world *w)
{
	int line = w->logged++;

	w->number[line] = draw(w, 5) == 0 ? 0 : ++w->head;
	if (w->number[line] > 0)
		w->line_of[w->head] = line;
	if (draw(w, 2) == 0 && w->head < 2 * MOST)
		w->line_of[++w->head] = -1;
}

static void tell_event(struct world *w, struct model *m)
{
	int line = w->line_of[++w->told];

	if (line < 0)
		talk_in(m, "#lobby", w->told, "somebody else");
	else
		heard(m, w->told, words_of(line));
}

static void tell_answer(struct world *w, struct model *m)
{
	int line = w->answered++;

	if (w->number[line] > 0)
		sent(m, (uint64_t)line + 1, w->number[line]);
	else
		told(m, SAID_FAILED, (uint64_t)line + 1, words_of(line));
}

static void step(struct world *w, struct model *m)
{
	switch (draw(w, 4)) {
	case 0:
		if (w->typed < MOST / 2) {
			typed(m, (uint64_t)w->typed + 1, words_of(w->typed));
			w->typed++;
		}
		break;
	case 1:
		if (w->logged < w->typed)
			decide(w);
		break;
	case 2:
		if (w->told < w->head)
			tell_event(w, m);
		break;
	default:
		if (w->answered < w->logged)
			tell_answer(w, m);
	}
}

static bool is_over(const struct world *w)
{
	return w->typed == MOST / 2 && w->answered == w->typed && w->told == w->head;
}

static int refused_of(const struct world *w)
{
	int n = 0;

	for (int i = 0; i < w->answered; i++)
		n += w->number[i] == 0;
	return n;
}

static void live(uint32_t seed)
{
	struct model *m = in_lobby(1000);
	struct world w = {.random = seed};

	while (!is_over(&w))
		step(&w, m);
	if (look_counts(m).failed != (size_t)refused_of(&w) ||
	    under_way(m) != look_counts(m).failed || count_lines(m) != w.head)
		fail_msg("seed %u: %zu under way, %d refused", seed, under_way(m), refused_of(&w));
	model_free(m);
}

/* In the end what was refused is there as that, and nothing else is under way. */
static void test_any_order_ends_well(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 2000; seed++)
		live(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_is_shown_at_once),
		cmocka_unit_test(test_the_answer_comes_before_the_event),
		cmocka_unit_test(test_the_event_comes_before_the_answer),
		cmocka_unit_test(test_the_same_words_are_not_the_same_line),
		cmocka_unit_test(test_several_stay_in_their_order),
		cmocka_unit_test(test_a_failed_line_stays_with_its_reason),
		cmocka_unit_test(test_a_line_that_was_gone_fails),
		cmocka_unit_test(test_a_line_is_told_again),
		cmocka_unit_test(test_lines_outlive_the_connection),
		cmocka_unit_test(test_a_line_goes_when_the_log_is_past_it),
		cmocka_unit_test(test_each_room_has_its_own),
		cmocka_unit_test(test_a_renamed_room_keeps_them),
		cmocka_unit_test(test_a_recalled_line_of_ones_own),
		cmocka_unit_test(test_the_bounds_leave_it_alone),
		cmocka_unit_test(test_any_order_ends_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
