/* client/options: the command line to the letter, and one clear sentence about what is wrong. */
#include "options.h"

#include "check.h"

#include <stdio.h>
#include <string.h>

enum { ARGS_MAX = 24 };

static struct options_error why;

static enum options_verdict parse(struct options *o, const char *const args[])
{
	static char copies[ARGS_MAX][128];
	char *argv[ARGS_MAX + 1] = {NULL};
	int argc = 0;

	memset(&why, 0, sizeof(why));
	snprintf(copies[argc], sizeof(copies[0]), "chat-client");
	argv[argc] = copies[argc];
	for (argc = 1; args[argc - 1]; argc++) {
		snprintf(copies[argc], sizeof(copies[0]), "%s", args[argc - 1]);
		argv[argc] = copies[argc];
	}
	return options_parse(o, argc, argv, &why);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_nothing_is_needed(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS(NULL)), OPTIONS_RUN);
	assert_null(o.nick);
	assert_null(o.datadir);
	assert_null(o.password_file);
	assert_int_equal(o.output, OPTIONS_AUTO);
	assert_int_equal(o.since_mode, SINCE_LAST);
	assert_int_equal(o.since, 50);
	assert_false(o.has_since);
	assert_int_equal(o.room_count, 0);
	assert_false(o.follow);
	assert_false(o.no_color);
	assert_false(o.no_discovery);
	assert_false(o.has_server);
}

static void test_everything_at_once(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(
		parse(&o, ARGS("-n", "小明", "--json", "--since", "12", "--follow", "--no-color",
			       "-d", "/tmp/x", "--password-file", "pw", "tcp://[::1]:4000")),
		OPTIONS_RUN);
	assert_string_equal(o.nick, "小明");
	assert_string_equal(o.datadir, "/tmp/x");
	assert_string_equal(o.password_file, "pw");
	assert_int_equal(o.output, OPTIONS_JSON);
	assert_int_equal(o.since_mode, SINCE_SEQ);
	assert_int_equal(o.since, 12);
	assert_true(o.follow);
	assert_true(o.no_color);
	assert_true(o.has_server);
	assert_int_equal(o.server.kind, ENDPOINT_TCP);
	assert_string_equal(o.server.host, "::1");
	assert_int_equal(o.server.port, 4000);
}

static void test_forms_of_options(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS("-nbob", "--history=7", "unix:/tmp/s")), OPTIONS_RUN);
	assert_string_equal(o.nick, "bob");
	assert_int_equal(o.since, 7);
	assert_int_equal(o.since_mode, SINCE_LAST);
	assert_int_equal(o.server.kind, ENDPOINT_UNIX);
	assert_int_equal(parse(&o, ARGS("chat://host", "-n", "bob")), OPTIONS_RUN);
	assert_string_equal(o.nick, "bob");
	assert_int_equal(o.server.port, SOCK_DEFAULT_PORT);
	assert_int_equal(parse(&o, ARGS("--", "unix:/tmp/s")), OPTIONS_RUN);
	assert_true(o.has_server);
}

static void test_where_history_starts(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS("--since", "0")), OPTIONS_RUN);
	assert_int_equal(o.since_mode, SINCE_SEQ);
	assert_int_equal(o.since, 0);
	assert_true(o.has_since);
	assert_int_equal(parse(&o, ARGS("--since", "now")), OPTIONS_RUN);
	assert_int_equal(o.since_mode, SINCE_LAST);
	assert_int_equal(o.since, 0);
	assert_int_equal(parse(&o, ARGS("--history", "0")), OPTIONS_RUN);
	assert_true(o.has_since);
	assert_int_equal(o.since_mode, SINCE_LAST);
	assert_int_equal(o.since, 0);
	assert_int_equal(parse(&o, ARGS("--since", "4611686018427387903")), OPTIONS_RUN);
	assert_int_equal(o.since, BUF_VARINT_MAX);
}

static void test_rooms_to_be_in(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS("--room", "#dev", "--room=@小明")), OPTIONS_RUN);
	assert_int_equal(o.room_count, 2);
	assert_string_equal(o.rooms[0], "#dev");
	assert_string_equal(o.rooms[1], "@小明");
	assert_int_equal(parse(&o, ARGS("--room=#a", "--room=#b", "--room=#c", "--room=#d",
					"--room=#e", "--room=#f", "--room=#g", "--room=#h",
					"--room=#i", "--room=#j", "--room=#k", "--room=#l",
					"--room=#m", "--room=#n", "--room=#o", "--room=#p")),
			 OPTIONS_RUN);
	assert_int_equal(o.room_count, OPTIONS_ROOMS_MAX);
}

static void test_how_long_to_try(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS(NULL)), OPTIONS_RUN);
	assert_false(o.has_give_up);
	assert_int_equal(parse(&o, ARGS("--give-up", "0")), OPTIONS_RUN);
	assert_true(o.has_give_up);
	assert_true(o.give_up_s == 0);
	assert_int_equal(parse(&o, ARGS("--give-up=1000000000")), OPTIONS_RUN);
	assert_true(o.give_up_s == 1000000000);
}

static void test_help_and_version(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS("--help")), OPTIONS_HELP);
	assert_int_equal(parse(&o, ARGS("--version", "--nonsense")), OPTIONS_VERSION);
	assert_non_null(strstr(options_help(), "usage: chat-client [-n NICK]"));
}

static void test_rooms_of_the_network(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS("--no-discovery")), OPTIONS_RUN);
	assert_true(o.no_discovery);
	assert_int_equal(parse(&o, ARGS("--list-rooms")), OPTIONS_ROOMS);
	assert_int_equal(parse(&o, ARGS("--list-rooms", "--json")), OPTIONS_ROOMS);
	assert_int_equal(o.output, OPTIONS_JSON);
}

static void test_what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *args[4];
		const char *says;
	} rows[] = {
		{{"--nonsense"}, "--nonsense"},
		{{"-x"}, "-x"},
		{{"-n"}, "-n needs a value"},
		{{"--since"}, "--since needs a value"},
		{{"--plain=yes"}, "--plain=yes"},
		{{"-n", ""}, "empty"},
		{{"-n", "a\xff"}, "UTF-8"},
		{{"-n", "0123456789012345678901234567890123456789012345678901234567890123x"},
		 "longer than 64 bytes"},
		{{"-d", ""}, "empty"},
		{{"--plain", "--json"}, "exclude each other"},
		{{"--history", "5", "--since=5"}, "exclude each other"},
		{{"--since", "yesterday"}, "not \"yesterday\""},
		{{"--since", "-1"}, "not \"-1\""},
		{{"--since", ""}, "not \"\""},
		{{"--since", "4611686018427387904"}, "4611686018427387904"},
		{{"--history", "99999999999999999999999"}, "--history"},
		{{"--history", "1e3"}, "1e3"},
		{{"--room", "dev"}, "not \"dev\""},
		{{"--room", "#"}, "not \"#\""},
		{{"--room", ""}, "not \"\""},
		{{"--room", "#a\xff"}, "UTF-8"},
		{{"--room", "#0123456789012345678901234567890123456789012345678901234567890123x"},
		 "longer than 65 bytes"},
		{{"--give-up", "never"}, "not \"never\""},
		{{"--give-up", "1000000001"}, "1000000001"},
		{{"udp://a", "udp://b"}, "more than one address"},
		{{"--list-rooms", "udp://a"}, "takes no address"},
		{{"http://a"}, ""},
		{{"udp://host:0x"}, ""},
		{{""}, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct options o;
		enum options_verdict v = parse(&o, rows[i].args);
		if (v != OPTIONS_BAD || !strstr(why.text, rows[i].says) || !why.text[0])
			fail_msg("row %zu: verdict %d, \"%s\"", i, v, why.text);
		assert_null(strchr(why.text, '\n'));
	}
}

static void test_settings_for_one_run(void **state)
{
	struct options o;

	(void)state;
	assert_int_equal(parse(&o, ARGS("--set", "times=off", "--config", "x.ini",
					"--set=hook=/bin/a=b", "--set", "Bell=default")),
			 OPTIONS_RUN);
	assert_string_equal(o.config, "x.ini");
	assert_int_equal(o.set_count, 3);
	assert_string_equal(o.sets[0].row->name, "times");
	assert_string_equal(o.sets[0].value, "off");
	assert_string_equal(o.sets[1].value, "/bin/a=b");
	assert_string_equal(o.sets[2].row->name, "bell");
	assert_int_equal(parse(&o, ARGS("--set", "tims=off")), OPTIONS_BAD);
	assert_string_equal(why.text, "there is no setting \"tims\"");
	assert_int_equal(parse(&o, ARGS("--set", "times=soon")), OPTIONS_BAD);
	assert_string_equal(why.text, "times is HH:MM, HH:MM:SS or off");
	assert_int_equal(parse(&o, ARGS("--set", "times")), OPTIONS_BAD);
	assert_int_equal(parse(&o, ARGS("--config", "")), OPTIONS_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_needed),
		cmocka_unit_test(test_everything_at_once),
		cmocka_unit_test(test_forms_of_options),
		cmocka_unit_test(test_where_history_starts),
		cmocka_unit_test(test_rooms_to_be_in),
		cmocka_unit_test(test_how_long_to_try),
		cmocka_unit_test(test_help_and_version),
		cmocka_unit_test(test_rooms_of_the_network),
		cmocka_unit_test(test_what_is_wrong_is_said),
		cmocka_unit_test(test_settings_for_one_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
