/* Where the client stands with its server: shared by the session, which knows, and the screen. */
#ifndef UI_STATUS_H
#define UI_STATUS_H

enum link_state {
	LINK_CONNECTING = 1, /* nobody has answered yet */
	LINK_JOINING,	     /* a server is there; the name is not taken yet */
	LINK_ONLINE,
	LINK_RECONNECTING, /* trying to get it back */
	LINK_CLOSED,
};

#endif
