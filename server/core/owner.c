/* Two kinds of identity in one form. */
#include "core/owner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char local[] = "unix:";

enum { LOCAL = sizeof(local) - 1, DIGITS_MAX = 10 };

static const uint8_t nobody[OWNER_BYTES];

bool owner_known(const uint8_t owner[OWNER_BYTES])
{
	return memcmp(owner, nobody, OWNER_BYTES) != 0;
}

bool owner_equal(const uint8_t a[OWNER_BYTES], const uint8_t b[OWNER_BYTES])
{
	return memcmp(a, b, OWNER_BYTES) == 0;
}

void owner_of_user(uint32_t uid, uint8_t out[OWNER_BYTES])
{
	char text[LOCAL + DIGITS_MAX + 1];
	int n = snprintf(text, sizeof(text), "%s%" PRIu32, local, uid);

	memset(out, 0, OWNER_BYTES);
	memcpy(out, text, (size_t)n);
}

/* The user of a text; false: it names none, or in another way than we do. */
static bool user_of(const char *text, size_t len, uint32_t *uid)
{
	uint64_t v = 0;

	if (len <= LOCAL || len > LOCAL + DIGITS_MAX || memcmp(text, local, LOCAL) != 0 ||
	    (text[LOCAL] == '0' && len > LOCAL + 1))
		return false;
	for (size_t i = LOCAL; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = 10 * v + (uint64_t)(text[i] - '0');
	}
	*uid = (uint32_t)v;
	return v <= UINT32_MAX;
}

/* Asked for every command. */
bool owner_is_user(const uint8_t owner[OWNER_BYTES])
{
	size_t len = strnlen((const char *)owner, OWNER_BYTES);
	uint32_t uid;

	return user_of((const char *)owner, len, &uid) &&
	       memcmp(owner + len, nobody, OWNER_BYTES - len) == 0; /* nothing behind it */
}

const char *owner_format(const uint8_t owner[OWNER_BYTES], char out[OWNER_TEXT])
{
	if (owner_is_user(owner))
		memcpy(out, owner, OWNER_BYTES); /* with a NUL: it is shorter */
	else
		key_format(owner, out);
	return out;
}

enum err owner_parse(const char *text, size_t len, uint8_t owner[OWNER_BYTES])
{
	uint8_t parsed[OWNER_BYTES];
	uint32_t uid;

	if (user_of(text, len, &uid))
		owner_of_user(uid, parsed);
	else if (key_parse(text, len, parsed) != ERR_NONE || !owner_known(parsed))
		return ERR_MALFORMED;
	memcpy(owner, parsed, OWNER_BYTES);
	return ERR_NONE;
}
