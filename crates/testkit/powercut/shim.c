/*
 * A simulated power cut, preloaded into a program: beside the program's directory it keeps a copy
 * of everything that a disk would still hold if the power failed now.
 *
 * The model, stricter than any file system in use:
 *   - a file's content is durable once fsync or fdatasync on it has returned;
 *   - a name (created, renamed, removed) is durable once its directory was synced, and not before;
 *   - everything is durable that is there when the first process starts; nothing else is.
 *
 * $POWERCUT_ROOT is the directory under watch. $POWERCUT_SHADOW gets
 *   files/ID         the synced contents of one file
 *   directories/ID/  the synced names of one directory: hard links to files/ID, and symbolic links
 *                    that say the ID of a directory
 *   root             the ID of $POWERCUT_ROOT; made last, so without it nothing has run yet
 * where an ID is inode number and birth time, as inode numbers are used again.
 *
 * A copy is written over the older one in place. A process that is killed during this leaves a
 * mixture of old and new pages, like a power cut in the middle of a sync.
 *
 * Not tracked: msync, O_SYNC, syncfs and raw system calls. Data synced in these ways counts as
 * lost. Bytes that another thread writes to a file while it is being copied may be kept.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COPY_CHUNK = 256 * 1024, ID_SIZE = 64 };

static const char *root;
static const char *shadow;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* If the shim fails to keep synced data, the test would wrongly blame the program. */
static void give_up(const char *doing, const char *path) {
    fprintf(stderr, "powercut shim: %s %s: %s\n", doing, path, strerror(errno));
    abort();
}

static void join(char path[PATH_MAX], const char *folder, const char *first, const char *second) {
    int length = snprintf(path, PATH_MAX, "%s/%s%s%s%s%s", shadow, folder, first[0] ? "/" : "",
                          first, second[0] ? "/" : "", second);
    if (PATH_MAX <= length) {
        errno = ENAMETOOLONG;
        give_up("naming", shadow);
    }
}

static struct statx status_of(int directory, const char *name) {
    struct statx status;
    int flags = AT_SYMLINK_NOFOLLOW | (name[0] ? 0 : AT_EMPTY_PATH);
    if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0)
        give_up("looking at", name);
    return status;
}

static void id_of(char id[ID_SIZE], const struct statx *status) {
    snprintf(id, ID_SIZE, "%llu-%lld.%09u", (unsigned long long)status->stx_ino,
             (long long)status->stx_btime.tv_sec, status->stx_btime.tv_nsec);
}

/* Keeps the contents of the file behind `file`, which must be open for reading. */
static void keep_contents(int file) {
    static char chunk[COPY_CHUNK]; /* guarded by one_at_a_time */
    struct statx status = status_of(file, "");
    char id[ID_SIZE], kept[PATH_MAX];
    id_of(id, &status);
    join(kept, "files", id, "");
    int copy = open(kept, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (copy < 0 || fchmod(copy, status.stx_mode & 07777) != 0) give_up("opening", kept);
    off_t offset = 0;
    for (;;) {
        ssize_t got = pread(file, chunk, sizeof chunk, offset);
        if (got < 0) give_up("reading for", kept);
        if (got == 0) break;
        if (pwrite(copy, chunk, got, offset) != got) give_up("writing", kept);
        offset += got;
    }
    if (ftruncate(copy, offset) != 0) give_up("shortening", kept);
    close(copy);
}

/* Keeps the name of a file. A file that was never synced is empty after a power cut. */
static void keep_file_name(const char *directory_id, const char *name, const struct statx *status) {
    char id[ID_SIZE], kept[PATH_MAX], spare[PATH_MAX], named[PATH_MAX];
    id_of(id, status);
    join(kept, "files", id, "");
    join(spare, "spare", "", "");
    join(named, "directories", directory_id, name);
    int empty = open(kept, O_WRONLY | O_CREAT | O_CLOEXEC, status->stx_mode & 07777);
    if (empty < 0) give_up("opening", kept);
    close(empty);
    unlink(spare);
    /* rename replaces an older file in one step, but does nothing for two links to one file. */
    if (link(kept, spare) != 0 || rename(spare, named) != 0) give_up("naming", named);
    unlink(spare);
}

static void keep_directory_name(const char *directory_id, const char *name,
                                const struct statx *status) {
    char id[ID_SIZE], named[PATH_MAX];
    id_of(id, status);
    join(named, "directories", directory_id, name);
    unlink(named);
    if (symlink(id, named) != 0) give_up("naming", named);
}

static void forget_removed_names(int directory, const char *kept_names) {
    DIR *names = opendir(kept_names);
    if (names == NULL) give_up("listing", kept_names);
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (faccessat(directory, entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) continue;
        if (unlinkat(dirfd(names), entry->d_name, 0) != 0) give_up("forgetting", entry->d_name);
    }
    closedir(names);
}

/* Makes the present names in `directory` durable. */
static void keep_names(int directory) {
    struct statx status = status_of(directory, "");
    char id[ID_SIZE], kept_names[PATH_MAX];
    id_of(id, &status);
    join(kept_names, "directories", id, "");
    if (mkdir(kept_names, 0700) != 0 && errno != EEXIST) give_up("making", kept_names);

    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = again < 0 ? NULL : fdopendir(again);
    if (names == NULL) give_up("listing for", kept_names);
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        /* Another thread may have removed it since it was listed. */
        if (faccessat(directory, entry->d_name, F_OK, AT_SYMLINK_NOFOLLOW) != 0) continue;
        struct statx child = status_of(directory, entry->d_name);
        if (S_ISREG(child.stx_mode)) keep_file_name(id, entry->d_name, &child);
        if (S_ISDIR(child.stx_mode)) keep_directory_name(id, entry->d_name, &child);
    }
    closedir(names);
    forget_removed_names(directory, kept_names);
}

/* Keeps a directory with its whole content: the state before the first process. */
static void keep_everything(int directory) {
    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = again < 0 ? NULL : fdopendir(again);
    if (names == NULL) give_up("listing", root);
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        struct statx child = status_of(directory, entry->d_name);
        if (!S_ISREG(child.stx_mode) && !S_ISDIR(child.stx_mode)) continue;
        int file = openat(directory, entry->d_name, O_RDONLY | O_CLOEXEC);
        if (file < 0) give_up("opening", entry->d_name);
        if (S_ISREG(child.stx_mode))
            keep_contents(file);
        else
            keep_everything(file);
        close(file);
    }
    closedir(names);
    keep_names(directory);
}

__attribute__((constructor)) static void begin(void) {
    root = getenv("POWERCUT_ROOT");
    shadow = getenv("POWERCUT_SHADOW");
    if (root == NULL || shadow == NULL) {
        fprintf(stderr, "powercut shim: POWERCUT_ROOT and POWERCUT_SHADOW must be set\n");
        abort();
    }
    char path[PATH_MAX], id[ID_SIZE];
    join(path, "root", "", "");
    if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return;
    join(path, "files", "", "");
    if (mkdir(path, 0700) != 0) give_up("making", path);
    join(path, "directories", "", "");
    if (mkdir(path, 0700) != 0) give_up("making", path);

    int directory = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) give_up("opening", root);
    keep_everything(directory);
    struct statx status = status_of(directory, "");
    id_of(id, &status);
    join(path, "root", "", "");
    if (symlink(id, path) != 0) give_up("making", path);
    close(directory);
}

static int is_watched(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    size_t prefix = strlen(root);
    return strncmp(path, root, prefix) == 0 && (path[prefix] == '/' || path[prefix] == '\0');
}

/*
 * Reads through the program's own descriptor if possible: closing another descriptor of the same
 * file would drop the POSIX locks that SQLite holds on it.
 */
static void keep_synced_file(int file) {
    if ((fcntl(file, F_GETFL) & O_ACCMODE) != O_WRONLY) {
        keep_contents(file);
        return;
    }
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int readable = open(link, O_RDONLY | O_CLOEXEC);
    if (readable < 0) give_up("opening", link);
    keep_contents(readable);
    close(readable);
}

static int after_sync(int file, long result) {
    if (result != 0 || !is_watched(file)) return (int)result;
    int errno_before = errno;
    pthread_mutex_lock(&one_at_a_time);
    struct statx status = status_of(file, "");
    if (S_ISREG(status.stx_mode)) keep_synced_file(file);
    if (S_ISDIR(status.stx_mode)) keep_names(file);
    pthread_mutex_unlock(&one_at_a_time);
    errno = errno_before;
    return 0;
}

int fsync(int file) { return after_sync(file, syscall(SYS_fsync, file)); }

int fdatasync(int file) { return after_sync(file, syscall(SYS_fdatasync, file)); }
