/*
 * An event as the fields of a JSON object: what the client prints with --json and what the server
 * exports is the same, and scripts rest on it.
 *
 *     {"seq":12,"room":"lobby","kind":"talk","from":"alice","time":"2026-…Z","text":"hello"}
 *
 * A public room stands there without its "#", a room of two as "@nick".  A quit has a "reason" and, if
 * there were words, a "text"; a nick has "to"; a recall and an edit have the "target"; an edited talk
 * has "edited"; what an announcement or the administrator did has no "from".
 */
#ifndef PROTO_EVENT_JSON_H
#define PROTO_EVENT_JSON_H

#include "proto/event.h"
#include "proto/json.h"

void event_json_put(struct json *j, const struct event *e, struct slice room);

/* The field "room" alone. */
void event_json_room(struct json *j, struct slice room);

#endif
