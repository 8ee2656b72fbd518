// Makes small pictures of large ones: thumbnails FOLDER FOLDER [SIDE]
//
// Each *.bmp (24 bits, uncompressed) of the first folder that belongs to this partition becomes a *.png in the second, whose longer
// side has SIDE points (default 32). A point is the mean of all points it stands for.
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint32_t width, height;
  // Red, green, blue; the top line first.
  uint8_t *points;
} Picture;

enum { most_side = 1 << 14 };

static void fail(const char *name, const char *why) {
  fprintf(stderr, "thumbnails: %s: %s\n", name, why);
  exit(1);
}

static uint8_t *points_of(const char *name, uint32_t width, uint32_t height) {
  uint8_t *points = malloc((size_t)width * height * 3);
  if (!points) fail(name, "out of memory");
  return points;
}

static uint32_t little(const uint8_t *bytes) {
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static Picture read_bmp(FILE *file, const char *name) {
  uint8_t header[54], bgr[3];
  if (fread(header, 1, sizeof header, file) != sizeof header || header[0] != 'B' || header[1] != 'M') fail(name, "is no BMP");
  int32_t height = (int32_t)little(header + 22);
  Picture picture = {.width = little(header + 18), .height = (uint32_t)abs(height)};
  if (header[28] != 24 || little(header + 30) != 0) fail(name, "is not of 24 bits, uncompressed");
  if (picture.width - 1 >= most_side || picture.height - 1 >= most_side) fail(name, "is too large, or empty");
  picture.points = points_of(name, picture.width, picture.height);
  fseek(file, (long)little(header + 10), SEEK_SET);
  for (uint32_t line = 0; line < picture.height; line++) {
    uint32_t y = height < 0 ? line : picture.height - 1 - line;
    uint8_t *point = picture.points + (size_t)y * picture.width * 3;
    for (uint32_t x = 0; x < picture.width; x++, point += 3) {
      if (fread(bgr, 1, 3, file) != 3) fail(name, "ends early");
      point[0] = bgr[2], point[1] = bgr[1], point[2] = bgr[0];
    }
    fseek(file, picture.width % 4, SEEK_CUR);
  }
  return picture;
}

static Picture shrunk(const Picture *from, uint32_t side, const char *name) {
  uint32_t longer = from->width > from->height ? from->width : from->height;
  if (side > longer) side = longer;
  uint32_t width = (from->width * side + longer / 2) / longer, height = (from->height * side + longer / 2) / longer;
  Picture to = {.width = width ? width : 1, .height = height ? height : 1};
  uint8_t *point = to.points = points_of(name, to.width, to.height);
  for (uint32_t y = 0; y < to.height; y++) {
    uint32_t top = y * from->height / to.height, bottom = (y + 1) * from->height / to.height;
    for (uint32_t x = 0; x < to.width; x++, point += 3) {
      uint32_t left = x * from->width / to.width, right = (x + 1) * from->width / to.width;
      for (int colour = 0; colour < 3; colour++) {
        uint64_t sum = 0;
        for (uint32_t v = top; v < bottom; v++)
          for (uint32_t u = left; u < right; u++) sum += from->points[((size_t)v * from->width + u) * 3 + colour];
        point[colour] = (uint8_t)(sum / ((uint64_t)(bottom - top) * (right - left)));
      }
    }
  }
  return to;
}

static uint32_t crc;

static void put(FILE *out, const void *data, size_t length) {
  const uint8_t *bytes = data;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  fwrite(bytes, 1, length, out);
}

static void put_number(FILE *out, uint32_t number) {
  put(out, (uint8_t[]){number >> 24, number >> 16, number >> 8, number}, 4);
}

static void begin_chunk(FILE *out, const char *kind, size_t length) {
  put_number(out, (uint32_t)length);
  crc = ~0u;
  put(out, kind, 4);
}

// The points as they are: a line is a block of the archive format that is not compressed.
static void write_png(FILE *out, const Picture *picture) {
  uint16_t length = (uint16_t)(picture->width * 3 + 1);
  uint32_t a = 1, b = 0;
  put(out, "\x89PNG\r\n\x1a\n", 8);
  begin_chunk(out, "IHDR", 13);
  put_number(out, picture->width);
  put_number(out, picture->height);
  put(out, "\x08\x02\0\0\0", 5);
  put_number(out, ~crc);
  begin_chunk(out, "IDAT", 2 + picture->height * (5 + (size_t)length) + 4);
  put(out, "\x78\x01", 2);
  for (uint32_t y = 0; y < picture->height; y++) {
    const uint8_t *line = picture->points + (size_t)y * picture->width * 3;
    put(out, (uint8_t[]){y == picture->height - 1, length, length >> 8, ~length, ~length >> 8, 0}, 6);
    put(out, line, length - 1);
    b = (b + a) % 65521;
    for (uint32_t i = 0; i + 1 < length; i++) a = (a + line[i]) % 65521, b = (b + a) % 65521;
  }
  put_number(out, b << 16 | a);
  put_number(out, ~crc);
  begin_chunk(out, "IEND", 0);
  put_number(out, ~crc);
}

static FILE *opened(const char *folder, const char *name, const char *ending, const char *mode) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)strlen(name) - 4, name, ending);
  FILE *file = fopen(path, mode);
  if (!file) fail(path, strerror(errno));
  return file;
}

static int is_picture(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 4 && strcmp(entry->d_name + length - 4, ".bmp") == 0;
}

static unsigned long number(const char *text, unsigned long fallback) { return text && *text ? strtoul(text, 0, 10) : fallback; }

int main(int argc, char **argv) {
  unsigned long partition = number(getenv("BACALHAU_PARTITION_INDEX"), 0);
  unsigned long partitions = number(getenv("BACALHAU_PARTITION_COUNT"), 1);
  unsigned long side = number(argc > 3 ? argv[3] : 0, 32);
  struct dirent **entries;
  int count = argc > 2 ? scandir(argv[1], &entries, is_picture, alphasort) : -1;
  if (count < 0 || side < 1 || side > 4096) fail("usage", "thumbnails FOLDER FOLDER [SIDE]");
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    if (i % partitions != partition) continue;
    FILE *in = opened(argv[1], name, ".bmp", "rb");
    Picture large = read_bmp(in, name), small = shrunk(&large, (uint32_t)side, name);
    FILE *out = opened(argv[2], name, ".png", "wb");
    write_png(out, &small);
    printf("%s: %ux%u to %ux%u\n", name, large.width, large.height, small.width, small.height);
    free(large.points);
    free(small.points);
    fclose(in);
    if (fclose(out) != 0) fail(name, strerror(errno));
  }
  return 0;
}
