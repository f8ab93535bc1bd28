/*
 * A disk that misbehaves, for LD_PRELOAD in front of a program under test. Each file is read anew at every call.
 *   DISK_SLOW_WHEN=/file     while /file exists, every fsync and fdatasync takes as many ms more as it says
 *   DISK_REFUSES_WHEN=/file  while /file exists, every write at a position fails with the errno that it says
 *   DISK_COUNTS=/file        syncs, writes at a position and their bytes, as three 64-bit numbers, counted while it runs
 *   DISK_SURVIVES=/folder    what a power cut leaves: the content of every file in DISK_OF as it was when its last fsync or
 *                            fdatasync returned, by inode, and the names that were there when the folder was last synced
 *   DISK_OF=/folder          the files to which DISK_SURVIVES applies
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* The number in the file that the variable names; 0 without it. Leaves errno as it was. */
static long number(const char *variable) {
  const char *path = getenv(variable);
  if (!path) return 0;
  int before = errno;
  char text[16] = "";
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    if (read(fd, text, sizeof text - 1) < 0) text[0] = 0;
    close(fd);
  }
  errno = before;
  return atol(text);
}

/* Shared with who reads the file; threads count at the same time. */
static void count(int what, long by) {
  static long *counts;
  const char *path = getenv("DISK_COUNTS");
  if (!path) return;
  if (!counts) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *shared = mmap(NULL, 3 * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED) return;
    counts = shared;
  }
  __atomic_fetch_add(counts + what, by, __ATOMIC_RELAXED);
}

static void slow(void) {
  long ms = number("DISK_SLOW_WHEN");
  struct timespec wait = {ms / 1000, (ms % 1000) * 1000000L};
  if (ms > 0) nanosleep(&wait, NULL);
}

/* Written beside and renamed: a kill in the middle leaves the copy of the sync before, as the disk would. */
static void keep_file(const char *path, const char *survives, ino_t inode) {
  char next[4200], last[4200];
  snprintf(next, sizeof next, "%s/%lu.new", survives, (unsigned long)inode);
  snprintf(last, sizeof last, "%s/%lu", survives, (unsigned long)inode);
  int from = open(path, O_RDONLY | O_CLOEXEC), to = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  while (from >= 0 && to >= 0 && sendfile(to, from, NULL, 1 << 24) > 0) continue;
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  rename(next, last);
}

static void keep_names(const char *path, const char *survives) {
  char next[4200], last[4200];
  snprintf(next, sizeof next, "%s/names.new", survives);
  snprintf(last, sizeof last, "%s/names", survives);
  DIR *folder = opendir(path);
  FILE *to = fopen(next, "we");
  for (struct dirent *entry; folder && to && (entry = readdir(folder));)
    if (entry->d_type == DT_REG) fprintf(to, "%lu %s\n", (unsigned long)entry->d_ino, entry->d_name);
  if (folder) closedir(folder);
  if (to) fclose(to);
  rename(next, last);
}

static void keep(int fd) {
  const char *survives = getenv("DISK_SURVIVES"), *of = getenv("DISK_OF");
  char link[64], path[4096];
  struct stat stat;
  if (!survives || !of || fstat(fd, &stat) != 0) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  if (strncmp(path, of, strlen(of)) != 0) return;
  if (S_ISDIR(stat.st_mode)) keep_names(path, survives);
  else keep_file(path, survives, stat.st_ino);
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  slow();
  int result = real(fd);
  if (result == 0) keep(fd);
  count(0, 1);
  return result;
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  slow();
  int result = real(fd);
  if (result == 0) keep(fd);
  count(0, 1);
  return result;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  static ssize_t (*real)(int, const void *, size_t, off_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite");
  long refusal = number("DISK_REFUSES_WHEN");
  if (refusal) {
    errno = (int)refusal;
    return -1;
  }
  count(1, 1);
  count(2, (long)size);
  return real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
  long refusal = number("DISK_REFUSES_WHEN");
  if (refusal) {
    errno = (int)refusal;
    return -1;
  }
  count(1, 1);
  count(2, (long)size);
  return real(fd, data, size, at);
}
