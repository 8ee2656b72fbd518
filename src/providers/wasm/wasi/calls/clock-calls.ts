import { fail } from '../errno.ts'
import type { World } from '../world.ts'
import { type Call, call } from './call.ts'

const resolutionNs = 1n

/** Clocks: 0 realtime, 1 monotonic, 2 and 3 processor time. */
export const clockCalls: Record<string, Call> = {
  clock_res_get: call('ii', (_guest, memory, clock: number, result: number) => {
    if (clock > 3) fail('inval')
    memory.setU64(result, resolutionNs)
  }),
  clock_time_get: call('iIi', ({ world }, memory, clock: number, _precision: bigint, result: number) => {
    memory.setU64(result, BigInt.asUintN(64, readClock(world, clock)))
  }),
}

export function readClock(world: World, clock: number): bigint {
  if (clock === 0) return world.realtimeNs()
  if (clock === 1) return world.monotonicNs()
  if (clock === 2 || clock === 3) return world.cpuNs()
  return fail('inval')
}
