/*
 * The one result type of fallible functions: what the world can do to us.
 *
 * What only we can do wrong (a NULL where the contract says otherwise, a broken invariant) is an
 * assert(), kept on in release builds; remote input can never reach one.  There is no third way.
 */
#ifndef PROTO_ERR_H
#define PROTO_ERR_H

#define NODISCARD __attribute__((warn_unused_result))

enum err {
	ERR_NONE = 0,  /* done */
	ERR_TRUNCATED, /* the input ends inside an item */
	ERR_MALFORMED, /* the input breaks a rule of protocol.md */
	ERR_TOO_BIG,   /* the input is over a limit */
	ERR_FULL,      /* a bounded table or window has no place */
	ERR_MEMORY,    /* the allocator said no */
	ERR_SYSTEM,    /* a system call failed; errno tells */
	ERR_CLOSED,    /* the other side, or this object, is closed */
	ERR_NOT_FOUND, /* no such entry */
	ERR_EXISTS,    /* an entry of that key is there already */
};

#endif
