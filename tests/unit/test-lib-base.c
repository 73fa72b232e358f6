// SPDX-License-Identifier: GPL-2.0-only
/* The base of lib: text, CPU lists, files of the host and of the user, errors. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "lib-fake.h"

#define SECOND 1000000000ULL

/* What a read() does: it returns at most so many bytes, 0: all; it fails so often, with this errno. */
static size_t read_at_most;
static int read_failures, read_errno, reads;

/* It replaces libc's function in the whole program. */
ssize_t read(int fd, void *buf, size_t n)
{
	reads++;
	if (read_failures) {
		read_failures--;
		errno = read_errno;
		return -1;
	}
	return syscall(SYS_read, fd, buf, read_at_most && n > read_at_most ? read_at_most : n);
}

/* ---- text ---- */

/* Each unit is used up to the next one; only whole units are shown. */
static void durations(void)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} t[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.0 us" },
		{ 999900, "999.9 us" },
		{ 1000000, "1.0 ms" },
		{ 2500000, "2.5 ms" },
		{ 999900000, "999.9 ms" },
		{ SECOND, "1.0 s" },
		{ 59 * SECOND + SECOND / 2, "59.5 s" },
		{ 60 * SECOND, "1 min 00 s" },
		{ 61 * SECOND, "1 min 01 s" },
		{ 3599 * SECOND, "59 min 59 s" },
		{ 3600 * SECOND, "1 h 00 min" },
		{ 3725 * SECOND, "1 h 02 min" },
		{ 86399 * SECOND, "23 h 59 min" },
		{ 86400 * SECOND, "1 d 0 h" },
		{ (3 * 86400 + 2 * 3600 + 3599) * SECOND, "3 d 2 h" },
	};
	char buf[32];

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		tdxctl_duration_str(buf, sizeof(buf), t[i].ns);
		CHECK_STR(buf, t[i].text);
	}
}

static void uuids(void)
{
	static const char good[] = "0123abcd-EF01-2345-6789-abcdefABCDEF";
	char bad[sizeof(good) + 1];

	CHECK(text_is_uuid(good));
	CHECK(!text_is_uuid(""));
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		strcpy(bad, good);
		bad[i] = good[i] == '-' ? '0' : '-';
		CHECK(!text_is_uuid(bad));
		bad[i] = 'g';
		CHECK(!text_is_uuid(bad));
		bad[i] = '\0';
		CHECK(!text_is_uuid(bad));
	}
	snprintf(bad, sizeof(bad), "%s0", good);
	CHECK(!text_is_uuid(bad));
}

/* Nothing from a host can move the cursor of a terminal. */
static void control_characters(void)
{
	char s[] = "a\x01\x1f \x7e\x7f\n\x80z", nul[] = { 'a', 0, 0, 'b', 0, 'c' };
	char *copy = text_dup_plain("one\ttwo", 5);

	text_plain(s);
	CHECK_STR(s, "a?? ~??\x80z");
	CHECK_STR(copy, "one?t");
	free(copy);
	text_no_nul(nul, 5);
	CHECK(!memcmp(nul, "a??b?c", 6));
}

static void lines(void)
{
	size_t n = 0;

	text_each_line(p, "one\n\nthree")
	{
		n++;
		CHECK(n != 1 || !strncmp(p, "one\n", 4));
		CHECK(n != 2 || *p == '\n');
		CHECK(n != 3 || !strcmp(p, "three"));
	}
	CHECK_EQ(n, 3);
	n = 0;
	text_each_line(p, "") n++;
	CHECK_EQ(n, 0);
}

static void growing_text(void)
{
	struct text_buf b = { 0 };

	for (size_t i = 0; i < 3000; i++) {
		CHECK_EQ(text_append(&b, "abcdefghij", i % 10), 0);
		CHECK(b.room > b.len && b.p[b.len] == '\0');
	}
	CHECK_EQ(b.len, 300 * 45);
	CHECK_EQ(strlen(b.p), b.len);
	CHECK(!strncmp(b.p, "aababcabcd", 10));
	/* Memory for text that is not there is not taken. */
	CHECK(b.room < 16 * b.len);
	free(b.p);
}

static int list_cpu(void *arg, unsigned int cpu)
{
	char *out = arg;

	sprintf(out + strlen(out), "%u ", cpu);
	return cpu == 99 ? 7 : 0;
}

static void cpu_lists(void)
{
	static const struct {
		const char *list, *cpus;
		int ret;
	} t[] = {
		{ "0", "0 ", 0 },
		{ "0-3,8", "0 1 2 3 8 ", 0 },
		{ "5-5", "5 ", 0 },
		{ "9,0", "9 0 ", 0 },
		{ "4294967294", "4294967294 ", 0 },
		{ "4294967295", "", -EINVAL },
		{ "0-4294967295", "", -EINVAL },
		{ "98-200", "98 99 ", 7 },
		{ "3-2", "", -EINVAL },
		{ "", "", -EINVAL },
		{ "1,", "1 ", -EINVAL },
		{ "1-", "", -EINVAL },
		{ "1-x", "", -EINVAL },
		{ "-1", "", -EINVAL },
		{ ":", "", -EINVAL },
		{ "1-:", "", -EINVAL },
		{ "/", "", -EINVAL },
		{ "1;2", "1 ", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char got[256] = "";

		CHECK_EQ(cpulist_each(t[i].list, list_cpu, got), t[i].ret);
		CHECK_STR(got, t[i].cpus);
	}
}

/* The examples of RFC 4648, and bytes that use all bits. */
static void base64(void)
{
	static const struct {
		const char *plain, *coded;
	} t[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfb", "//77" },
		{ "\xfb\xf0", "+/A=" },
	};
	static const char *const malformed[] = { "Zg=",	 "Z",	     "Zg==Zg==", "Zm8=Zm8=", "Z===",
						 "====", "Zm9v\n",   "Zm.v",	 "=m9v",     "Zm=v",
						 "-_-_", "Zm9vZg=x", " Zg=" };
	void *plain;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		char *coded = tdxctl_base64(t[i].plain, strlen(t[i].plain));

		CHECK_STR(coded, t[i].coded);
		free(coded);
		if (!CHECK_EQ(tdxctl_base64_decode(t[i].coded, &plain, &len), 0))
			continue;
		CHECK_EQ(len, strlen(t[i].plain));
		CHECK(!memcmp(plain, t[i].plain, len));
		free(plain);
	}
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		CHECK_EQ(tdxctl_base64_decode(malformed[i], &plain, &len), -EINVAL);
}

/* ---- errors and log ---- */

static enum tdxctl_log_level level;
static char logged[1024];

static void note(void *arg, enum tdxctl_log_level l, const char *msg)
{
	CHECK_STR(arg, "mine");
	level = l;
	snprintf(logged, sizeof(logged), "%s", msg);
}

static void errors(void)
{
	static char mine[] = "mine";
	struct tdxctl_ctx *ctx;

	CHECK_EQ(tdxctl_new(&ctx), 0);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_STR(tdxctl_hint(ctx), "");
	CHECK_EQ(ctx_fail(ctx, -EIO, "try\nagain", "file %s", "a\x1b"), -EIO);
	CHECK_STR(tdxctl_error(ctx), "file a?");
	CHECK_STR(tdxctl_hint(ctx), "try?again");
	/* The hint of an earlier error does not stay. */
	tdxctl_set_log(ctx, note, mine);
	CHECK_EQ(ctx_fail(ctx, -ENOENT, NULL, "second\n"), -ENOENT);
	CHECK_STR(tdxctl_error(ctx), "second?");
	CHECK_STR(tdxctl_hint(ctx), "");
	CHECK_EQ(level, TDXCTL_LOG_DEBUG);
	CHECK_STR(logged, "second? (No such file or directory)");
	ctx_log(ctx, TDXCTL_LOG_ERR, "%d\t", 5);
	CHECK_EQ(level, TDXCTL_LOG_ERR);
	CHECK_STR(logged, "5?");
	CHECK_EQ(ctx_nomem(ctx), -ENOMEM);
	CHECK(strstr(tdxctl_error(ctx), "memory"));
	ctx_clear(ctx);
	CHECK_STR(tdxctl_error(ctx), "");
	ctx_fail(ctx, -EIO, "hint", "error");
	ctx_clear(ctx);
	CHECK_STR(tdxctl_hint(ctx), "");
	tdxctl_free(ctx);
	/* Without a context there is only the number. */
	CHECK_EQ(ctx_fail(NULL, -EIO, NULL, "x"), -EIO);
	ctx_log(NULL, TDXCTL_LOG_ERR, "x");
}

/* ---- files of the host ---- */

static void first_lines(void)
{
	struct tdxctl_ctx *ctx;
	char buf[8];

	fake_new();
	fake_file("line", "seven77\nmore\n");
	fake_file("long", "eight888");
	fake_file("empty", "");
	ctx = fake_live();
	CHECK_EQ(root_read_line(ctx, "/line", buf, sizeof(buf)), 0);
	CHECK_STR(buf, "seven77");
	CHECK_EQ(root_read_line(ctx, "/long", buf, sizeof(buf)), 0);
	CHECK_STR(buf, "eight88");
	CHECK_EQ(root_read_line(ctx, "/empty", buf, sizeof(buf)), 0);
	CHECK_STR(buf, "");
	CHECK_EQ(root_read_line(ctx, "/none", buf, sizeof(buf)), -ENOENT);
	CHECK_EQ(root_read_line(ctx, "/", buf, sizeof(buf)), -EISDIR);
	CHECK(root_exists(ctx, "/line") && root_exists(ctx, "line") && root_exists(ctx, "/"));
	CHECK(!root_exists(ctx, "/none"));
	tdxctl_free(ctx);
	fake_end();
}

/* Some files of the kernel return a line in pieces, and a signal may interrupt a read. */
static void first_line_in_pieces(void)
{
	struct tdxctl_ctx *ctx;
	char buf[8];

	fake_new();
	fake_file("line", "seven77\nmore\n");
	fake_file("long", "eight888");
	fake_file("short", "ab\ncdef\n");
	ctx = fake_live();
	for (read_at_most = 1; read_at_most < 9; read_at_most++) {
		CHECK_EQ(root_read_line(ctx, "/line", buf, sizeof(buf)), 0);
		CHECK_STR(buf, "seven77");
		CHECK_EQ(root_read_line(ctx, "/long", buf, sizeof(buf)), 0);
		CHECK_STR(buf, "eight88");
		CHECK_EQ(root_read_line(ctx, "/short", buf, sizeof(buf)), 0);
		CHECK_STR(buf, "ab");
	}
	/* Nothing is read after the end of the line, or when the buffer is full. */
	read_at_most = 3;
	reads = 0;
	CHECK_EQ(root_read_line(ctx, "/short", buf, sizeof(buf)), 0);
	CHECK_EQ(reads, 1);
	reads = 0;
	CHECK_EQ(root_read_line(ctx, "/line", buf, sizeof(buf)), 0);
	CHECK_EQ(reads, 3);
	read_at_most = 0;
	for (int i = 1; i < 3; i++) {
		read_failures = i;
		read_errno = EINTR;
		CHECK_EQ(root_read_line(ctx, "/line", buf, sizeof(buf)), 0);
		CHECK_STR(buf, "seven77");
	}
	/* An error of an earlier call is not an error of this one. */
	fake_file("empty", "");
	errno = EINTR;
	CHECK_EQ(root_read_line(ctx, "/empty", buf, sizeof(buf)), 0);
	CHECK_STR(buf, "");
	read_failures = 1;
	read_errno = EIO;
	CHECK_EQ(root_read_line(ctx, "/line", buf, sizeof(buf)), -EIO);
	CHECK_EQ(read_failures, 0);
	CHECK_STR(buf, "");
	tdxctl_free(ctx);
	fake_end();
}

static void numbers(void)
{
	static const struct {
		const char *text;
		uint64_t value;
		int err;
	} t[] = {
		{ "0\n", 0, 0 },
		{ "9", 9, 0 },
		{ "0x1F\n", 31, 0 },
		{ "18446744073709551615\n", UINT64_MAX, 0 },
		{ "18446744073709551616\n", 0, -EINVAL },
		{ "", 0, -EINVAL },
		{ "-1\n", 0, -EINVAL },
		{ " 1\n", 0, -EINVAL },
		{ "1 \n", 0, -EINVAL },
		{ ":\n", 0, -EINVAL },
		{ "/\n", 0, -EINVAL },
		{ "max\n", 0, -EINVAL },
	};
	struct tdxctl_ctx *ctx;
	uint64_t v;

	fake_new();
	ctx = fake_live();
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		fake_file("n", t[i].text);
		CHECK_EQ(root_read_u64(ctx, "/n", &v), t[i].err);
		if (!t[i].err)
			CHECK_EQ(v, t[i].value);
	}
	CHECK_EQ(root_read_u64(ctx, "/none", &v), -ENOENT);
	tdxctl_free(ctx);
	fake_end();
}

static int add(void *arg, unsigned int n)
{
	uint64_t *sum = arg;

	*sum += n;
	return n == 13 ? 5 : 0;
}

static int count(void *arg, const char *name)
{
	(void)name;
	++*(int *)arg;
	return 0;
}

static void directories(void)
{
	struct tdxctl_ctx *ctx;
	uint64_t sum = 0;
	char buf[5];
	int n = 0;

	fake_new();
	fake_file("d/0", "");
	fake_file("d/9", "");
	fake_file("d/2147483647", "");
	fake_file("d/2147483648", "");
	fake_file("d/99999999999999999999", "");
	fake_file("d/7x", "");
	fake_file("d/x7", "");
	fake_file("d/:", "");
	fake_file("d/-3", "");
	ctx = fake_live();
	CHECK_EQ(root_each_number(ctx, "/d", add, &sum), 0);
	CHECK_EQ(sum, 9ULL + 2147483647);
	CHECK_EQ(root_each(ctx, "/d", count, &n), 0);
	CHECK_EQ(n, 9);
	fake_file("d/13", "");
	CHECK_EQ(root_each_number(ctx, "/d", add, &sum), 5);
	CHECK_EQ(root_each_number(ctx, "/none", add, &sum), -ENOENT);
	CHECK_EQ(root_each(ctx, "/d/0", count, &n), -ENOTDIR);
	fake_link("link", "target");
	CHECK_EQ(root_readlink(ctx, "/link", buf, sizeof(buf)), 0);
	CHECK_STR(buf, "targ");
	CHECK_EQ(root_readlink(ctx, "/none", buf, sizeof(buf)), -ENOENT);
	CHECK(root_readlink(ctx, "/d/0", buf, sizeof(buf)) < 0);
	tdxctl_free(ctx);
	fake_end();
}

/* Up to the limit and not a byte more; every length ends with a NUL. */
static void whole_files(void)
{
	static char data[5000];
	struct tdxctl_ctx *ctx;
	char *text;
	size_t len;

	memset(data, 'x', sizeof(data));
	fake_new();
	ctx = fake_live();
	for (size_t n = 1021; n < 1026; n++) {
		fake_bytes("f", data, n);
		CHECK_EQ(root_read(ctx, "/f", n, &text), n);
		CHECK_EQ(strlen(text), n);
		free(text);
		CHECK_EQ(root_read(ctx, "/f", n - 1, &text), -EFBIG);
	}
	fake_bytes("f", data, sizeof(data));
	CHECK_EQ(root_read(ctx, "/f", 1 << 20, &text), sizeof(data));
	CHECK(!memcmp(text, data, sizeof(data)) && !text[sizeof(data)]);
	free(text);
	CHECK_EQ(file_read(fake_path("f"), sizeof(data), &text, &len), 0);
	CHECK_EQ(len, sizeof(data));
	free(text);
	CHECK_EQ(file_read(fake_path("f"), sizeof(data) - 1, &text, &len), -EFBIG);
	CHECK_EQ(file_read(fake_path("none"), 1, &text, &len), -ENOENT);
	CHECK_EQ(file_read(fake_dir, 1, &text, &len), -EINVAL);
	CHECK_EQ(mkfifo(fake_path("fifo"), 0644), 0);
	CHECK_EQ(file_read(fake_path("fifo"), 1, &text, &len), -EINVAL);
	tdxctl_free(ctx);
	fake_end();
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal during read(2) loses nothing. */
static void interrupted_read(void)
{
	struct sigaction act = { .sa_handler = on_alarm };
	int fd[2], status;
	char *text;
	pid_t pid;

	CHECK_EQ(sigaction(SIGUSR1, &act, NULL), 0);
	CHECK_EQ(pipe(fd), 0);
	pid = fork();
	if (!pid) {
		bool sent = true;

		close(fd[0]);
		for (int i = 0; i < 5; i++) {
			usleep(10000);
			sent &= !kill(getppid(), SIGUSR1);
		}
		sent &= write(fd[1], "all", 3) == 3;
		_exit(!sent);
	}
	close(fd[1]);
	CHECK_EQ(fd_read(fd[0], 100, &text), 3);
	CHECK_STR(text, "all");
	free(text);
	close(fd[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(fd_read(-1, 100, &text), -EBADF);
}

/* ---- files of the user ---- */

static unsigned int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static size_t entries(void)
{
	struct tdxctl_ctx *ctx = fake_live();
	int n = 0;

	CHECK_EQ(root_each(ctx, "/", count, &n), 0);
	tdxctl_free(ctx);
	return (size_t)n;
}

static void replaced_files(void)
{
	char path[512];
	mode_t before = umask(027);
	struct stat st;
	char *text;
	size_t len;

	fake_new();
	snprintf(path, sizeof(path), "%s", fake_path("new"));
	CHECK_EQ(file_replace(path, "one", 0, false), 0);
	CHECK_EQ(mode_of(path), 0640);
	CHECK_EQ(chmod(path, 0604), 0);
	CHECK_EQ(file_replace(path, "two", 0, false), 0);
	CHECK_EQ(mode_of(path), 0604);
	CHECK_EQ(file_replace(path, "three", 0600, false), 0);
	CHECK_EQ(mode_of(path), 0600);
	CHECK_EQ(file_replace(path, "four", 0, true), -EEXIST);
	CHECK_EQ(file_read(path, 100, &text, &len), 0);
	CHECK_STR(text, "three");
	free(text);
	CHECK_EQ(entries(), 1);
	CHECK_EQ(file_replace(fake_path("excl"), "five", 0, true), 0);
	CHECK_EQ(mode_of(fake_path("excl")), 0640);
	CHECK_EQ(entries(), 2);
	/* The target of a link is replaced, and the link stays. */
	fake_link("link", "new");
	CHECK_EQ(file_replace(fake_path("link"), "six", 0, false), 0);
	CHECK(!lstat(fake_path("link"), &st) && S_ISLNK(st.st_mode));
	CHECK_EQ(file_read(path, 100, &text, &len), 0);
	CHECK_STR(text, "six");
	free(text);
	CHECK_EQ(file_replace(fake_dir, "x", 0, false), -EINVAL);
	CHECK_EQ(file_replace(fake_path("none/x"), "x", 0, false), -ENOENT);
	/* A file of another user that root replaces stays with that user. */
	CHECK(geteuid() || !chown(path, 65534, 65533));
	CHECK_EQ(file_replace(path, "seven", 0, false), 0);
	CHECK(!stat(path, &st) && (geteuid() || (st.st_uid == 65534 && st.st_gid == 65533)));
	CHECK_EQ(entries(), 3);
	fake_end();
	umask(before);
}

static void text_files(void)
{
	struct tdxctl_ctx *ctx;

	fake_new();
	CHECK_EQ(tdxctl_new(&ctx), 0);
	CHECK_EQ(tdxctl_textfile_write(ctx, fake_path("t"), "x\n"), 0);
	CHECK_EQ(mode_of(fake_path("t")), 0644);
	CHECK_STR(tdxctl_error(ctx), "");
	CHECK_EQ(tdxctl_textfile_write(ctx, fake_dir, "x\n"), -EINVAL);
	CHECK(strstr(tdxctl_error(ctx), "not a regular file"));
	CHECK_STR(tdxctl_hint(ctx), "specify a regular file");
	CHECK_EQ(tdxctl_textfile_write(ctx, fake_path("none/t"), "x\n"), -ENOENT);
	CHECK(strstr(tdxctl_error(ctx), "No such file"));
	CHECK(strstr(tdxctl_hint(ctx), "existing directory"));
	tdxctl_free(ctx);
	fake_end();
}

int main(void)
{
	RUN(durations);
	RUN(uuids);
	RUN(control_characters);
	RUN(lines);
	RUN(growing_text);
	RUN(cpu_lists);
	RUN(base64);
	RUN(errors);
	RUN(first_lines);
	RUN(first_line_in_pieces);
	RUN(numbers);
	RUN(directories);
	RUN(whole_files);
	RUN(interrupted_read);
	RUN(replaced_files);
	RUN(text_files);
	return check_done("lib-base");
}
