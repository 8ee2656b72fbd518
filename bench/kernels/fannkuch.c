#include "kernel.h"

/* Pancakes: the most flips that any order of ten numbers takes until the first is on top. */

enum { n = 10 };

static int flips_of(const int order[n]) {
  int stack[n], flips = 0;
  memcpy(stack, order, sizeof stack);
  for (; stack[0] != 0; flips++)
    for (int low = 0, high = stack[0]; low < high; low++, high--) {
      int kept = stack[low];
      stack[low] = stack[high];
      stack[high] = kept;
    }
  return flips;
}

double kernel(void) {
  int order[n], count[n] = {0}, most = 0;
  for (int i = 0; i < n; i++) order[i] = i;
  for (int place = 1;;) {
    int flips = place == 1 ? flips_of(order) : 0;
    if (flips > most) most = flips;
    int first = order[0];
    for (int i = 0; i < place; i++) order[i] = order[i + 1];
    order[place] = first;
    if (count[place]++ < place) place = 1;
    else {
      count[place] = 0;
      if (++place == n) return most;
    }
  }
}
