/* Preloaded into the program: makes chosen calls on files fail as odd file systems do.
 * FAIL_CALLS="CALL ERRNO PART;...": CALL on a path that holds PART fails with ERRNO. PART may be empty. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failing(const char *call, const char *path) {
  const char *rule = getenv("FAIL_CALLS");
  while (rule && *rule) {
    char name[32], part[256] = "";
    int number = 0;
    if (sscanf(rule, "%31s %d %255[^;]", name, &number, part) >= 2 && !strcmp(name, call) && path && strstr(path, part)) return number;
    rule = strchr(rule, ';');
    if (rule) rule++;
  }
  return 0;
}

static int failing_fd(const char *call, int fd) {
  char link[64], path[4096];
  if (!getenv("FAIL_CALLS")) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return failing(call, path);
}

#define FAIL(number, result) do { int e = (number); if (e) { errno = e; return result; } } while (0)
#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name)) dlsym(RTLD_NEXT, #name)

DIR *opendir(const char *p) { REAL(opendir); FAIL(failing("list", p), 0); return real(p); }
struct dirent64 *readdir64(DIR *d) { REAL(readdir64); FAIL(failing_fd("entries", dirfd(d)), 0); return real(d); }
int statx(int d, const char *restrict p, int f, unsigned m, struct statx *restrict s) { REAL(statx); if (p && *p) FAIL(failing("look", p), -1); return real(d, p, f, m, s); }
ssize_t read(int fd, void *b, size_t n) { REAL(read); FAIL(failing_fd("read", fd), -1); return real(fd, b, n); }
ssize_t write(int fd, const void *b, size_t n) { REAL(write); if (fd > 2) FAIL(failing_fd("write", fd), -1); return real(fd, b, n); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); FAIL(failing_fd("resize", fd), -1); return real(fd, n); }
int fsync(int fd) { REAL(fsync); FAIL(failing_fd("sync", fd), -1); return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); FAIL(failing_fd("sync", fd), -1); return real(fd); }
int futimens(int fd, const struct timespec t[2]) { REAL(futimens); FAIL(failing_fd("setTime", fd), -1); return real(fd, t); }
int flock(int fd, int how) { static int (*real)(int, int); if (!real) real = dlsym(RTLD_NEXT, "flock"); FAIL(failing_fd("lock", fd), -1); return real(fd, how); }
int link(const char *a, const char *b) { REAL(link); FAIL(failing("link", b), -1); return real(a, b); }
int linkat(int d, const char *a, int e, const char *b, int f) { REAL(linkat); FAIL(failing("link", b), -1); return real(d, a, e, b, f); }
int rename(const char *a, const char *b) { REAL(rename); FAIL(failing("rename", b), -1); return real(a, b); }
int mkdir(const char *p, mode_t m) { REAL(mkdir); FAIL(failing("makeFolder", p), -1); return real(p, m); }

static int opened(const char *p, int flags) {
  const char *name = strrchr(p, '/'), *most = getenv("NAME_BYTES_MAX");
  if (most && strlen(name ? name + 1 : p) > (size_t) atoi(most)) return ENAMETOOLONG;
  return failing((flags & O_ACCMODE) == O_RDONLY ? "open" : "create", p);
}

int open64(const char *p, int flags, ...) {
  REAL(open64);
  va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest);
  FAIL(opened(p, flags), -1);
  return real(p, flags, mode);
}

int open(const char *p, int flags, ...) {
  REAL(open);
  va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, int); va_end(rest);
  FAIL(opened(p, flags), -1);
  return real(p, flags, mode);
}

int utimensat(int d, const char *p, const struct timespec t[2], int f) {
  REAL(utimensat);
  FAIL(p ? failing("setTime", p) : failing_fd("setTime", d), -1);
  return real(d, p, t, f);
}

long syscall(long number, ...) {
  static long (*real)(long, ...);
  if (!real) real = (long (*)(long, ...)) dlsym(RTLD_NEXT, "syscall");
  va_list rest; va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long), d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_utimensat) FAIL(b ? failing("setTime", (const char *) b) : failing_fd("setTime", (int) a), -1);
  return real(number, a, b, c, d, e, f);
}
