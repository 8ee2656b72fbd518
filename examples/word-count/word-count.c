// Counts words in text files: word-count [FOLDER [FILE]]
//
// Reads every file below FOLDER (default /inputs) that belongs to this partition and writes one line per word, the most
// frequent first: its count, a tab, the word. They go to FILE, or to standard output. Files are dealt out by their place
// in the sorted list of all paths: number i belongs to partition i mod BACALHAU_PARTITION_COUNT.
//
// A word is a run of letters, digits and bytes above 127 (so words of all languages stay whole), in lower case; an
// apostrophe may stand inside.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  char *text;
  uint64_t count;
} Word;

static Word *slots;
static size_t capacity, used;

static void *need(void *memory) {
  if (memory) return memory;
  fputs("word-count: out of memory\n", stderr);
  exit(1);
}

static uint64_t hash(const char *text) {
  uint64_t value = 14695981039346656037u;
  for (; *text; text++) value = (value ^ (unsigned char)*text) * 1099511628211u;
  return value;
}

static Word *slot_of(Word *table, size_t size, const char *text) {
  size_t at = hash(text) & (size - 1);
  while (table[at].text && strcmp(table[at].text, text) != 0) at = (at + 1) & (size - 1);
  return &table[at];
}

static void grow(void) {
  size_t size = capacity ? capacity * 2 : 1 << 14;
  Word *table = need(calloc(size, sizeof *table));
  for (size_t i = 0; i < capacity; i++) {
    if (slots[i].text) *slot_of(table, size, slots[i].text) = slots[i];
  }
  free(slots);
  slots = table;
  capacity = size;
}

static void count(char *text, size_t length) {
  while (length > 0 && text[length - 1] == '\'') length--;
  if (length == 0) return;
  text[length] = 0;
  if (used * 4 >= capacity * 3) grow();
  Word *word = slot_of(slots, capacity, text);
  if (!word->text) {
    word->text = need(strdup(text));
    used++;
  }
  word->count++;
}

static int is_letter(int byte) { return byte > 127 || isalnum(byte); }

static void count_file(const char *path) {
  static char block[1 << 16];
  char word[256];
  size_t length = 0;
  FILE *file = fopen(path, "r");
  if (!file) {
    fprintf(stderr, "word-count: %s: %s\n", path, strerror(errno));
    exit(1);
  }
  for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;) {
    for (size_t i = 0; i < n; i++) {
      int byte = (unsigned char)block[i];
      if (is_letter(byte) || (byte == '\'' && length > 0)) {
        if (length < sizeof word - 1) word[length++] = tolower(byte);
      } else {
        count(word, length);
        length = 0;
      }
    }
  }
  count(word, length);
  fclose(file);
}

static char **paths;
static size_t path_count;

static void add_path(const char *path) {
  if ((path_count & (path_count - 1)) == 0) {
    paths = need(realloc(paths, (path_count ? path_count * 2 : 1) * sizeof *paths));
  }
  paths[path_count++] = need(strdup(path));
}

static void find_files(const char *path) {
  struct stat state;
  if (stat(path, &state) != 0) {
    fprintf(stderr, "word-count: %s: %s\n", path, strerror(errno));
    exit(1);
  }
  if (S_ISREG(state.st_mode)) add_path(path);
  if (!S_ISDIR(state.st_mode)) return;
  DIR *folder = opendir(path);
  if (!folder) return;
  for (struct dirent *entry; (entry = readdir(folder));) {
    char inner[4096];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) < (int)sizeof inner) find_files(inner);
  }
  closedir(folder);
}

static int by_path(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int by_count(const void *a, const void *b) {
  const Word *one = a, *other = b;
  if (one->count != other->count) return one->count < other->count ? 1 : -1;
  return strcmp(one->text, other->text);
}

static unsigned long number(const char *name, unsigned long fallback) {
  const char *text = getenv(name);
  return text && *text ? strtoul(text, 0, 10) : fallback;
}

static void write_words(FILE *out) {
  size_t found = 0;
  for (size_t i = 0; i < capacity; i++) {
    if (slots[i].text) slots[found++] = slots[i];
  }
  qsort(slots, found, sizeof *slots, by_count);
  for (size_t i = 0; i < found; i++) fprintf(out, "%llu\t%s\n", (unsigned long long)slots[i].count, slots[i].text);
}

int main(int argc, char **argv) {
  unsigned long partition = number("BACALHAU_PARTITION_INDEX", 0), partitions = number("BACALHAU_PARTITION_COUNT", 1);
  find_files(argc > 1 ? argv[1] : "/inputs");
  qsort(paths, path_count, sizeof *paths, by_path);
  unsigned long mine = 0;
  for (size_t i = 0; i < path_count; i++) {
    if (partitions > 1 && i % partitions != partition) continue;
    count_file(paths[i]);
    mine++;
  }
  FILE *out = argc > 2 ? fopen(argv[2], "w") : stdout;
  if (!out) {
    fprintf(stderr, "word-count: %s: %s\n", argv[2], strerror(errno));
    return 1;
  }
  write_words(out);
  fprintf(stderr, "partition %lu of %lu: %lu of %zu files\n", partition + 1, partitions, mine, path_count);
  return fclose(out) == 0 ? 0 : 1;
}
