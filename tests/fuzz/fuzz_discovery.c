/* PROBE and FOUND: refused, and nothing is changed; or read, and written again the same bytes. */
#include "fuzz.h"

#include "proto/discovery.h"

static void probe(const uint8_t *bytes, size_t n)
{
	uint8_t storage[DISCOVERY_PROBE_SIZE];
	struct buf b = buf_of(storage, sizeof(storage));
	uint64_t nonce = 7;

	if (discovery_probe_get(bytes, n, &nonce) != ERR_NONE) {
		CHECK(nonce == 7);
		return;
	}
	discovery_probe_put(&b, nonce);
	CHECK(!b.failed && b.len == n);
	CHECK(memcmp(b.data, bytes, 10) == 0); /* the padding is not looked at */
}

static void found(const uint8_t *bytes, size_t n)
{
	uint8_t storage[DISCOVERY_FOUND_MAX];
	struct buf b = buf_of(storage, sizeof(storage));
	struct found f = {.nonce = 7};

	if (discovery_found_get(bytes, n, &f) != ERR_NONE) {
		CHECK(f.nonce == 7 && !f.name.data && !f.udp_port && !f.tcp_port);
		return;
	}
	CHECK(f.udp_port || f.tcp_port);
	CHECK(f.name.data >= bytes && f.name.data + f.name.len <= bytes + n);
	discovery_found_put(&b, &f);
	CHECK(!b.failed && b.len == n && memcmp(b.data, bytes, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	probe(bytes, n);
	found(bytes, n);
	(void)discovery_name_ok((const char *)bytes, n);
	return 0;
}
