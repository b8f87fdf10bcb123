/* Tables of protocol.md §2.4 and §4, compared with the code: keys as text, what passwords become. */
#include "document.h"

#include "check.h"

#include "proto/key.h"
#include "proto/name.h"
#include "proto/proof.h"
#include "proto/wire.h"
#include "sys/secret.h"

#include <stdio.h>
#include <string.h>

static void from_hex(const struct row *r, const char *hex, uint8_t out[KEY_BYTES])
{
	if (strlen(hex) != KEY_BYTES * 2)
		fail_msg("protocol.md:%d: 32 bytes are 64 digits", r->line);
	for (size_t i = 0; i < KEY_BYTES; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &out[i]), 1);
}

static void is_told(const struct row *r, const char *what, const char *hex, const uint8_t *bytes,
		    size_t n)
{
	char digits[2 * PROOF_BYTES + 1];

	assert_true(n <= PROOF_BYTES);
	for (size_t i = 0; i < n; i++)
		snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
	if (strcmp(hex, digits) != 0)
		fail_msg("protocol.md:%d: the %s is %s", r->line, what, digits);
}

static void every_key_has_the_text_and_the_fingerprint_that_are_told(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;
	size_t n = 0;

	(void)state;
	for (size_t at = 0; document_row(d, "key", &at, &r); n++) {
		uint8_t key[KEY_BYTES], back[KEY_BYTES];
		char text[KEY_TEXT + 1], fingerprint[KEY_FINGERPRINT + 1];
		from_hex(&r, r.cell[0], key);
		if (strcmp(key_format(key, text), r.cell[1]) != 0)
			fail_msg("protocol.md:%d: the text is %s", r.line, text);
		if (strcmp(key_fingerprint(key, fingerprint), r.cell[2]) != 0)
			fail_msg("protocol.md:%d: the fingerprint is %s", r.line, fingerprint);
		assert_int_equal(key_parse(r.cell[1], strlen(r.cell[1]), back), ERR_NONE);
		assert_memory_equal(back, key, KEY_BYTES);
	}
	assert_true(n >= 3);
	document_free(d);
}

static void every_password_becomes_the_psk_that_is_told(void **state)
{
	struct document *d = document_read("protocol.md");
	struct row r;
	size_t n = 0;

	(void)state;
	for (size_t at = 0; document_row(d, "password", &at, &r); n++) {
		uint8_t psk[KEY_BYTES], told[KEY_BYTES];
		from_hex(&r, r.cell[1], told);
		assert_int_equal(secret_from_password(r.cell[0], strlen(r.cell[0]), psk), ERR_NONE);
		if (!key_equal(psk, told))
			fail_msg("protocol.md:%d: that is another psk", r.line);
	}
	assert_true(n >= 2);
	document_free(d);
}

/* The binding is that of the handshake that is shown. */
static void every_room_s_password_is_proved_as_is_told(void **state)
{
	struct document *d = document_read("protocol.md");
	struct name_checker *names = name_checker_new();
	uint8_t binding[KEY_BYTES];
	struct row r;
	size_t at = 0, n = 0;

	(void)state;
	assert_non_null(names);
	assert_true(document_row(d, "binding", &at, &r));
	from_hex(&r, r.cell[0], binding);
	for (at = 0; document_row(d, "room's password", &at, &r); n++) {
		uint8_t salt[PROOF_SALT], seed[PROOF_SEED], key[PROOF_KEY], proof[PROOF_BYTES];
		char name[NAME_MAX_KEY];
		size_t len;
		assert_int_equal(r.cell[1][0], '#');
		assert_int_equal(name_key(names, r.cell[1] + 1, strlen(r.cell[1]) - 1, name, &len),
				 ERR_NONE);
		proof_salt(slice_of(name, len), salt);
		assert_int_equal(
			secret_from_room_password(r.cell[0], strlen(r.cell[0]), salt, seed),
			ERR_NONE);
		is_told(&r, "seed", r.cell[2], seed, sizeof(seed));
		proof_key(seed, key);
		is_told(&r, "key", r.cell[3], key, sizeof(key));
		proof_make(seed, binding, slice_of(name, len), proof);
		is_told(&r, "proof", r.cell[4], proof, sizeof(proof));
	}
	assert_true(n >= 2);
	name_checker_free(names);
	document_free(d);
}

/* However the lines are broken. */
static void says(const struct document *d, const char *words)
{
	const char *text = document_text(d), *w = words;

	for (; *text && *w; text++) {
		if (*text == *w || (*text == '\n' && *w == ' '))
			w++;
		else
			text -= w - words, w = words;
	}
	if (*w)
		fail_msg("protocol.md does not say: %s", words);
}

/* The figures and constants of the text are the code's. */
static void the_parameters_are_the_code_s(void **state)
{
	struct document *d = document_read("protocol.md");
	char words[80];

	(void)state;
	snprintf(words, sizeof(words), "%d passes over %d KiB in one lane, the %zu bytes `%s`",
		 SECRET_PASSES, SECRET_MEMORY / 1024, strlen(SECRET_SALT), SECRET_SALT);
	says(d, words);
	snprintf(words, sizeof(words), "the %d bytes `%.*s`", KEY_BYTES, KEY_BYTES,
		 (const char *)key_no_password);
	says(d, words);
	snprintf(words, sizeof(words), "%d passes over %d KiB in one lane. The salt",
		 SECRET_ROOM_PASSES, SECRET_ROOM_MEMORY / 1024);
	says(d, words);
	assert_int_equal(PROOF_KEY, WIRE_ROOM_KEY);
	assert_int_equal(PROOF_BYTES, WIRE_ROOM_PROOF);
	document_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_the_text_and_the_fingerprint_that_are_told),
		cmocka_unit_test(every_password_becomes_the_psk_that_is_told),
		cmocka_unit_test(every_room_s_password_is_proved_as_is_told),
		cmocka_unit_test(the_parameters_are_the_code_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
