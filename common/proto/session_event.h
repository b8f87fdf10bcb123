/* What a session tells its caller, by session_event(). */
#ifndef PROTO_SESSION_EVENT_H
#define PROTO_SESSION_EVENT_H

#include "proto/wire.h"

enum session_event_kind {
	SESSION_OPENED,	 /* the peer speaks the protocol and is where it says */
	SESSION_COMMAND, /* server */
	SESSION_REPLY,	 /* client */
	SESSION_EVENT,	 /* client */
	SESSION_PATH,	 /* server: the peer answered from where the challenge went */
	SESSION_ENDED,	 /* nothing more comes; code and text say why */
};

struct session_event {
	enum session_event_kind kind;
	union {
		const uint8_t *key; /* OPENED: the peer's; NULL: in the clear */
		uint64_t path;	    /* PATH: the challenge's token */
		struct command command;
		struct reply reply;
		struct {
			struct event event;
			struct slice raw; /* its frame */
		} heard;
		struct {
			enum code code;
			struct slice text; /* the peer's words, may be empty */
			bool by_peer;
		} ended;
	};
};

#endif
