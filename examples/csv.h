// Tables as RFC 4180 has them: a field may stand in quotes, and hold commas, line breaks and doubled quotes then.
#ifndef CSV_H
#define CSV_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  // The fields one after the other, each with a zero at its end.
  char *text;
  size_t length, room;
  size_t *starts;
  size_t count, places;
} Record;

static const char *field_of(const Record *record, size_t index) {
  return index < record->count ? record->text + record->starts[index] : "";
}

static void *grown(void *memory, size_t bytes) {
  memory = realloc(memory, bytes);
  if (memory) return memory;
  fputs("out of memory\n", stderr);
  exit(1);
}

static void add_byte(Record *record, int byte) {
  if (record->length == record->room) record->text = grown(record->text, record->room = record->room * 2 + 256);
  record->text[record->length++] = (char)byte;
}

static void begin_field(Record *record) {
  if (record->count == record->places) {
    record->places = record->places * 2 + 16;
    record->starts = grown(record->starts, record->places * sizeof *record->starts);
  }
  record->starts[record->count++] = record->length;
}

// Reads the next record into the same memory; 0 at the end of the table.
static int read_record(FILE *table, Record *record) {
  record->length = record->count = 0;
  int byte = getc(table), is_quoted = 0;
  if (byte == EOF) return 0;
  begin_field(record);
  for (;; byte = getc(table)) {
    if (is_quoted && byte == '"') {
      int next = getc(table);
      if (next == '"') {
        add_byte(record, '"');
        continue;
      }
      is_quoted = 0;
      byte = next;
    }
    if (byte == EOF || (byte == '\n' && !is_quoted)) break;
    if (is_quoted) {
      add_byte(record, byte);
    } else if (byte == ',') {
      add_byte(record, 0);
      begin_field(record);
    } else if (byte == '"' && record->length == record->starts[record->count - 1]) {
      is_quoted = 1;
    } else if (byte != '\r') {
      add_byte(record, byte);
    }
  }
  add_byte(record, 0);
  return 1;
}
#endif
