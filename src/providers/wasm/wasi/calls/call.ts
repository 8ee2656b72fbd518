import type { Guest } from '../guest.ts'
import type { GuestMemory } from '../guest-memory.ts'

/** One function of a module of the host. */
export type Call = {
  /** `i` = i32, given as an unsigned number; `I` = i64, given as an unsigned bigint. */
  params: string
  results: 'i' | ''
  /** Throws WasiError or a system error, which become the error number; returns nothing on success, or a code of another module's own. */
  run(guest: Guest, memory: GuestMemory, ...args: any[]): number | void
}

/** A call with an error number as result. */
export const call = (params: string, run: Call['run']): Call => ({ params, results: 'i', run })
