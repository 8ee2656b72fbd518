#include "kernel.h"

#include <math.h>

/* The sun and four planets, moved step by step; units are astronomical ones, solar masses and years. */

#define pi 3.141592653589793
#define solar_mass (4 * pi * pi)
#define year 365.24

typedef struct { double x, y, z, vx, vy, vz, mass; } body;

static body bodies[5] = {
    {0, 0, 0, 0, 0, 0, solar_mass},
    {4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694 * year,
     0.00769901118419740425 * year, -0.0000690460016972063023 * year, 0.000954791938424326609 * solar_mass},
    {8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411046 * year,
     0.00499852801234917238 * year, 0.0000230417297573763929 * year, 0.000285885980666130812 * solar_mass},
    {12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618 * year,
     0.00237847173959480950 * year, -0.0000296589568540237556 * year, 0.0000436624404335156298 * solar_mass},
    {15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322 * year,
     0.00162824170038242295 * year, -0.0000951592254519715870 * year, 0.0000515138902046611451 * solar_mass}};

static void move(double dt) {
  for (int i = 0; i < 5; i++)
    for (int j = i + 1; j < 5; j++) {
      body *one = &bodies[i], *other = &bodies[j];
      double dx = one->x - other->x, dy = one->y - other->y, dz = one->z - other->z;
      double square = dx * dx + dy * dy + dz * dz;
      double pull = dt / (square * sqrt(square));
      one->vx -= dx * other->mass * pull;
      one->vy -= dy * other->mass * pull;
      one->vz -= dz * other->mass * pull;
      other->vx += dx * one->mass * pull;
      other->vy += dy * one->mass * pull;
      other->vz += dz * one->mass * pull;
    }
  for (int i = 0; i < 5; i++) {
    bodies[i].x += dt * bodies[i].vx;
    bodies[i].y += dt * bodies[i].vy;
    bodies[i].z += dt * bodies[i].vz;
  }
}

double kernel(void) {
  for (int step = 0; step < 4000000; step++) move(0.01);
  return bodies[0].x;
}
