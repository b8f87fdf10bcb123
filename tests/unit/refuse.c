/* See refuse.h: the linker sends calls of malloc() to __wrap_malloc(); __real_malloc() is libc's. */
#include "refuse.h"

#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static uint64_t left, to_refuse;
static unsigned pauses;
static bool any;

void refuse(uint64_t after, uint64_t count)
{
	left = after;
	to_refuse = count;
	any = false;
}

bool refused(void)
{
	return any;
}

void refuse_pause(bool begin)
{
	pauses = begin ? pauses + 1 : pauses - 1;
}

bool refuse_this(void)
{
	if (pauses > 0)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	if (to_refuse == 0)
		return false;
	to_refuse--;
	any = true;
	return true;
}

void *__wrap_malloc(size_t n)
{
	return refuse_this() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse_this() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return refuse_this() ? NULL : __real_realloc(p, n);
}
