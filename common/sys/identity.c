/* Who a program is; the contract is in identity.h. */
#include "sys/identity.h"

#include "sys/datadir.h"
#include "sys/secret.h"

#include <stdio.h>
#include <string.h>

static void warn(const struct identity_wanted *w, const char *what, const char *consequence)
{
	char sentence[sizeof(struct keyfile_error) + 128];

	(void)snprintf(sentence, sizeof(sentence), "%s; %s", what, consequence);
	w->warn(sentence);
}

static bool take_keys(const struct identity_wanted *w, struct noise_keypair *keys,
		      struct keyfile_error *why)
{
	char path[DATADIR_MAX];
	enum err err = ERR_NOT_FOUND;

	if (!w->dir[0])
		(void)snprintf(why->text, sizeof(why->text), "there is no directory for a key");
	else if (datadir_file(w->dir, w->name, path) != ERR_NONE)
		(void)snprintf(why->text, sizeof(why->text), "the path of the key is too long");
	else
		err = keyfile_open(path, keys, why);
	if (err == ERR_NONE || err != ERR_NOT_FOUND || w->insist)
		return err == ERR_NONE;
	warn(w, why->text, w->loss);
	keyfile_draw(keys);
	return true;
}

static bool take_password(const struct identity_wanted *w, uint8_t psk[NOISE_KEY],
			  struct keyfile_error *why)
{
	char what[sizeof(*why)];
	bool open_to_others = false;

	memcpy(psk, key_no_password, NOISE_KEY);
	if (!w->password_file)
		return true;
	if (keyfile_password(w->password_file, psk, &open_to_others, why) != ERR_NONE)
		return false;
	(void)snprintf(what, sizeof(what), "others can read the password file %.400s",
		       w->password_file);
	if (open_to_others)
		warn(w, what, "chmod 600 keeps them out");
	return true;
}

struct secure_identity *identity_open(const struct identity_wanted *w, struct keyfile_error *why)
{
	bool locked;
	struct secure_identity *id = secret_new(sizeof(*id), &locked);

	if (!id) {
		(void)snprintf(why->text, sizeof(why->text), "out of memory for a key");
		return NULL;
	}
	if (!locked)
		warn(w, "this machine lets us lock no memory (RLIMIT_MEMLOCK)",
		     "the key may be written to its swap space");
	if (take_keys(w, &id->keys, why) && take_password(w, id->psk, why))
		return id;
	identity_free(id);
	return NULL;
}

void identity_free(struct secure_identity *id)
{
	secret_free(id);
}
