/* client/trust: which key is taken, what is pinned when, and what is said. */
#include "trust.h"

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char base[] = "/tmp/chat-trust.XXXXXX";
static char path[64];
static uint8_t zeros[KEY_BYTES], ones[KEY_BYTES];

#define ZEROS	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ONES	    "777777777777777777777777777777777777777777777777777q"
#define ZEROS_PRINT "aaaa-aaaa-aaaa-aaaa-aaaa-aaaa"
#define ONES_PRINT  "7777-7777-7777-7777-7777-7777"

static int make_base(void **state)
{
	(void)state;
	memset(ones, 0xff, sizeof(ones));
	if (!mkdtemp(base))
		return -1;
	snprintf(path, sizeof(path), "%s/known_servers", base);
	return 0;
}

static int remove_base(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *want)
{
	char text[1024] = "";
	FILE *f = fopen(path, "r");

	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
	}
	assert_string_equal(text, want);
}

static struct trust *trust_in(const char *address, const char *dir)
{
	static struct trust t;
	struct endpoint e;

	assert_int_equal(endpoint_parse(address, &e, NULL), ERR_NONE);
	trust_init(&t, &e, dir);
	return &t;
}

static void says(const char *sentence, const char *words)
{
	assert_non_null(sentence);
	if (!strstr(sentence, words))
		fail_msg("\"%s\" does not speak of \"%s\"", sentence, words);
}

static void the_first_contact_is_pinned_when_the_session_is_open(void **state)
{
	struct trust *t = trust_in("chat://Host:1", base);

	(void)state;
	unlink(path);
	assert_true(trust_decide(t, ones));
	assert_file(""); /* whoever that was may not know the password */
	const char *sentence = trust_opened(t);
	says(sentence, "first contact with host:1");
	says(sentence, ONES_PRINT);
	says(sentence, path);
	assert_file("host:1 " ONES "\n");
	assert_null(trust_opened(t));
	t = trust_in("host:1", base);
	assert_true(trust_decide(t, ones));
	assert_null(trust_opened(t));
	assert_file("host:1 " ONES "\n");
}

static void a_session_that_never_opens_pins_nothing(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("");
	assert_true(trust_decide(t, ones));
	t = trust_in("host:1", base);
	assert_null(trust_opened(t));
	assert_true(trust_decide(t, zeros));
	assert_file("");
}

static void a_changed_key_is_refused_with_both_fingerprints(void **state)
{
	struct trust *t = trust_in("host:1", base);
	char place[96];

	(void)state;
	put("# mine\nhost:1 " ONES "\n");
	assert_false(trust_decide(t, zeros));
	says(t->words, "has changed");
	says(t->words, "known is " ONES_PRINT);
	says(t->words, "offered was " ZEROS_PRINT);
	snprintf(place, sizeof(place), "remove line 2 of %s", path);
	says(t->words, place);
	assert_null(trust_opened(t));
	assert_false(trust_decide(t, zeros)); /* nor the next time */
	assert_file("# mine\nhost:1 " ONES "\n");
}

static void another_port_is_another_server(void **state)
{
	(void)state;
	put("host:1 " ONES "\n");
	assert_true(trust_decide(trust_in("host:2", base), zeros));
}

static void who_knows_no_key_is_blind(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("host:2 " ONES "\n");
	assert_true(trust_blind(t));
	trust_expect(t, ones); /* anybody can tell one */
	assert_true(trust_blind(t));
	assert_true(trust_blind(trust_in("host:2", "")));
	assert_false(trust_blind(trust_in("host:2", base)));
	assert_false(trust_blind(trust_in("host:1/#" ONES, "")));
}

static void expect_key(const struct trust *t, const uint8_t *want)
{
	uint8_t key[KEY_BYTES];

	assert_int_equal(trust_key(t, key), want != NULL);
	if (want)
		assert_memory_equal(key, want, KEY_BYTES);
}

static void which_key_the_server_has_to_have(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("");
	expect_key(t, NULL);
	trust_expect(t, zeros); /* what the local network told is no knowledge */
	expect_key(t, NULL);
	assert_true(trust_decide(t, zeros));
	expect_key(t, zeros);
	put("host:1 " ONES "\n");
	expect_key(trust_in("host:1", base), ones);
	expect_key(trust_in("host:1", ""), NULL);
	expect_key(trust_in("chat://host:1/#" ZEROS, base), zeros);
}

static void the_key_in_the_address_decides(void **state)
{
	struct trust *t = trust_in("host:1/#" ZEROS, base);

	(void)state;
	put("");
	assert_false(trust_decide(t, ones));
	says(t->words, "should be " ZEROS_PRINT);
	says(t->words, "is " ONES_PRINT);
	t = trust_in("host:1/#" ZEROS, base);
	assert_true(trust_decide(t, zeros));
	assert_null(trust_opened(t)); /* nothing that was not known */
	assert_file("host:1 " ZEROS "\n");
}

/* The address wins, the file stays as people made it, and they hear of it. */
static void the_address_is_believed_more_than_the_file(void **state)
{
	struct trust *t = trust_in("host:1/#" ZEROS, base);

	(void)state;
	put("host:1 " ONES "\n");
	assert_true(trust_decide(t, zeros));
	const char *sentence = trust_opened(t);
	says(sentence, "Line 1 has another");
	says(sentence, path);
	assert_file("host:1 " ONES "\n");
	t = trust_in("host:1/#" ZEROS, base);
	assert_false(trust_decide(t, ones));
}

/* A room that the network told of: its key has to be there, and is worth no more than any other. */
static void a_listed_key_has_to_be_the_servers(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("");
	trust_expect(t, zeros);
	assert_false(trust_decide(t, ones));
	says(t->words, "listed with the key " ZEROS_PRINT);
	says(t->words, "has " ONES_PRINT);
	assert_null(trust_opened(t));
	assert_file("");
	assert_true(trust_decide(t, zeros));
	says(trust_opened(t), "first contact with host:1");
	assert_file("host:1 " ZEROS "\n");
}

static void a_listed_key_does_not_outdo_the_pinned_one(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("host:1 " ONES "\n");
	trust_expect(t, zeros);
	assert_false(trust_decide(t, zeros));
	says(t->words, "known is " ONES_PRINT);
	assert_false(trust_decide(t, ones));
	says(t->words, "listed with the key " ZEROS_PRINT);
	t = trust_in("host:1", base);
	trust_expect(t, ones);
	assert_true(trust_decide(t, ones));
	assert_null(trust_opened(t));
	assert_file("host:1 " ONES "\n");
}

static void one_run_talks_to_one_key(void **state)
{
	struct trust *t = trust_in("host:1", "");

	(void)state;
	assert_true(trust_decide(t, ones));
	assert_false(trust_decide(t, zeros)); /* TCP beside UDP, or after a reconnect */
	says(t->words, "another server answers");
	says(t->words, ONES_PRINT);
	says(t->words, ZEROS_PRINT);
	assert_true(trust_decide(t, ones));
	says(trust_opened(t), "no place to keep it");
}

/* The server came back with another key: what to do is the same as at a start. */
static void a_key_that_changes_meanwhile_is_refused_the_same_way(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("# mine\n");
	assert_true(trust_decide(t, ones));
	assert_non_null(trust_opened(t));
	assert_false(trust_decide(t, zeros));
	says(t->words, "has changed");
	says(t->words, "remove line 2 of ");
	t = trust_in("host:1/#" ONES, base);
	assert_true(trust_decide(t, ones));
	assert_false(trust_decide(t, zeros));
	says(t->words, "not the one that the address names");
}

static void a_file_that_cannot_be_read_is_no_first_contact(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("\nhost:1 oops\n");
	assert_false(trust_decide(t, ones));
	says(t->words, "line 2 of ");
	assert_int_equal(unlink(path), 0);
	t = trust_in("host:1", "/dev/null");
	assert_false(trust_decide(t, ones));
	says(t->words, "cannot be read");
}

static void a_file_that_others_can_write_is_not_believed(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("host:1 " ONES "\n");
	assert_int_equal(chmod(path, 0620), 0);
	assert_false(trust_decide(t, ones));
	says(t->words, "others can write to ");
	says(t->words, path);
	t = trust_in("host:2/#" ONES, base); /* the address knows, but nothing is added */
	assert_true(trust_decide(t, ones));
	says(trust_opened(t), "cannot be kept");
	assert_file("host:1 " ONES "\n");
	assert_int_equal(chmod(path, 0644), 0);
	assert_true(trust_decide(trust_in("host:1", base), ones));
	if (geteuid() == 0) { /* only root can give something away */
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_false(trust_decide(trust_in("host:1", base), ones));
	}
	assert_int_equal(unlink(path), 0);
}

static void what_cannot_be_kept_is_told(void **state)
{
	struct trust *t = trust_in("host:1", "/proc/nowhere");

	(void)state;
	assert_true(trust_decide(t, ones));
	says(trust_opened(t), "cannot be kept");
}

/* Between the decision and the opening another client pinned another key. */
static void a_pin_that_came_between_is_told(void **state)
{
	struct trust *t = trust_in("host:1", base);

	(void)state;
	put("");
	assert_true(trust_decide(t, ones));
	put("host:1 " ZEROS "\n");
	says(trust_opened(t), "Line 1 has another");
	assert_file("host:1 " ZEROS "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_contact_is_pinned_when_the_session_is_open),
		cmocka_unit_test(a_session_that_never_opens_pins_nothing),
		cmocka_unit_test(a_changed_key_is_refused_with_both_fingerprints),
		cmocka_unit_test(another_port_is_another_server),
		cmocka_unit_test(who_knows_no_key_is_blind),
		cmocka_unit_test(which_key_the_server_has_to_have),
		cmocka_unit_test(the_key_in_the_address_decides),
		cmocka_unit_test(the_address_is_believed_more_than_the_file),
		cmocka_unit_test(a_listed_key_has_to_be_the_servers),
		cmocka_unit_test(a_listed_key_does_not_outdo_the_pinned_one),
		cmocka_unit_test(one_run_talks_to_one_key),
		cmocka_unit_test(a_key_that_changes_meanwhile_is_refused_the_same_way),
		cmocka_unit_test(a_file_that_cannot_be_read_is_no_first_contact),
		cmocka_unit_test(a_file_that_others_can_write_is_not_believed),
		cmocka_unit_test(what_cannot_be_kept_is_told),
		cmocka_unit_test(a_pin_that_came_between_is_told),
	};

	return cmocka_run_group_tests(tests, make_base, remove_base);
}
