/* A terminal for a program to read from: the two ends of a pseudo-terminal, without echo. */
#ifndef TERMINAL_H
#define TERMINAL_H

struct terminal {
	int keyboard; /* what is written here is typed */
	int program;  /* for the program's standard input */
};

struct terminal terminal_open(void);
void terminal_type(const struct terminal *t, const char *line); /* and Enter */
void terminal_close(struct terminal *t);

#endif
