/* See load.h.  Members lie one behind the other; who was touched is a list of indices. */
#include "load.h"

#include "histogram.h"

#include "sys/clock.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 512,
	SPARE_FILES = 64,
	PORTS_EACH = 8000, /* from one address */
	ADDRESSES = 200,
	LONG_WAIT = 1000 * 1000, /* microseconds */
	AT_ONCE = 512,
};

static void die(const char *what)
{
	fprintf(stderr, "chat-bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- members --------------------------------------------------------------------------------- */

struct member *load_member(const struct load *l, size_t index)
{
	return (struct member *)(void *)(l->memory + index * l->adapter->size);
}

size_t load_files(size_t files)
{
	struct rlimit limit;
	rlim_t want = files + SPARE_FILES;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("the limit of descriptors");
	if (limit.rlim_cur < want) {
		struct rlimit more = {want, limit.rlim_max > want ? limit.rlim_max : want};
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return files;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			die("the limit of descriptors");
	}
	return limit.rlim_cur < want ? limit.rlim_cur - SPARE_FILES : files;
}

void load_init(struct load *l, const struct adapter *a, const struct target *t, size_t members,
	       size_t talkers)
{
	assert(a->size % sizeof(void *) == 0 && talkers <= members);
	*l = (struct load){.adapter = a,
			   .target = t,
			   .members = members,
			   .talkers = talkers,
			   .talker = calloc(talkers, sizeof(*l->talker)),
			   .check = talk_check_new(members, talkers),
			   .memory = calloc(members, a->size),
			   .touched = calloc(members, sizeof(*l->touched)),
			   .epoll = epoll_create1(EPOLL_CLOEXEC),
			   .epoch = clock_mono_us(),
			   .listeners = members,
			   .bytes = 100,
			   .at_once = a->at_once > 0 ? a->at_once : AT_ONCE};
	if (a->prepare)
		a->prepare(t, members);
	timerq_init(&l->timers);
	if (!l->talker || !l->check || !l->memory || !l->touched || l->epoll < 0)
		die("no load");
	l->now = l->epoch;
	for (size_t i = 0; i < members; i++)
		*load_member(l, i) = (struct member){.fd = -1};
}

void load_wipe(struct load *l)
{
	for (size_t i = 0; i < l->members; i++)
		load_end(l, i);
	talk_check_free(l->check);
	timerq_wipe(&l->timers);
	free(l->touched);
	free(l->memory);
	free(l->talker);
	close(l->epoll);
}

void member_touch(struct member *m)
{
	struct load *l = m->load;

	if (!m->touched)
		l->touched[l->touched_count++] = m->index;
	m->touched = true;
}

static void watch(struct member *m)
{
	struct epoll_event e = {.events = EPOLLIN | (m->wants_write ? (unsigned)EPOLLOUT : 0U),
				.data = {.ptr = m}};
	int op = m->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (m->borrows || (m->watched && m->watched_write == m->wants_write))
		return;
	if (epoll_ctl(m->load->epoll, op, m->fd, &e) != 0)
		die("epoll_ctl");
	m->watched = true;
	m->watched_write = m->wants_write;
}

bool load_come(struct load *l, size_t index)
{
	struct member *m = load_member(l, index);
	bool touched = m->touched; /* it is in the list, then, and stays there */
	char name[16];

	assert(m->fd < 0);
	memset(m, 0, l->adapter->size);
	*m = (struct member){.load = l,
			     .target = l->target,
			     .index = (uint32_t)index,
			     .fd = -1,
			     .touched = touched};
	if (!l->adapter->begin(m)) {
		l->failed = true;
		return false;
	}
	watch(m);
	talk_check_begin(l->check, index, false);
	snprintf(name, sizeof(name), "m%zu", index);
	l->adapter->join(m, name);
	member_touch(m);
	return true;
}

void load_leave(struct load *l, size_t index)
{
	struct member *m = load_member(l, index);

	m->leaving = true;
	l->adapter->leave(m);
	member_touch(m);
}

void load_end(struct load *l, size_t index)
{
	struct member *m = load_member(l, index);

	if (m->fd < 0)
		return;
	timerq_remove(&l->timers, &m->timer);
	l->adapter->end(m);
	m->fd = -1;
}

/* ---- what they say and hear ------------------------------------------------------------------ */

uint32_t load_outstanding(const struct load *l, size_t talker)
{
	return l->talker[talker].said - l->talker[talker].done;
}

bool load_talk(struct load *l, size_t talker, uint64_t at)
{
	struct member *m = load_member(l, talker);
	struct talker *who = &l->talker[talker];
	struct talk t = {
		.talker = (uint32_t)talker, .number = who->said + 1, .time = at - l->epoch};
	char text[TALK_MAX];

	talk_put(text, l->bytes, &t);
	if (!l->adapter->talk(m, text, l->bytes))
		return false;
	who->said++;
	member_touch(m);
	return true;
}

void member_heard(struct member *m, const char *text, size_t n)
{
	struct load *l = m->load;
	struct talk t;

	l->heard++;
	if (n != l->bytes || !talk_get(text, n, &t)) {
		talk_check_strange(l->check);
		return;
	}
	talk_check_heard(l->check, m->index, &t);
	if (t.talker == m->index)
		l->talker[t.talker].done++;
	if (l->latency)
		histogram_add(l->latency, clock_mono_us() - l->epoch - t.time);
}

void member_done(struct member *m)
{
	m->load->talker[m->index].done++;
}

void member_told(struct member *m, size_t n)
{
	if (m->index < m->load->listeners)
		m->load->told += n;
}

void member_present(struct member *m)
{
	m->load->present += !m->present;
	m->present = true;
}

void member_over(struct member *m)
{
	m->load->over += !m->over;
	m->over = true;
}

void member_failed(struct member *m, const char *why)
{
	if (!m->load->failed)
		fprintf(stderr, "chat-bench: member %u: %s\n", m->index, why);
	m->load->failed = true;
}

/* ---- turns ----------------------------------------------------------------------------------- */

static void set_timer(struct member *m)
{
	uint64_t at = m->load->adapter->deadline(m);

	/* One that is set for earlier is looked at then. */
	if (at == TIMERQ_NEVER || (m->timer.slot != 0 && m->timer.deadline <= at))
		return;
	if (timerq_set(&m->load->timers, &m->timer, at) != ERR_NONE)
		die("no memory for a timer");
}

static void work(struct load *l)
{
	for (size_t i = 0; i < l->touched_count; i++) {
		struct member *m = load_member(l, l->touched[i]);
		m->touched = false;
		if (m->fd < 0)
			continue;
		l->adapter->work(m);
		watch(m);
		set_timer(m);
	}
	l->touched_count = 0;
}

static void pop_timers(struct load *l)
{
	struct timerq_entry *e;

	while ((e = timerq_pop(&l->timers, l->now))) {
		struct member *m =
			(struct member *)(void *)((char *)e - offsetof(struct member, timer));
		if (l->adapter->deadline(m) <= l->now)
			member_touch(m);
		else
			set_timer(m);
	}
}

static struct timespec wait_of(const struct load *l, uint64_t until)
{
	uint64_t now = clock_mono_us(), next = timerq_next(&l->timers);

	if (next < until)
		until = next;
	until = until > now ? until - now : 0;
	until = until < LONG_WAIT ? until : LONG_WAIT;
	return (struct timespec){(time_t)(until / 1000000), (long)(until % 1000000) * 1000};
}

void load_turn(struct load *l, uint64_t until)
{
	struct epoll_event events[EVENTS_MAX];

	work(l);
	struct timespec wait = wait_of(l, until);
	int n = epoll_pwait2(l->epoll, events, EVENTS_MAX, &wait, NULL);
	if (n < 0 && errno != EINTR)
		die("epoll_wait");
	for (int i = 0; i < n; i++) {
		struct member *m = events[i].data.ptr;
		if (events[i].events & ~(unsigned)EPOLLOUT)
			l->adapter->readable(m);
		member_touch(m);
	}
	l->now = clock_mono_us();
	pop_timers(l);
	work(l);
}

/* ---- help for adapters ----------------------------------------------------------------------- */

struct member *member_at(const struct member *m, size_t index)
{
	struct member *other = index < m->load->members ? load_member(m->load, index) : NULL;

	return other && other->fd >= 0 ? other : NULL;
}

uint64_t member_no_deadline(const struct member *m)
{
	(void)m;
	return TIMERQ_NEVER;
}

static bool connect_ip(int fd, const struct member *m, bool stream)
{
	uint32_t which = m->index / PORTS_EACH % ADDRESSES;
	struct sockaddr_in from = {.sin_family = AF_INET,
				   .sin_addr = {htonl(INADDR_LOOPBACK + 1 + which)}};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(m->target->port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int on = 1;

	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (stream)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return bind(fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	       (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS);
}

/* Waits while the server accepts those before: it is a local one. */
static bool connect_unix(int fd, const struct member *m)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	memcpy(to.sun_path, m->target->path, sizeof(to.sun_path));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		return false;
	return fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

int member_connect(const struct member *m)
{
	enum target_via via = m->target->via;
	int type = via == TARGET_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int nonblock = via == TARGET_UNIX ? 0 : SOCK_NONBLOCK;
	int fd = socket(via == TARGET_UNIX ? AF_UNIX : AF_INET, type | SOCK_CLOEXEC | nonblock, 0);

	if (fd >= 0 &&
	    (via == TARGET_UNIX ? connect_unix(fd, m) : connect_ip(fd, m, via == TARGET_TCP)))
		return fd;
	fprintf(stderr, "chat-bench: member %u cannot connect: %s\n", m->index, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
