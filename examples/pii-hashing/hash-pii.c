// Replaces columns of a table by keyed hashes: hash-pii TABLE COLUMN...
//
// Writes the table to standard output. A value of these columns becomes the HMAC-SHA-256 of itself, in lower case and without
// blanks around it, under the key in PII_KEY: the same person stays the same in all tables, and who lacks the key cannot find
// out who it is by hashing guesses. Empty fields stay empty.
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include "../csv.h"

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

typedef struct {
  uint32_t state[8];
  uint8_t block[64];
  uint64_t bytes;
} Hash;

static uint32_t turned(uint32_t word, int by) { return word >> by | word << (32 - by); }

static void mix(uint32_t state[8], const uint8_t *block) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t near = turned(w[i - 15], 7) ^ turned(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t far = turned(w[i - 2], 17) ^ turned(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + near + w[i - 7] + far;
  }
  memcpy(s, state, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]), most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    uint32_t one = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) + choice + constants[i] + w[i];
    uint32_t two = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + most;
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += one;
    s[0] = one + two;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void add(Hash *hash, const void *data, size_t length) {
  const uint8_t *bytes = data;
  for (size_t i = 0; i < length; i++) {
    hash->block[hash->bytes++ % 64] = bytes[i];
    if (hash->bytes % 64 == 0) mix(hash->state, hash->block);
  }
}

static void finish(Hash *hash, uint8_t digest[32]) {
  uint64_t bits = hash->bytes * 8;
  add(hash, "\x80", 1);
  while (hash->bytes % 64 != 56) add(hash, "", 1);
  for (int i = 7; i >= 0; i--) add(hash, &(uint8_t){(uint8_t)(bits >> (8 * i))}, 1);
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

static Hash begun(void) {
  return (Hash){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

static Hash padded(const uint8_t key[64], int with) {
  Hash hash = begun();
  for (int i = 0; i < 64; i++) add(&hash, &(uint8_t){key[i] ^ with}, 1);
  return hash;
}

static void hash_of(const char *secret, const char *text, size_t length, uint8_t digest[32]) {
  uint8_t key[64] = {0};
  if (strlen(secret) > sizeof key) {
    Hash shortened = begun();
    add(&shortened, secret, strlen(secret));
    finish(&shortened, key);
  } else {
    memcpy(key, secret, strlen(secret));
  }
  Hash inner = padded(key, 0x36);
  for (size_t i = 0; i < length; i++) add(&inner, &(uint8_t){(uint8_t)tolower((unsigned char)text[i])}, 1);
  finish(&inner, digest);
  Hash outer = padded(key, 0x5c);
  add(&outer, digest, 32);
  finish(&outer, digest);
}

static void write_hashed(const char *key, const char *text) {
  uint8_t digest[32];
  while (isspace((unsigned char)*text)) text++;
  size_t length = strlen(text);
  while (length > 0 && isspace((unsigned char)text[length - 1])) length--;
  if (length == 0) return;
  hash_of(key, text, length, digest);
  for (int i = 0; i < 32; i++) printf("%02x", digest[i]);
}

static void write_field(const char *text) {
  int needs_quotes = strpbrk(text, ",\"\r\n") != 0;
  if (needs_quotes) putchar('"');
  for (; *text; text++) {
    if (*text == '"') putchar('"');
    putchar(*text);
  }
  if (needs_quotes) putchar('"');
}

static int is_personal(const char *name, int argc, char **argv) {
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], name) == 0) return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  static Record names, record;
  const char *key = getenv("PII_KEY");
  FILE *table = argc > 2 ? fopen(argv[1], "r") : 0;
  if (!table || !key || !*key || !read_record(table, &names)) {
    fprintf(stderr, "hash-pii: needs a key in PII_KEY, a table and its columns%s%s\n", errno ? ": " : "", errno ? strerror(errno) : "");
    return 2;
  }
  for (size_t i = 0; i < names.count; i++) printf("%s%s", i ? "," : "", field_of(&names, i));
  putchar('\n');
  while (read_record(table, &record)) {
    for (size_t i = 0; i < names.count; i++) {
      if (i) putchar(',');
      if (is_personal(field_of(&names, i), argc, argv)) write_hashed(key, field_of(&record, i));
      else write_field(field_of(&record, i));
    }
    putchar('\n');
  }
  return fclose(table);
}
