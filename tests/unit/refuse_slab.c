/* See refuse.h: an object fails to come as often as a block, though most need no allocation. */
#include "refuse.h"

#include "core/slab.h"

#include <stddef.h>

void *__real_slab_take(struct slab *s);
void *__wrap_slab_take(struct slab *s);

void *__wrap_slab_take(struct slab *s)
{
	return refuse_this() ? NULL : __real_slab_take(s);
}
