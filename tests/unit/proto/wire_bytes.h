/* Frames written by hand: short strings of bytes in tables. */
#ifndef TEST_WIRE_BYTES_H
#define TEST_WIRE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* A short string of bytes; `len` tells zeros from the end. */
struct bytes {
	size_t len;
	uint8_t at[40];
};

#define BYTES(...)                                                                                 \
	{                                                                                          \
		sizeof((uint8_t[]){__VA_ARGS__}),                                                  \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

struct vector {
	const char *what;
	struct bytes bytes;
};

#endif
