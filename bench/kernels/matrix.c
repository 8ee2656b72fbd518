#include "kernel.h"

/* Two matrices of 512 x 512 doubles, multiplied row by row. */

enum { n = 512 };
static double a[n][n], b[n][n], c[n][n];

double kernel(void) {
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      a[i][j] = (double)(i * j % 97) / 97;
      b[i][j] = (double)(i + j) / n;
    }
  for (int round = 0; round < 10; round++)
    for (int i = 0; i < n; i++)
      for (int l = 0; l < n; l++) {
        double factor = a[i][l];
        for (int j = 0; j < n; j++) c[i][j] += factor * b[l][j];
      }
  return c[17][31];
}
