/* Talks that are taken back or said otherwise.  For the files hub*.c alone. */
#ifndef CORE_HUB_EDIT_H
#define CORE_HUB_EDIT_H

#include "proto/wire.h"

struct context;
struct hub;

enum code hub_recall_talk(struct context *x);
enum code hub_edit(struct context *x);
void hub_init_changes(struct hub *h);
void hub_wipe_changes(struct hub *h); /* at the end */

#endif
