// SPDX-License-Identifier: GPL-2.0-only
/*
 * top on a terminal. The page is rendered as text, as in batch mode; ncurses then changes
 * only what differs from the screen before.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "curses.h"
#include "top.h"

#define MIN_DELAY_NS 100000000ULL
#define LEAST_ROWS   4 /* of the list; a smaller terminal shows fewer lines above it */

enum { PAIR_GOOD = 1, PAIR_WARN, PAIR_BAD };

enum input { INPUT_NONE, INPUT_FILTER, INPUT_DELAY };

struct screen {
	struct cli_app *app;
	struct page *page;
	struct sample *sample;
	uint64_t delay_ns;
	FILE *out; /* stdout itself has no descriptor: see out_stdout_open() */
	SCREEN *term;
	WINDOW *win;
	bool colours, help, quit;
	size_t first, selected; /* rows of the list */
	size_t rows;		/* of the list on the screen */
	enum input input;	/* what is being typed, below */
	char typed[64];
	char message[200];
};

/* ---- drawing ---- */

/* The attributes of an escape sequence of the painter. */
static void set_style(struct screen *sc, const char *sgr, size_t len)
{
	attr_t attr = A_NORMAL;
	short pair = 0;

	if (len == 1 && *sgr == '2')
		attr = A_DIM;
	else if (len == 2 && !strncmp(sgr, "32", 2))
		pair = PAIR_GOOD;
	else if (len == 2 && !strncmp(sgr, "33", 2))
		pair = PAIR_WARN;
	else if (len == 4) {
		pair = PAIR_BAD;
		attr = A_BOLD;
	}
	curses.wattr_set(sc->win, attr, sc->colours ? pair : 0, NULL);
}

/* One line of text with escape sequences; what is wider than the screen is cut. */
static void put_line(struct screen *sc, int y, const char *line, size_t len)
{
	int room = curses.getmaxx(sc->win);

	if (curses.wmove(sc->win, y, 0) == ERR)
		return;
	while (len && room > 0) {
		const char *esc = memchr(line, '\033', len);
		size_t n = esc ? (size_t)(esc - line) : len;
		char *part = strndup(line, n);
		size_t width = part ? text_width(part) : 0;

		if (part && width > (size_t)room)
			text_shorten(part, (size_t)room);
		if (part)
			curses.waddnstr(sc->win, part, -1);
		free(part);
		room -= (int)width;
		line += n;
		len -= n;
		if (esc) {
			const char *m = memchr(line, 'm', len);

			if (!m)
				break;
			set_style(sc, line + 2, (size_t)(m - line - 2));
			len -= (size_t)(m + 1 - line);
			line = m + 1;
		}
	}
	curses.wattr_set(sc->win, A_NORMAL, 0, NULL);
}

/* Prints a tree from line @y on, at most @max lines. Returns their number. */
static int put_tree(struct screen *sc, const struct out *out, int y, int max)
{
	struct out_mode mode = sc->app->mode;
	char *text = NULL, *p, *end;
	size_t len = 0;
	int n = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return 0;
	mode.columns = (size_t)curses.getmaxx(sc->win);
	mode.colour = sc->colours;
	out_text(out, f, &mode);
	fclose(f);
	for (p = text; p && n < max && (end = strchr(p, '\n')); p = end + 1)
		put_line(sc, y + n++, p, (size_t)(end - p));
	free(text);
	return n;
}

static const char *const help_lines[] = {
	"Keys",
	"",
	"q              quit",
	"h ?            this help",
	"t l c  Tab     list TDs, leaves or CPUs",
	"< >            sort by the column to the left or to the right",
	"r              reverse the order",
	"/              show only what contains a text; empty: all",
	"d              change the delay",
	"Space          look again now",
	"arrows, Page Up, Page Down, Home, End",
	"k              release the selected TD: asks first, as 'tdxctl release'",
	"",
	"Any key continues.",
};

static void put_help(struct screen *sc)
{
	for (size_t i = 0; i < ARRAY_SIZE(help_lines); i++)
		put_line(sc, (int)i, help_lines[i], strlen(help_lines[i]));
}

/* The last line: what is typed, a message, or what is listed. */
static void put_footer(struct screen *sc, int y)
{
	const struct page *p = sc->page;
	char line[300], sort[32] = "";

	if (sc->input) {
		snprintf(line, sizeof(line), "%s%s",
			 sc->input == INPUT_FILTER ? "Show only: " : "Delay in seconds: ",
			 sc->typed);
	} else if (*sc->message) {
		snprintf(line, sizeof(line), "%s", sc->message);
	} else {
		out_column_name(p->sort[p->view], sort, sizeof(sort));
		snprintf(line, sizeof(line),
			 "%s %zu to %zu of %zu%s%s, by %s%s, every %.1f s; h: help",
			 page_views[p->view], p->nr_rows ? sc->first + 1 : 0,
			 sc->first + sc->rows < p->nr_rows ? sc->first + sc->rows : p->nr_rows,
			 p->nr_rows, *p->filter ? " with " : "", p->filter,
			 p->down[p->view] ? "-" : "", sort, (double)sc->delay_ns / 1e9);
	}
	put_line(sc, y, line, strlen(line));
	curses.mvwchgat(sc->win, y, 0, -1, A_REVERSE, 0, NULL);
}

/* Keeps the selection in the list, and on the screen. */
static void scroll_to_selected(struct screen *sc)
{
	size_t n = sc->page->nr_rows;

	if (sc->selected >= n)
		sc->selected = n ? n - 1 : 0;
	if (sc->first > sc->selected)
		sc->first = sc->selected;
	if (sc->rows && sc->selected >= sc->first + sc->rows)
		sc->first = sc->selected - sc->rows + 1;
	if (n <= sc->rows)
		sc->first = 0;
}

static void draw_page(struct screen *sc, int height)
{
	struct out *head = out_new(), *list = out_new();
	int y = 0, used, max = height - 2 - LEAST_ROWS;

	if (head && list) {
		page_head(out_root(head), sc->sample);
		if (max > 0)
			y = put_tree(sc, head, 0, max);
		if (y && y < max)
			y++;
		sc->rows = height - y > 2 ? (size_t)(height - y - 2) : 0;
		scroll_to_selected(sc);
		page_rows(out_root(list), sc->page, sc->sample, sc->first, sc->rows);
		used = put_tree(sc, list, y, height - y - 1);
		if (used > 1 && sc->page->nr_rows)
			curses.mvwchgat(sc->win, y + 1 + (int)(sc->selected - sc->first), 0, -1,
					A_REVERSE, 0, NULL);
	} else {
		strcpy(sc->message, "out of memory");
	}
	out_free(head);
	out_free(list);
	put_footer(sc, height - 1);
}

static void draw(struct screen *sc)
{
	curses.werase(sc->win);
	if (sc->help)
		put_help(sc);
	else
		draw_page(sc, curses.getmaxy(sc->win));
	curses.wnoutrefresh(sc->win);
	curses.doupdate();
}

static void resize(struct screen *sc)
{
	struct winsize w;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_row && w.ws_col)
		curses.wresize(sc->win, w.ws_row, w.ws_col);
	curses.clearok(sc->win, true);
}

/* ---- the host ---- */

static void look(struct screen *sc)
{
	int err = sample_take(sc->sample, sc->app->ctx);

	*sc->message = '\0';
	if (err)
		snprintf(sc->message, sizeof(sc->message), "%s", tdxctl_error(sc->app->ctx));
	else if (sc->sample->restarted)
		strcpy(sc->message, "the helper was loaded or unloaded: the counters start again");
	if (page_arrange(sc->page, sc->sample))
		strcpy(sc->message, "out of memory");
}

/* ---- release ---- */

/* Runs 'tdxctl release' for the selected TD, which asks and reports as always. */
static void release(struct screen *sc)
{
	const struct cli_values *v = &sc->app->v;
	const struct tdxctl_td_view *td;
	char selector[32], emulate[4096] = "--emulate";
	char *argv[6];
	size_t n = 0;
	int status;
	pid_t pid;

	if (sc->page->view != PAGE_TDS || !sc->page->nr_rows) {
		strcpy(sc->message, "select a TD first (t lists them)");
		return;
	}
	td = &sample_snap(sc->sample)->tds[sc->page->order[sc->selected]];
	view_selector(selector, sizeof(selector), td);
	if (v->emulate_file)
		snprintf(emulate, sizeof(emulate), "--emulate=%s", v->emulate_file);
	argv[n++] = (char *)"tdxctl";
	if (v->emulate)
		argv[n++] = emulate;
	argv[n++] = (char *)"release";
	argv[n++] = selector;
	argv[n] = NULL;
	curses.endwin();
	pid = fork();
	if (!pid) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	cli_stop_clear(); /* Ctrl-C was for the release */
	fputs("\nPress Enter to go back to the list. ", sc->out);
	fflush(sc->out);
	for (char c = 0; c != '\n' && read(STDIN_FILENO, &c, 1) == 1;)
		;
	curses.clearok(sc->win, true);
	look(sc);
}

/* ---- keys ---- */

static void end_input(struct screen *sc)
{
	uint64_t ns;

	if (sc->input == INPUT_FILTER) {
		strcpy(sc->page->filter, sc->typed);
		sc->selected = sc->first = 0;
	} else if (cli_seconds(sc->typed, &ns) && ns >= MIN_DELAY_NS) {
		sc->delay_ns = ns;
	} else {
		strcpy(sc->message, "the delay is 0.1 to 86400 seconds");
	}
	sc->input = INPUT_NONE;
	page_arrange(sc->page, sc->sample);
}

static void type(struct screen *sc, int key)
{
	size_t len = strlen(sc->typed);

	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		end_input(sc);
	} else if (key == 27) {
		sc->input = INPUT_NONE;
	} else if (key == KEY_BACKSPACE || key == 127 || key == 8) {
		/* The bytes of one character. */
		while (len && (sc->typed[--len] & 0xc0) == 0x80)
			;
		sc->typed[len] = '\0';
	} else if (key >= 32 && key < 256 && len + 1 < sizeof(sc->typed)) {
		sc->typed[len] = (char)key;
		sc->typed[len + 1] = '\0';
	}
}

static void show(struct screen *sc, enum page_view view)
{
	sc->page->view = view;
	sc->first = sc->selected = 0;
	sc->app->mode.table = page_table(view);
	page_set_columns(sc->app, view);
	page_arrange(sc->page, sc->sample);
}

static void go(struct screen *sc, long by)
{
	size_t n = sc->page->nr_rows;

	if (by < 0)
		sc->selected -= (size_t)-by < sc->selected ? (size_t)-by : sc->selected;
	else
		sc->selected = n - sc->selected > (size_t)by ? sc->selected + (size_t)by : n;
	scroll_to_selected(sc);
}

static void start_input(struct screen *sc, enum input input)
{
	sc->input = input;
	*sc->typed = '\0';
}

static void press(struct screen *sc, int key)
{
	long page = sc->rows > 1 ? (long)sc->rows - 1 : 1;

	if (key == KEY_RESIZE) {
		resize(sc);
		return;
	}
	if (sc->input) {
		type(sc, key);
		return;
	}
	if (sc->help) {
		sc->help = false;
		return;
	}
	switch (key) {
	case 'q':
	case 'Q':
		sc->quit = true;
		break;
	case 'h':
	case '?':
	case KEY_F(1):
		sc->help = true;
		break;
	case 't':
		show(sc, PAGE_TDS);
		break;
	case 'l':
		show(sc, PAGE_LEAVES);
		break;
	case 'c':
		show(sc, PAGE_CPUS);
		break;
	case '\t':
		show(sc, (sc->page->view + 1) % PAGE_VIEWS);
		break;
	case '<':
	case '>':
		page_sort_next(sc->page, key == '<' ? -1 : 1);
		page_arrange(sc->page, sc->sample);
		break;
	case 'r':
	case 'R':
		sc->page->down[sc->page->view] ^= true;
		page_arrange(sc->page, sc->sample);
		break;
	case '/':
		start_input(sc, INPUT_FILTER);
		break;
	case 'd':
	case 's':
		start_input(sc, INPUT_DELAY);
		break;
	case ' ':
		look(sc);
		break;
	case 'k':
		release(sc);
		break;
	case KEY_UP:
		go(sc, -1);
		break;
	case KEY_DOWN:
		go(sc, 1);
		break;
	case KEY_PPAGE:
		go(sc, -page);
		break;
	case KEY_NPAGE:
		go(sc, page);
		break;
	case KEY_HOME:
		go(sc, -(long)sc->page->nr_rows);
		break;
	case KEY_END:
		go(sc, (long)sc->page->nr_rows);
		break;
	default:
		break;
	}
}

/* Waits for keys until the next look is due. */
static void wait_for_keys(struct screen *sc)
{
	uint64_t start = tdxctl_clock_ns(), passed = 0;

	while (!cli_stopped() && !sc->quit && passed < sc->delay_ns) {
		struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
		int key, n = poll(&fd, 1, (int)((sc->delay_ns - passed) / 1000000 + 1));

		/* The terminal is gone. */
		if (n > 0 && !(fd.revents & POLLIN))
			sc->quit = true;
		for (bool any = false; !sc->quit; any = true) {
			key = curses.wgetch(sc->win);
			if (key == ERR) {
				sc->quit = n > 0 && !any && (fd.revents & POLLHUP);
				if (any)
					draw(sc);
				break;
			}
			press(sc, key);
		}
		passed = tdxctl_clock_ns() - start;
	}
}

static int start_curses(struct screen *sc)
{
	char *why = NULL;
	int err = curses_load(&why);

	if (err) {
		cli_error(sc->app, CLI_FAILED, "failed",
			  "Install ncurses (Debian: libncursesw6), or use 'tdxctl top -b'.",
			  "top needs ncurses: %s", why ? why : "cannot load it");
		free(why);
		return CLI_FAILED;
	}
	/* ncurses decodes text by the locale too. */
	text_locale();
	sc->out = fdopen(dup(STDOUT_FILENO), "w");
	sc->term = sc->out ? curses.newterm(NULL, sc->out, stdin) : NULL;
	if (!sc->term)
		return cli_error(sc->app, CLI_USAGE, "usage", "Use 'tdxctl top -b'.",
				 "top cannot draw on this terminal (TERM)");
	curses.cbreak();
	curses.noecho();
	curses.curs_set(0);
	sc->win = curses.newwin(0, 0, 0, 0);
	if (!sc->win) {
		curses.endwin();
		return cli_error(sc->app, CLI_FAILED, "no-memory", "", "out of memory");
	}
	curses.keypad(sc->win, true);
	curses.nodelay(sc->win, true);
	sc->colours = cli_colour(sc->app, true) && curses.has_colors() && !curses.start_color() &&
		      !curses.use_default_colors();
	if (sc->colours) {
		curses.init_pair(PAIR_GOOD, COLOR_GREEN, -1);
		curses.init_pair(PAIR_WARN, COLOR_YELLOW, -1);
		curses.init_pair(PAIR_BAD, COLOR_RED, -1);
	}
	return CLI_OK;
}

int screen_run(struct cli_app *app, struct page *p, struct sample *s, uint64_t delay_ns)
{
	struct screen sc = { .app = app, .page = p, .sample = s, .delay_ns = delay_ns };
	int code;

	/* Before ncurses, which leaves handlers alone that are set. */
	cli_stop_begin();
	cli_stop_on(SIGHUP);
	code = start_curses(&sc);
	if (code)
		return code;
	while (!cli_stopped() && !sc.quit) {
		draw(&sc);
		wait_for_keys(&sc);
		if (!cli_stopped() && !sc.quit)
			look(&sc);
	}
	curses.delwin(sc.win);
	curses.endwin();
	curses.delscreen(sc.term);
	fclose(sc.out);
	return CLI_OK;
}
