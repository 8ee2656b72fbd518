import type { Guest } from '../guest.ts'
import type { GuestMemory } from '../guest-memory.ts'

/** One function of `wasi_snapshot_preview1`. */
export type Call = {
  /** `i` = i32, given as an unsigned number; `I` = i64, given as an unsigned bigint. */
  params: string
  results: 'i' | ''
  /** Throws WasiError or a system error, which become the error number; returns nothing on success. */
  run(guest: Guest, memory: GuestMemory, ...args: any[]): void
}

/** A call with an error number as result. */
export const call = (params: string, run: Call['run']): Call => ({ params, results: 'i', run })
