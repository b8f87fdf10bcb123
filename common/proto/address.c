/*
 * Addresses as values.  What does not belong to an address's transport never takes part: two
 * addresses are equal, and hash alike, when what their transport uses is.
 *
 * An IP address is printed here rather than with inet_ntop(), which would make this layer call the
 * system's library for what is arithmetic.  IPv6 text: RFC 5952 (lower case, no leading zeros, the
 * longest run of two or more zero groups, the first among equals, becomes "::").
 */
#include "proto/address.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS = 8 };

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* "[", eight groups of four digits with colons, "%", a zone, "]:", a port, after the longest scheme */
_Static_assert(sizeof("udp://[") + 8 * 5 + sizeof("%4294967295]:65535") <= ADDRESS_MAX_TEXT,
	       "IPv6");
_Static_assert(sizeof("unix://uid=4294967295,pid=4294967295") <= ADDRESS_MAX_TEXT, "local");

const char *transport_name(enum transport t)
{
	switch (t) {
	case TRANSPORT_UDP:
		return "udp";
	case TRANSPORT_TCP:
		return "tcp";
	case TRANSPORT_UNIX:
		return "unix";
	}
	return "?";
}

bool address_equal(const struct address *a, const struct address *b)
{
	if (a->transport != b->transport)
		return false;
	if (a->transport == TRANSPORT_UNIX)
		return a->pid == b->pid && a->uid == b->uid;
	return a->port == b->port && a->scope == b->scope &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool address_is_ipv4(const struct address *a)
{
	return a->transport != TRANSPORT_UNIX && memcmp(a->ip, v4_mapped, sizeof(v4_mapped)) == 0;
}

bool address_is_loopback(const struct address *a)
{
	static const uint8_t one[sizeof(a->ip)] = {[sizeof(a->ip) - 1] = 1};

	if (address_is_ipv4(a))
		return a->ip[12] == 127;
	return a->transport == TRANSPORT_UNIX || memcmp(a->ip, one, sizeof(one)) == 0;
}

/* The finaliser of MurmurHash3: each bit of x reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	x ^= x >> 33;
	return x;
}

uint64_t address_hash(const struct address *a, uint64_t seed)
{
	uint64_t h = mix(seed ^ (uint64_t)a->transport);

	if (a->transport == TRANSPORT_UNIX)
		return mix(h ^ ((uint64_t)a->uid << 32 | a->pid));
	for (size_t half = 0; half < sizeof(a->ip); half += sizeof(h)) {
		uint64_t word;

		memcpy(&word, a->ip + half, sizeof(word));
		h = mix(h ^ word);
	}
	return mix(h ^ ((uint64_t)a->scope << 16 | a->port));
}

static unsigned group(const uint8_t ip[16], size_t i)
{
	return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

static size_t zero_run(const uint8_t ip[16], size_t from)
{
	size_t n = 0;

	while (from + n < GROUPS && group(ip, from + n) == 0)
		n++;
	return n;
}

/* Where the run to be written as "::" starts; *len is 0 when there is none. */
static size_t longest_zero_run(const uint8_t ip[16], size_t *len)
{
	size_t start = 0;

	*len = 0;
	for (size_t i = 0; i < GROUPS; i++) {
		size_t n = zero_run(ip, i);

		if (n >= 2 && n > *len) {
			*len = n;
			start = i;
		}
	}
	return start;
}

static void format_v6(const uint8_t ip[16], char out[ADDRESS_MAX_TEXT])
{
	size_t run;
	size_t start = longest_zero_run(ip, &run);
	size_t at = 0;

	for (size_t i = 0; i < GROUPS; i++) {
		if (run && i == start) {
			at += (size_t)snprintf(out + at, ADDRESS_MAX_TEXT - at, "::");
			i += run - 1;
			continue;
		}
		bool joined = i == 0 || (run && i == start + run);

		at += (size_t)snprintf(out + at, ADDRESS_MAX_TEXT - at, "%s%x", joined ? "" : ":",
				       group(ip, i));
	}
	assert(at < ADDRESS_MAX_TEXT);
}

const char *address_format(const struct address *a, char out[ADDRESS_MAX_TEXT])
{
	const char *scheme = transport_name(a->transport);
	char ip[ADDRESS_MAX_TEXT];
	char zone[12] = "";

	if (a->transport == TRANSPORT_UNIX) {
		(void)snprintf(out, ADDRESS_MAX_TEXT, "%s://uid=%" PRIu32 ",pid=%" PRIu32, scheme,
			       a->uid, a->pid);
		return out;
	}
	if (address_is_ipv4(a)) {
		(void)snprintf(out, ADDRESS_MAX_TEXT, "%s://%u.%u.%u.%u:%u", scheme, a->ip[12],
			       a->ip[13], a->ip[14], a->ip[15], a->port);
		return out;
	}
	format_v6(a->ip, ip);
	if (a->scope)
		(void)snprintf(zone, sizeof(zone), "%%%" PRIu32, a->scope);
	(void)snprintf(out, ADDRESS_MAX_TEXT, "%s://[%.45s%s]:%u", scheme, ip, zone, a->port);
	return out;
}
