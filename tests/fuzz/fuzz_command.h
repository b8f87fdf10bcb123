/* Commands as a script draws them. */
#ifndef FUZZ_COMMAND_H
#define FUZZ_COMMAND_H

#include "fuzz.h"

#include "proto/wire.h"

/* What the commands about rooms and older events have beside a text. */
static inline void draw_more(struct command *c, uint8_t choice, uint8_t text[32])
{
	c->room = 1 + choice % 4u;
	c->seq = c->before = choice / 4u;
	c->token = choice / 128u;
	c->count = choice / 8u;
	c->mode = choice % 2;
	if (c->kind == COMMAND_ENTER && choice % 8 != 0) {
		text[0] = choice % 3 ? '#' : '@';
		text[1] = (uint8_t)('a' + choice % 4);
		c->text.len = 2;
	}
}

/* A command as an honest client would give it, with a text that the script chooses. */
static inline struct command draw_command(uint64_t id, struct script *in, uint8_t text[32])
{
	uint8_t choice = script_u8(in);
	struct command c = {.id = id,
			    .room = WIRE_LOBBY,
			    .since = choice,
			    .instance = choice % 3u,
			    .mid = choice / 16u};

	c.kind = c.id == 1 ? COMMAND_JOIN : choice % 16 < 2 ? COMMAND_TALK : choice % 16;
	c.text = slice_of(text, script_take(in, text, script_u8(in) % 32));
	if (c.kind == COMMAND_JOIN) {
		text[0] = (uint8_t)('a' + choice % 4);
		c.text.len = 1;
	}
	if (choice % 16 > COMMAND_WHO)
		draw_more(&c, script_u8(in), text);
	else if (c.kind != COMMAND_JOIN)
		c.room = 1 + choice / 64u;
	return c;
}

#endif
