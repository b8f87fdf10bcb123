/*
 * stream: connections that break while they are not read, or cannot be written, under every back end.
 * The peers' table is a stand-in that lets the test say who is read; turns are counted, so that a loop
 * that goes round for nothing is seen.
 */
#include "net/stream.h"

#include "sys/clock.h"

#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TURNS_MAX = 100, /* what any of these takes is over long before */
	SMALL_BUFFER = 4096,
};

/* Far enough that nobody gets there on the slowest machine. */
#define GENEROUS_US (UINT64_C(60) * 1000 * 1000)

struct peer {
	void *link; /* NULL: hung up, or not there yet */
	bool reads, blocked;
	int unread; /* asked for more, and had to say no */
	size_t heard;
};

struct peers {
	struct stream *stream;
	struct peer peer; /* there is one */
};

/* ---- the stand-in ---------------------------------------------------------------------------- */

struct peer *peers_accept(struct peers *p, struct instant now, const struct address *from,
			  void *link)
{
	(void)now;
	(void)from;
	p->peer.link = link;
	return &p->peer;
}

void peers_stream(struct peers *p, struct instant now, struct peer *peer, void *bytes, size_t n)
{
	(void)p;
	(void)now;
	(void)bytes;
	peer->heard += n;
}

bool peers_reads(const struct peer *peer, struct instant now)
{
	(void)now;
	((struct peer *)(uintptr_t)peer)->unread += !peer->reads;
	return peer->reads;
}

void peers_hangup(struct peers *p, struct instant now, struct peer *peer)
{
	(void)now;
	stream_close(p->stream, peer->link);
	peer->link = NULL;
}

void peers_writable(struct peers *p, struct peer *peer)
{
	(void)p;
	peer->blocked = false;
}

/* ---- the rig --------------------------------------------------------------------------------- */

static const struct {
	enum reactor_io io;
	bool edge;
} cases[] = {{REACTOR_SELECT, false},
	     {REACTOR_POLL, false},
	     {REACTOR_EPOLL, false},
	     {REACTOR_EPOLL, true}};
static size_t now_testing;

struct rig {
	struct reactor *reactor;
	struct peers peers;
	int client;
	int turns;
};

/* One turn of the server: there is always more to send. */
static void turn(struct rig *rig)
{
	static const char block[1024];
	struct peer *peer = &rig->peers.peer;

	assert_in_range(++rig->turns, 1, TURNS_MAX);
	assert_int_equal(reactor_turn(rig->reactor, clock_mono_us() + GENEROUS_US), ERR_NONE);
	stream_turn(rig->peers.stream);
	while (peer->link && !peer->blocked) {
		peer->blocked = stream_send(peer->link, block, sizeof(block)) < sizeof(block);
		if (peer->blocked)
			stream_await(peer->link);
	}
}

static int listener(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    size = SMALL_BUFFER;
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in){.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof(*at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
	return fd;
}

/* A member that is read, or is not, and to whom nothing can be written any more. */
static void rig_open(struct rig *rig, bool reads)
{
	struct sockaddr_in at;
	int fd = listener(&at), size = SMALL_BUFFER;

	*rig = (struct rig){.peers.peer.reads = reads};
	rig->reactor = reactor_new(cases[now_testing].io, cases[now_testing].edge);
	assert_non_null(rig->reactor);
	rig->peers.stream = stream_new(rig->reactor, &rig->peers);
	assert_non_null(rig->peers.stream);
	assert_int_equal(stream_listen(rig->peers.stream, fd, TRANSPORT_TCP), ERR_NONE);
	rig->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(rig->client >= 0);
	assert_int_equal(setsockopt(rig->client, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	assert_int_equal(connect(rig->client, (struct sockaddr *)&at, sizeof(at)), 0);
	while (!rig->peers.peer.link)
		turn(rig);
	assert_true(rig->peers.peer.blocked);
}

static void rig_close(struct rig *rig)
{
	if (rig->peers.peer.link)
		stream_close(rig->peers.stream, rig->peers.peer.link);
	stream_free(rig->peers.stream);
	reactor_free(rig->reactor);
}

static void says(const struct rig *rig, const char *words)
{
	assert_int_equal(send(rig->client, words, strlen(words), MSG_NOSIGNAL), strlen(words));
}

static void reset(const struct rig *rig)
{
	struct linger at_once = {1, 0};

	assert_int_equal(setsockopt(rig->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
			 0);
	close(rig->client);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void one_that_rests_and_is_blocked_is_hung_up_when_it_breaks(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, false);
	says(&rig, "more than its share");
	while (!rig.peers.peer.unread)
		turn(&rig);
	reset(&rig);
	while (rig.peers.peer.link)
		turn(&rig);
	rig_close(&rig);
}

static void one_that_is_blocked_is_hung_up_when_it_breaks(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, true);
	reset(&rig);
	while (rig.peers.peer.link)
		turn(&rig);
	rig_close(&rig);
}

/* Its connection is closed with what we sent unread, and so cannot be written; what it said before is
 * there all the same. */
static void last_words_are_heard_though_nothing_can_be_sent(void **state)
{
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct rig rig = {.peers.peer.reads = true};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(sa_family_t);

	(void)state;
	assert_int_equal(bind(listening, (struct sockaddr *)&at, len), 0); /* the kernel's choice */
	assert_int_equal(listen(listening, 1), 0);
	len = sizeof(at);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&at, &len), 0);
	rig.reactor = reactor_new(cases[now_testing].io, cases[now_testing].edge);
	rig.peers.stream = stream_new(rig.reactor, &rig.peers);
	assert_int_equal(stream_listen(rig.peers.stream, listening, TRANSPORT_UNIX), ERR_NONE);
	rig.client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(rig.client, (struct sockaddr *)&at, len), 0);
	says(&rig, "goodbye");
	close(rig.client);
	turn(&rig); /* accepted, and nothing of the first bytes was taken */
	assert_int_equal(rig.peers.peer.heard, 0);
	assert_true(rig.peers.peer.blocked);
	while (rig.peers.peer.link)
		turn(&rig);
	assert_int_equal(rig.peers.peer.heard, strlen("goodbye"));
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_rests_and_is_blocked_is_hung_up_when_it_breaks),
		cmocka_unit_test(one_that_is_blocked_is_hung_up_when_it_breaks),
		cmocka_unit_test(last_words_are_heard_though_nothing_can_be_sent),
	};
	int failed = 0;

	for (now_testing = 0; now_testing < COUNT_OF(cases); now_testing++)
		failed += cmocka_run_group_tests_name(reactor_io_name(cases[now_testing].io), tests,
						      NULL, NULL);
	return failed;
}
