/* The table of the slash commands; the contract is in command_rows.h. */
#include "ui/command_rows.h"

#include <string.h>

static const struct command_row rows[] = {
	{"msg",
	 {"私聊"},
	 COMMAND_LINE_MSG,
	 COMMAND_GROUP_SAY,
	 false,
	 {{COMMAND_ARG_NICK, true}, {COMMAND_ARG_TEXT, true}},
	 "/msg NICK TEXT",
	 "say it to one member alone, here or not"},
	{"recall",
	 {"撤回"},
	 COMMAND_LINE_RECALL,
	 COMMAND_GROUP_SAY,
	 false,
	 {{COMMAND_ARG_EVENT, false}},
	 "/recall [NUMBER|last]",
	 "take back what you said last here, or that one"},
	{"edit",
	 {"编辑"},
	 COMMAND_LINE_EDIT,
	 COMMAND_GROUP_SAY,
	 false,
	 {{COMMAND_ARG_EVENT, false}, {COMMAND_ARG_TEXT, true}},
	 "/edit [NUMBER|last] TEXT",
	 "say it otherwise"},

	{"again",
	 {"重发"},
	 COMMAND_LINE_AGAIN,
	 COMMAND_GROUP_SAY,
	 true,
	 {{COMMAND_ARG_NONE, false}},
	 "/again",
	 "send what could not be sent here again (Alt-R)"},
	{"drop",
	 {"丢弃"},
	 COMMAND_LINE_DROP,
	 COMMAND_GROUP_SAY,
	 true,
	 {{COMMAND_ARG_NONE, false}},
	 "/drop",
	 "give that up; its text comes back (Alt-Shift-R)"},

	{"join",
	 {"加入"},
	 COMMAND_LINE_JOIN,
	 COMMAND_GROUP_ROOMS,
	 false,
	 {{COMMAND_ARG_ROOM, true}, {COMMAND_ARG_TEXT, false}},
	 "/join #ROOM [PASSWORD]",
	 "go to a room; it is made if there is none"},
	{"part",
	 {"离开"},
	 COMMAND_LINE_PART,
	 COMMAND_GROUP_ROOMS,
	 false,
	 {{COMMAND_ARG_TEXT, false}},
	 "/part [WORDS]",
	 "leave this room; it is shown the words"},
	{"query",
	 {"对话"},
	 COMMAND_LINE_QUERY,
	 COMMAND_GROUP_ROOMS,
	 false,
	 {{COMMAND_ARG_NICK, true}},
	 "/query NICK",
	 "go to the room of you two; so does /join @NICK"},
	{"rooms",
	 {"房间"},
	 COMMAND_LINE_ROOMS,
	 COMMAND_GROUP_ROOMS,
	 false,
	 {{COMMAND_ARG_NONE, false}},
	 "/rooms",
	 "the rooms that you are in"},
	{"list",
	 {"列表"},
	 COMMAND_LINE_LIST,
	 COMMAND_GROUP_ROOMS,
	 false,
	 {{COMMAND_ARG_NONE, false}},
	 "/list",
	 "all public rooms"},
	{"topic",
	 {"话题"},
	 COMMAND_LINE_TOPIC,
	 COMMAND_GROUP_ROOMS,
	 false,
	 {{COMMAND_ARG_TEXT, false}},
	 "/topic [TEXT]",
	 "show what this room is about, or set it (-: none)"},

	{"who",
	 {"成员"},
	 COMMAND_LINE_WHO,
	 COMMAND_GROUP_PEOPLE,
	 false,
	 {{COMMAND_ARG_NONE, false}},
	 "/who",
	 "who is in the room"},
	{"nick",
	 {"改名"},
	 COMMAND_LINE_NICK,
	 COMMAND_GROUP_PEOPLE,
	 false,
	 {{COMMAND_ARG_TEXT, true}},
	 "/nick NAME",
	 "take another name"},
	{"ignore",
	 {"屏蔽"},
	 COMMAND_LINE_IGNORE,
	 COMMAND_GROUP_PEOPLE,
	 true,
	 {{COMMAND_ARG_NICK, false}},
	 "/ignore [NICK]",
	 "show nothing more of a member; or who is ignored"},
	{"unignore",
	 {"取消屏蔽"},
	 COMMAND_LINE_UNIGNORE,
	 COMMAND_GROUP_PEOPLE,
	 true,
	 {{COMMAND_ARG_NICK, true}},
	 "/unignore NICK",
	 "show it again"},

	{"history",
	 {"历史"},
	 COMMAND_LINE_HISTORY,
	 COMMAND_GROUP_SAID,
	 false,
	 {{COMMAND_ARG_COUNT, false}},
	 "/history [N]",
	 "N older events of this room (50)"},
	{"search",
	 {"搜索"},
	 COMMAND_LINE_SEARCH,
	 COMMAND_GROUP_SAID,
	 false,
	 {{COMMAND_ARG_TEXT, false}},
	 "/search [WORDS]",
	 "what was said with these words, newest first;" COMMAND_NEXT_LINE
	 "also from:NAME in:#ROOM before:YYYY-MM-DD;" COMMAND_NEXT_LINE
	 "without any: more of the last search"},

	{"set",
	 {"设置"},
	 COMMAND_LINE_SET,
	 COMMAND_GROUP_CLIENT,
	 true,
	 {{COMMAND_ARG_SETTING, false}, {COMMAND_ARG_VALUE, false}},
	 "/set [NAME [VALUE]]",
	 "the settings; one; another value for it"},
	{"alias",
	 {"别名"},
	 COMMAND_LINE_ALIAS,
	 COMMAND_GROUP_CLIENT,
	 true,
	 {{COMMAND_ARG_ALIAS, false}, {COMMAND_ARG_TEXT, false}},
	 "/alias [NAME [LINE]]",
	 "a command of your own, with words $1 to $9, or $*"},
	{"mute-notify",
	 {"免打扰"},
	 COMMAND_LINE_MUTE_NOTIFY,
	 COMMAND_GROUP_CLIENT,
	 true,
	 {{COMMAND_ARG_LEVEL, false}},
	 "/mute-notify [WHAT]",
	 "what calls you: all, mentions, none, default"},
	{"clear",
	 {"清屏"},
	 COMMAND_LINE_CLEAR,
	 COMMAND_GROUP_CLIENT,
	 true,
	 {{COMMAND_ARG_NONE, false}},
	 "/clear",
	 "empty the screen; Page Up loads it again"},
	{"version",
	 {"版本"},
	 COMMAND_LINE_VERSION,
	 COMMAND_GROUP_CLIENT,
	 true,
	 {{COMMAND_ARG_NONE, false}},
	 "/version",
	 "which client this is"},
	{"help",
	 {"帮助"},
	 COMMAND_LINE_HELP,
	 COMMAND_GROUP_CLIENT,
	 true,
	 {{COMMAND_ARG_COMMAND, false}},
	 "/help [COMMAND]",
	 "this list, or one command"},
	{"quit",
	 {"exit", "退出"},
	 COMMAND_LINE_QUIT,
	 COMMAND_GROUP_CLIENT,
	 false,
	 {{COMMAND_ARG_TEXT, false}},
	 "/quit [WORDS]",
	 "leave; the rooms are shown the words (also /exit)"},
};

const struct command_row *command_row(size_t i)
{
	return i < sizeof(rows) / sizeof(rows[0]) ? &rows[i] : NULL;
}

static char lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same_word(const char *name, struct slice word)
{
	if (strlen(name) != word.len)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (name[i] != lower(word.data[i]))
			return false;
	return true;
}

static bool is_called(const struct command_row *row, struct slice word)
{
	if (same_word(row->name, word))
		return true;
	for (size_t i = 0; i < COMMAND_ALIASES && row->aliases[i]; i++)
		if (same_word(row->aliases[i], word))
			return true;
	return false;
}

const struct command_row *command_find(struct slice word)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_called(&rows[i], word))
			return &rows[i];
	return NULL;
}
