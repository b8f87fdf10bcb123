/* The scenes; the contract is in scenes_rig.h. */
#include "scenes_rig.h"

#include "ui_rig.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

enum { TODAY = 20778 }; /* Saturday, 21 November 2026 */

static struct day_time at(int32_t day, int hour, int minute)
{
	return (struct day_time){.day = day, .second = (hour * 60 + minute) * 60 + 7};
}

static void be(struct model *m, const char *room, enum link_state link, uint64_t unsent)
{
	struct model_status s = {.link = link,
				 .transport = TRANSPORT_UDP,
				 .lag_ms = 12,
				 .unsent = unsent,
				 .nick = text("小明"),
				 .room = text(room),
				 .server = text("chat://192.0.2.1:8888")};

	assert_int_equal(model_status(m, &s), ERR_NONE);
}

static void happens(struct model *m, struct event e, struct day_time when)
{
	e.seq = model_here(m)->newest + 1;
	assert_int_equal(model_event(m, text(model_here(m)->name), &e, when), ERR_NONE);
}

static void says(struct model *m, const char *who, const char *what, int minute)
{
	happens(m, (struct event){.kind = EVENT_TALK, .from = text(who), .text = text(what)},
		at(TODAY, 10, minute));
}

static void comes(struct model *m, const char *who, int minute)
{
	happens(m, (struct event){.kind = EVENT_JOIN, .from = text(who)}, at(TODAY, 10, minute));
}

static void goes(struct model *m, const char *who, const char *why, int minute)
{
	happens(m, (struct event){.kind = EVENT_QUIT, .from = text(who), .text = text(why)},
		at(TODAY, 10, minute));
}

static void types(struct model *m, const char *line)
{
	assert_int_equal(model_edit(m, text(""), text(line), strlen(line)), ERR_NONE);
}

static void notes(struct model *m, enum model_kind kind, const char *words, int minute)
{
	assert_int_equal(model_note(m, kind, text(words), at(TODAY, 10, minute)), ERR_NONE);
}

/* Said in another room than the one that is shown. */
static void elsewhere(struct model *m, const char *room, const char *who, const char *what)
{
	happen_in(m, room,
		  (struct event){.kind = EVENT_TALK, .from = text(who), .text = text(what)});
}

/* ---- the scenes -------------------------------------------------------------------------------- */

static void newcomer(struct scene *s)
{
	comes(s->model, "小明", 0);
}

static void naming(struct scene *s)
{
	struct model_status status = {.link = LINK_JOINING,
				      .server = text("chat://192.0.2.1:8888"),
				      .prompt = text("name: ")};

	assert_int_equal(model_status(s->model, &status), ERR_NONE);
}

static void conversation(struct scene *s)
{
	struct model *m = s->model;

	comes(m, "小明", 0);
	comes(m, "alice", 1);
	says(m, "小明",
	     "大家好，今天天气不错！有人想去爬山吗？我们可以早上八点在学校门口集合，然后一起坐公交"
	     "车去。",
	     2);
	says(m, "alice",
	     "Sounds good 🙂 I will bring some water and a very long-winded explanation of why "
	     "mountains exist at all.",
	     2);
	happens(m, (struct event){.kind = EVENT_ANNOUNCE, .text = text("服务器将于今晚十点维护")},
		at(TODAY, 10, 3));
	says(m, "alice", "/me packs her rucksack", 4);
	says(m, "李雷", "> 小明: 大家好，今天天气不错！\n我也去！\n几点回来？", 5);
	says(m, "alice", "@小明 do you have a map?", 6);
	notes(m, MODEL_ERROR, "unknown command /foo: type /help", 6);
	notes(m, MODEL_NOTICE, "connection lost, reconnecting", 7);
	notes(m, MODEL_ANSWER, "in the room (3): alice, 小明, 李雷", 8);
	types(m, "当然有");
}

/* What is told in two columns. */
static void help(struct scene *s)
{
	notes(s->model, MODEL_ANSWER,
	      "Going from room to room:\n"
	      "/join #ROOM [PASSWORD]   go to a room; who names one first makes it, with that "
	      "password\n"
	      "/part [WORDS]            leave this one\n"
	      "What follows is not in columns, and it is long enough to be broken somewhere.",
	      1);
}

static void under_way(struct scene *s)
{
	struct model *m = s->model;
	struct model_said said = {.ticket = 1,
				  .room = text("#lobby"),
				  .state = SAID_SENDING,
				  .text = text("are you still there?")};

	says(m, "alice", "back in a minute", 0);
	assert_int_equal(model_said(m, &said, at(TODAY, 10, 1)), ERR_NONE);
	said.state = SAID_FAILED;
	said.reason = text("you are muted");
	assert_int_equal(model_said(m, &said, at(TODAY, 10, 1)), ERR_NONE);
	said = (struct model_said){.ticket = 2,
				   .room = text("#lobby"),
				   .state = SAID_SENDING,
				   .text = text("那我们明天再说吧")};
	assert_int_equal(model_said(m, &said, at(TODAY, 10, 2)), ERR_NONE);
	be(m, "#lobby", LINK_ONLINE, 1);
}

static void came_and_went(struct scene *s)
{
	static const char *const names[] = {"alice", "bob", "carol", "dave", "韩梅梅", "李雷"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		comes(s->model, names[i], (int)i);
	goes(s->model, "bob", "", 10);
	happens(s->model,
		(struct event){.kind = EVENT_NICK, .from = text("dave"), .text = text("eve")},
		at(TODAY, 10, 11));
	says(s->model, "eve", "hello again", 12);
	goes(s->model, "carol", "晚安", 13);
	happens(s->model, (struct event){.kind = EVENT_LOST, .from = text("alice")},
		at(TODAY, 10, 14));
}

static void changed(struct scene *s)
{
	struct model *m = s->model;

	says(m, "alice", "my password is 12345", 0);
	says(m, "bob", "you did not just say that", 1);
	says(m, "alice", "nobody saw taht", 2);
	happens(m, (struct event){.kind = EVENT_RECALL, .from = text("alice"), .target = 1},
		at(TODAY, 10, 3));
	happens(m,
		(struct event){.kind = EVENT_EDIT,
			       .from = text("alice"),
			       .target = 3,
			       .text = text("nobody saw that")},
		at(TODAY, 10, 4));
}

/* Two days ago, yesterday, and what came while nobody looked. */
static void days(struct scene *s)
{
	struct model *m = s->model;
	struct event e = {.kind = EVENT_TALK, .from = text("bob")};

	e.text = text("see you all on Friday");
	happens(m, e, at(TODAY - 2, 18, 30));
	e.text = text("where is everybody?");
	happens(m, e, at(TODAY - 1, 9, 0));
	says(m, "小明", "here, on Saturday", 1);
	model_focus(m, false);
	says(m, "bob", "you have missed it", 2);
	says(m, "alice", "so have I", 3);
	model_focus(m, true);
}

static void rooms(struct scene *s)
{
	struct model *m = s->model;

	says(m, "alice", "anybody up for lunch?", 0);
	assert_int_equal(model_topic(m, text("#开发"), text("周五发布，大家准备好")), ERR_NONE);
	elsewhere(m, "#开发", "李雷", "今天谁来合并？");
	elsewhere(m, "#开发", "韩梅梅", "小明，你来？");
	elsewhere(m, "#开发", "韩梅梅", "or somebody else");
	elsewhere(m, "#games", "eve", "one more round");
	elsewhere(m, "@alice", "alice", "psst");
	assert_int_equal(model_topic(m, text("#lobby"), text("everything, and nothing at all")),
			 ERR_NONE);
}

static void many_members(struct scene *s)
{
	char name[32];

	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), i % 7 == 3 ? "会员%d号的名字很长很长" : "member%d", i);
		comes(s->model, name, i % 60);
	}
	happens(s->model, (struct event){.kind = EVENT_LOST, .from = text("member0")},
		at(TODAY, 11, 0));
	says(s->model, "member5", "what a crowd", 59);
}

static void numbered(struct model *m, int from, int to)
{
	char words[32];

	for (int i = from; i <= to; i++) {
		snprintf(words, sizeof(words), "line %d", i);
		says(m, i % 3 == 0 ? "alice" : "bob", words, i % 60);
	}
}

static void two_more(struct model *m)
{
	numbered(m, 101, 102);
}

static void scrolled_back(struct scene *s)
{
	numbered(s->model, 1, 100);
	s->key = VIEW_KEY_PAGE_UP;
	s->then = two_more;
}

static void loads(struct model *m)
{
	model_here(m)->loading = true;
}

static void loading(struct scene *s)
{
	numbered(s->model, 1, 100);
	s->key = VIEW_KEY_TOP;
	s->then = loads;
}

static void reconnecting(struct scene *s)
{
	says(s->model, "alice", "the train enters a tunnel", 0);
	elsewhere(s->model, "#games", "eve", "one more round");
	be(s->model, "#lobby", LINK_RECONNECTING, 3);
}

static void typing(struct scene *s)
{
	says(s->model, "alice", "how does it work?", 0);
	types(s->model, "第一步，打开终端\n"
			"then type something that is longer than the row of most terminals, so "
			"that it goes on "
			"below\n"
			"\n"
			"and that is it");
}

static void right_to_left(struct scene *s)
{
	says(s->model, "alice", "how do I write that?", 0);
	says(s->model, "דוד", "שלום לכולם, מה שלומכם היום? אני כותב שורה ארוכה כדי שתישבר", 1);
	says(s->model, "alice", "it reads מה שלומכם, as you see", 2);
	says(s->model, "سارة", "مرحبا 123", 3);
	assert_int_equal(model_topic(s->model, text("#lobby"), text("שיחות")), ERR_NONE);
}

static void hostile(struct scene *s)
{
	says(s->model, "eve", "\033[2J\033]0;owned\a\033[31mred", 0);
	says(s->model, "eve", "\u202egnp.exe\u2066 \u200b\u200d\ufeff", 1);
	says(s->model, "eve",
	     "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031ealgo", 2);
	says(s->model, "eve",
	     "👨\u200d👩\u200d👧 🇨🇳 👍🏽 ❤\ufe0f 1\ufe0f\u20e3 \U0001faf8 \u0378 "
	     "\U000e0041",
	     3);
	says(s->model, "eve", "﷽﷽﷽ ㍿ ⑩ ｈａｌｆ ﾊﾝｶｸ", 4);
	says(s->model, "eve\xff\xfe", "\xc3\x28 \xf0\x9f", 5);
	assert_int_equal(model_topic(s->model, text("#lobby"), text("\033]52;c;aGk=\a\nx")),
			 ERR_NONE);
}

/* What a person may set. */
static void seconds(struct scene *s)
{
	s->settings.times = SETTINGS_TIMES_SECONDS;
	s->settings.members = SETTINGS_ON;
	s->settings.members_width = 8;
	s->settings.day_lines = 0;
	days(s);
}

static void wide_ambiguous(struct scene *s)
{
	s->settings.ambiguous_width = 2;
	s->settings.times = SETTINGS_TIMES_OFF;
	days(s);
	says(s->model, "αβγ", "±1 § ≥ — «ambiguous» …", 5);
}

static const struct scene_row rows[] = {
	{"newcomer", newcomer},
	{"naming", naming},
	{"conversation", conversation},
	{"help", help},
	{"under_way", under_way},
	{"came_and_went", came_and_went},
	{"changed", changed},
	{"days", days},
	{"rooms", rooms},
	{"many_members", many_members},
	{"scrolled_back", scrolled_back},
	{"loading", loading},
	{"reconnecting", reconnecting},
	{"typing", typing},
	{"right_to_left", right_to_left},
	{"hostile", hostile},
	{"seconds", seconds},
	{"wide_ambiguous", wide_ambiguous},
};

/* ------------------------------------------------------------------------------------------------ */

const struct scene_row *scene_row(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

struct scene scene_new(const struct scene_row *row)
{
	struct scene s = {.model = model_new(1000)};

	assert_non_null(s.model);
	settings_init(&s.settings);
	if (row->make != naming)
		be(s.model, "#lobby", LINK_ONLINE, 0);
	row->make(&s);
	return s;
}

void scene_shoot(struct scene *s, int width, int height)
{
	struct view v = {s->model, &s->settings, width, height};

	if (s->key)
		model_here(s->model)->scroll = view_scroll(&v, s->key);
	if (s->then)
		s->then(s->model);
	grid_wipe(&s->grid);
	assert_int_equal(grid_init(&s->grid, width, height), ERR_NONE);
	view_draw(&v, &s->grid);
}

void scene_free(struct scene *s)
{
	grid_wipe(&s->grid);
	model_free(s->model);
}
