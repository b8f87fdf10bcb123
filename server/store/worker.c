/* Threads are made and ended here; the contract is in worker.h. */
#include "store/worker.h"

#include <errno.h>
#include <signal.h>

enum err worker_start(pthread_t *thread, struct inbox *in, void *(*run)(void *), void *ctx)
{
	sigset_t all, before;
	int number;

	if (!inbox_init(in, false))
		return ERR_SYSTEM;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	number = pthread_create(thread, NULL, run, ctx);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (number == 0)
		return ERR_NONE;
	inbox_wipe(in);
	errno = number;
	return ERR_SYSTEM;
}

void worker_stop(pthread_t thread, struct inbox *in)
{
	inbox_close(in);
	(void)pthread_join(thread, NULL);
	inbox_wipe(in);
}
