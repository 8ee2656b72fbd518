/* A kernel is one function; this is the program around it: it prints the result and the processor time of that in milliseconds. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#ifdef __wasi__
#include <wasi/api.h>
#endif

double kernel(void);

static double used_ms(void) {
#ifdef __wasi__
  __wasi_timestamp_t ns = 0;
  return __wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 1, &ns) == 0 ? ns / 1e6 : 0;
#else
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
#endif
}

int main(void) {
  double start = used_ms(), result = kernel();
  printf("%.6f %.3f\n", result, used_ms() - start);
  return 0;
}
