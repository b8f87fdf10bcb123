/* See secrets.h. */
#include "secrets.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

static void secret(const struct document *d, const char *name, uint8_t out[NOISE_KEY])
{
	struct row r;

	for (size_t at = 0; document_row(d, "secret", &at, &r);) {
		if (strcmp(r.cell[0], name) != 0)
			continue;
		assert_int_equal(strlen(r.cell[1]), 2 * NOISE_KEY);
		for (size_t i = 0; i < NOISE_KEY; i++)
			assert_int_equal(sscanf(r.cell[1] + 2 * i, "%2hhx", &out[i]), 1);
		return;
	}
	fail_msg("protocol.md tells no %s", name);
}

void secrets_read(const struct document *d, struct secrets *s)
{
	uint8_t psk[NOISE_KEY], client[NOISE_KEY], server[NOISE_KEY];

	secret(d, "psk", psk);
	secret(d, "client's static", client);
	secret(d, "server's static", server);
	secret(d, "client's ephemeral", s->client_ephemeral);
	secret(d, "server's ephemeral", s->server_ephemeral);
	secure_identity_from(&s->client, client, psk);
	secure_identity_from(&s->server, server, psk);
}

struct session_config secrets_config(const struct secrets *s, enum session_role role,
				     enum session_link link)
{
	bool client = role == SESSION_CLIENT;
	struct session_config c = {.role = role,
				   .link = link,
				   .identity = client ? &s->client : &s->server,
				   .local_cid = client ? SECRETS_CLIENT_CID : SECRETS_SERVER_CID,
				   .remote_cid = client ? 0 : SECRETS_CLIENT_CID};

	memcpy(c.ephemeral, client ? s->client_ephemeral : s->server_ephemeral, NOISE_KEY);
	return c;
}
