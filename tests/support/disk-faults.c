/*
 * A disk that misbehaves, for LD_PRELOAD in front of a program under test.
 *   DISK_FSYNC_MS=500        every fsync and fdatasync takes this long more
 *   DISK_FULL_WHEN=/file     while /file exists, no write at a position finds room (ENOSPC)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static void slow(void) {
  const char *text = getenv("DISK_FSYNC_MS");
  long ms = text ? atol(text) : 0;
  struct timespec wait = {ms / 1000, (ms % 1000) * 1000000L};
  if (ms > 0) nanosleep(&wait, NULL);
}

static int full(void) {
  const char *flag = getenv("DISK_FULL_WHEN");
  return flag && access(flag, F_OK) == 0;
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  slow();
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  slow();
  return real(fd);
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite");
  if (full()) {
    errno = ENOSPC;
    return -1;
  }
  return real(fd, data, count, at);
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  if (full()) {
    errno = ENOSPC;
    return -1;
  }
  return real(fd, data, count, at);
}
