/* What every cmocka program needs before <cmocka.h>, and a few words on top of it. */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Whether mlock() is the kernel's: the sanitizers' own does nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECK_REAL_MLOCK 0
#elif defined(__has_feature)
#define CHECK_REAL_MLOCK !(__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CHECK_REAL_MLOCK 1
#endif

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

#endif
