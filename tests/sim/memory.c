/* The linker sends our calls of malloc() to __wrap_malloc(); __real_malloc() is the true one; likewise others. */
#include "memory.h"

#include "check.h"
#include "core/slab.h"
#include "heap.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
void *__real_slab_take(struct slab *s);
void __real_slab_put(struct slab *s, void *object);
void *__wrap_slab_take(struct slab *s);
void __wrap_slab_put(struct slab *s, void *object);

static size_t live;
static uint64_t fail_in;
static bool server_works, failed;
static bool in_slab; /* it is a chunk that is allocated, not an object */

static bool refused(void)
{
	if (!server_works || fail_in == 0 || --fail_in > 0)
		return false;
	failed = true;
	return true;
}

static void *counted(void *p, const void *site)
{
	size_t n = malloc_usable_size(p);

	live += n;
	if (p && server_works && !in_slab)
		heap_note(p, n + sizeof(size_t), site); /* with malloc()'s own */
	return p;
}

static void uncounted(void *p)
{
	live -= malloc_usable_size(p);
	heap_forget(p);
}

void *__wrap_malloc(size_t n)
{
	return refused() ? NULL : counted(__real_malloc(n), __builtin_return_address(0));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : counted(__real_calloc(n, size), __builtin_return_address(0));
}

void *__wrap_realloc(void *p, size_t n)
{
	size_t before = malloc_usable_size(p);
	void *old = p;

	if (refused())
		return NULL;
	p = __real_realloc(p, n);
	if (!p)
		return NULL;
	heap_forget(old);
	live -= before;
	return counted(p, __builtin_return_address(0));
}

void __wrap_free(void *p)
{
	uncounted(p);
	__real_free(p);
}

void *__wrap_slab_take(struct slab *s)
{
	if (refused())
		return NULL;
	in_slab = true;
	void *object = __real_slab_take(s);
	in_slab = false;
	if (object && server_works)
		heap_note(object, s->size, __builtin_return_address(0));
	return object;
}

void __wrap_slab_put(struct slab *s, void *object)
{
	heap_forget(object);
	__real_slab_put(s, object);
}

size_t memory_live(void)
{
	return live;
}

void memory_fail_at(uint64_t n)
{
	fail_in = n;
}

bool memory_failed(void)
{
	return failed;
}

void memory_forgive(void)
{
	fail_in = 0;
	failed = false;
}

bool memory_server_works(bool now)
{
	bool before = server_works;

	server_works = now;
	return before;
}

void *memory_own(size_t n)
{
	void *p = __real_calloc(1, n);

	assert_non_null(p);
	return p;
}

void *memory_own_more(void *p, size_t n)
{
	p = __real_realloc(p, n);
	assert_non_null(p);
	return p;
}

void memory_own_free(void *p)
{
	__real_free(p);
}
