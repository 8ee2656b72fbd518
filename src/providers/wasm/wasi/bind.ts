import type { Call } from './calls/call.ts'
import { clockCalls } from './calls/clock-calls.ts'
import { environmentCalls } from './calls/environment-calls.ts'
import { fdCalls } from './calls/fd-calls.ts'
import { httpCalls } from './calls/http-calls.ts'
import { pathCalls } from './calls/path-calls.ts'
import { pollCalls } from './calls/poll-calls.ts'
import { processCalls } from './calls/process-calls.ts'
import { transferCalls } from './calls/transfer-calls.ts'
import { errnoOf } from './errno.ts'
import type { Guest } from './guest.ts'
import { GuestMemory } from './guest-memory.ts'

export const wasiModule = 'wasi_snapshot_preview1'
const httpModule = 'wasi:http/requests'

/** What the host itself offers to programs: its modules, and every function of each, by name. */
export const hostModules: ReadonlyMap<string, ReadonlyMap<string, Call>> = new Map([
  [wasiModule, callsOf(environmentCalls, clockCalls, fdCalls, transferCalls, pathCalls, pollCalls, processCalls)],
  [httpModule, callsOf(httpCalls)],
])

/** A function of the host as an instance imports it. */
type HostFunction = (...args: (number | bigint)[]) => number | undefined

/** Gives the functions of the host for one instance, which work on its own memory; undefined = there is none of that name. */
export function hostFunctions(
  guest: Guest,
  memory: WebAssembly.Memory | undefined,
): (module: string, name: string) => HostFunction | undefined {
  const guestMemory = new GuestMemory(memory)
  return (module, name) => {
    const call = hostModules.get(module)?.get(name)
    return call && bind(guest, guestMemory, call)
  }
}

function callsOf(...groups: Record<string, Call>[]): ReadonlyMap<string, Call> {
  return new Map(groups.flatMap(Object.entries))
}

/** Numbers come signed from the guest; the calls work with unsigned ones. */
function bind(guest: Guest, memory: GuestMemory, { run, results }: Call): HostFunction {
  return (...args) => {
    if (guest.end) throw guest.end
    guest.countCall()
    try {
      const code = run(guest, memory, ...args.map(unsigned)) ?? 0
      return results === 'i' ? code : undefined
    } catch (error) {
      const code = errnoOf(error)
      if (code !== undefined) return code
      if (error !== guest.end) guest.bug = error
      throw error
    }
  }
}

const unsigned = (value: number | bigint): number | bigint =>
  typeof value === 'number' ? value >>> 0 : BigInt.asUintN(64, value)
