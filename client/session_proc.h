/*
 * The session: the client's parent process, which owns the socket and speaks the protocol.  It has
 * no terminal: lines come from the sender, whatever is to be seen goes to the receiver
 * (client/messages.h).  main.c starts the three processes and ends them.
 *
 * The session grants the sender MESSAGE_CREDIT_START lines at the start and one more for each line
 * that it is done with.  It must not block: the receiver may stand still on a full pipe, so it looks
 * at ipc_queued() and reads no more from the network while that is high.
 */
#ifndef CLIENT_SESSION_PROC_H
#define CLIENT_SESSION_PROC_H

#include "messages.h"
#include "proto/name.h"
#include "proto/secure.h"
#include "proto/wire.h"
#include "sys/ipc.h"
#include "sys/sock.h"

#include <stdbool.h>
#include <stdint.h>

struct cursors;
struct trust;

enum session_exit {
	SESSION_DONE = 0,
	SESSION_USAGE = 1,
	SESSION_NO_SERVER = 2,
	SESSION_REFUSED = 3,
	SESSION_LOST = 4,
};

enum { SESSION_GIVE_UP_US = 120 * 1000 * 1000 }; /* when nobody is there to lose patience */

struct session_options {
	const char *nick; /* NULL: ask for one; only where `interactive` */
	bool interactive; /* somebody is there to be asked for another name */
	bool screen; /* … and has a screen, which keeps what is shown; else lines are printed */
	const struct endpoint *server;
	const struct secure_identity *identity; /* NULL for UNIX, and so is `trust` */
	struct trust *trust;			/* in the server's key */
	bool has_password;			/* the identity's psk is of one */
	const char *notice;			/* shown first; NULL or empty: nothing */
	enum since_mode since_mode; /* where a room begins of which nothing is known … */
	uint64_t since;
	bool since_given; /* … or any room, since that was asked for */
	struct preferences *preferences;
	const char *settings_path;  /* "": there is no place to keep them */
	const char *settings_words; /* what is wrong with that file; "": nothing */
	struct cursors *cursors;
	const char *dir;	  /* for what a person says; "": nothing is kept */
	const char *const *rooms; /* to be in beside the lobby */
	size_t room_count;
	bool follow;	     /* stay when the input ends */
	uint64_t give_up_us; /* to get a lost connection back; 0: for ever */
	bool fallback;	     /* if this server cannot be joined, there is another to go back to */
};

/* The ends of the parent's channels; main made them and frees them. */
struct session_io {
	struct ipc *sender;
	struct ipc *receiver;
	int signals; /* proc_signals() of SIGINT, SIGTERM and SIGHUP: each means leave now */
};

enum { SESSION_ADDRESS_MAX = 512, SESSION_FILE_MAX = 4096 };

struct session_end {
	enum session_exit code;
	bool joined;			      /* the room was, at some time */
	char nick[NAME_MAX_BYTES + 1];	      /* the last name; "": none */
	char connect[SESSION_ADDRESS_MAX];    /* where the person wants to go on; "": nowhere */
	char password_file[SESSION_FILE_MAX]; /* for there; "": none */
	bool interrupted;	       /* by a signal or Ctrl-C: nobody wants to wait for long */
	char words[MESSAGE_MAX_WORDS]; /* the last thing to tell the person; "": nothing */
};

/*
 * Runs until the person leaves, the server lets go of us for good, or a child is gone.  What is
 * still queued in the channels afterwards is flushed by the caller, who also sends MESSAGE_STOP.
 */
void session_run(const struct session_options *o, const struct session_io *io,
		 struct session_end *end);

#endif
