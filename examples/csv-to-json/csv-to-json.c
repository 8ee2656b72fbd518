// Turns tables into lines of JSON: csv-to-json FOLDER FOLDER
//
// Each *.csv of the first folder becomes a *.jsonl in the second, with one object per record; its keys are the first record.
// What is a number in JSON stays a number, an empty field becomes null, and all else is a string.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include "../csv.h"

static int is_number(const char *text) {
  if (*text == '-') text++;
  if (*text == '0' && isdigit((unsigned char)text[1])) return 0;
  if (!isdigit((unsigned char)*text)) return 0;
  while (isdigit((unsigned char)*text)) text++;
  if (*text == '.') {
    if (!isdigit((unsigned char)*++text)) return 0;
    while (isdigit((unsigned char)*text)) text++;
  }
  return *text == 0;
}

static void write_string(FILE *out, const char *text) {
  putc('"', out);
  for (; *text; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\') fprintf(out, "\\%c", byte);
    else if (byte < 0x20) fprintf(out, "\\u%04x", byte);
    else putc(byte, out);
  }
  putc('"', out);
}

static void write_value(FILE *out, const char *text) {
  if (*text == 0) fputs("null", out);
  else if (is_number(text)) fputs(text, out);
  else write_string(out, text);
}

static unsigned long convert(FILE *table, FILE *out) {
  static Record names, record;
  unsigned long lines = 0;
  if (!read_record(table, &names)) return 0;
  for (; read_record(table, &record); lines++) {
    for (size_t i = 0; i < names.count; i++) {
      fputs(i ? "," : "{", out);
      write_string(out, field_of(&names, i));
      putc(':', out);
      write_value(out, field_of(&record, i));
    }
    fputs("}\n", out);
  }
  return lines;
}

static FILE *opened(const char *folder, const char *name, size_t length, const char *ending, const char *mode) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)length, name, ending);
  FILE *file = fopen(path, mode);
  if (file) return file;
  fprintf(stderr, "csv-to-json: %s: %s\n", path, strerror(errno));
  exit(1);
}

int main(int argc, char **argv) {
  DIR *folder = argc == 3 ? opendir(argv[1]) : 0;
  if (!folder) {
    fputs("usage: csv-to-json FOLDER FOLDER\n", stderr);
    return 2;
  }
  for (struct dirent *entry; (entry = readdir(folder));) {
    size_t length = strlen(entry->d_name);
    if (length < 5 || strcmp(entry->d_name + length - 4, ".csv") != 0) continue;
    FILE *table = opened(argv[1], entry->d_name, length, "", "r");
    FILE *out = opened(argv[2], entry->d_name, length - 4, ".jsonl", "w");
    unsigned long lines = convert(table, out);
    fclose(table);
    if (fclose(out) != 0) return 1;
    printf("%s: %lu records\n", entry->d_name, lines);
  }
  return closedir(folder);
}
