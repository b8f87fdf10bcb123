/* The data directory; the contract is in datadir.h. */
#include "sys/datadir.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static enum err print_path(char out[DATADIR_MAX],
								 const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(out, DATADIR_MAX, fmt, args);
	va_end(args);
	return n >= 0 && n < DATADIR_MAX ? ERR_NONE : ERR_TOO_BIG;
}

static const char *home(void)
{
	const char *env = getenv("HOME");
	const struct passwd *pw;

	if (env && *env)
		return env;
	pw = getpwuid(getuid());
	return pw && pw->pw_dir && *pw->pw_dir ? pw->pw_dir : NULL;
}

/* "$VARIABLE/chat-room", else "~/BELOW/chat-room". */
static enum err find(const char *variable, const char *below, char out[DATADIR_MAX])
{
	const char *dir = getenv(variable);

	if (dir && *dir == '/') /* a relative one is to be ignored, says XDG */
		return print_path(out, "%s/chat-room", dir);
	if (!home())
		return ERR_NOT_FOUND;
	return print_path(out, "%s/%s/chat-room", home(), below);
}

static bool is_directory(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	if (!S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

static enum err make(const char *path)
{
	if (mkdir(path, 0700) == 0)
		return ERR_NONE;
	return errno == EEXIST && is_directory(path) ? ERR_NONE : ERR_SYSTEM;
}

static enum err make_all(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		enum err err = make(path);
		*slash = '/';
		if (err != ERR_NONE)
			return err;
	}
	return make(path);
}

enum err datadir_make(const char *path)
{
	char copy[DATADIR_MAX];
	enum err err = print_path(copy, "%s", path);

	if (err != ERR_NONE || is_directory(copy))
		return err;
	return make_all(copy);
}

enum err datadir_open(const char *given, char out[DATADIR_MAX])
{
	enum err err =
		given ? print_path(out, "%s", given) : find("XDG_DATA_HOME", ".local/share", out);

	return err == ERR_NONE ? datadir_make(out) : err;
}

enum err datadir_config(char out[DATADIR_MAX])
{
	return find("XDG_CONFIG_HOME", ".config", out);
}

enum err datadir_file(const char *dir, const char *name, char out[DATADIR_MAX])
{
	return print_path(out, "%s/%s", dir, name);
}
