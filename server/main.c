/* chat-server: one room over UDP, TCP and AF_UNIX.  What it is made of is in runtime.c. */
#include "aside.h"
#include "options.h"
#include "runtime.h"
#include "sys/log.h"
#include "sys/proc.h"
#include "sys/secret.h"

#include <locale.h>
#include <malloc.h>
#include <unicode/uclean.h>

static int run(const struct server_options *options)
{
	if (aside_wanted(options))
		return aside_run(options);
	return options->invite ? runtime_invite(options) : runtime_run(options);
}

int main(int argc, char **argv)
{
	struct server_options options;
	int status;

	if (!proc_standard_descriptors())
		return 1;
	setlocale(LC_ALL, "");
	/* What thousands need for a moment comes in large pieces, which are to be given back. */
	(void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	log_open("chat-server", LOG_NOTICE);
	if (!secret_start()) {
		log_say(LOG_ERROR, "the system gives no random numbers");
		return 1;
	}
	if (!options_parse(argc, argv, &options, &status))
		return status;
	status = run(&options);
	u_cleanup(); /* what ICU keeps for all who use it looks like a leak */
	return status;
}
