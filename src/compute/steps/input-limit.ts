import type { Timer } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import type { RunContext } from '../run-context.ts'

const lookMs = 1_000
/** Of the time: a look goes through all files, which may be very many. */
const mostLooking = 0.1

/**
 * Fetches inputs that must together keep to the disk that was asked for (X6): each is held to it by itself on its way here, and their
 * sum is looked at each second or so, so that what is too much does not come whole. `countedBytes` = the sum of what has come, where
 * it is known without a look. Throws a Fault ResourceExhausted.
 */
export async function withinDisk<Fetched>(
  { directories, resources, clock }: Pick<RunContext, 'directories' | 'resources' | 'clock'>,
  signal: AbortSignal,
  fetch: (signal: AbortSignal) => Promise<Fetched>,
  countedBytes: (fetched: Fetched) => number | undefined = () => undefined,
): Promise<Fetched> {
  if (resources.Disk <= 0) return fetch(signal)
  const broken = new AbortController()
  let timer: Timer | undefined
  let isOver = false
  const excess = async (counted?: number): Promise<Fault | undefined> => {
    const usedBytes = counted ?? (await directories.inputBytes())
    return usedBytes > resources.Disk ? tooMuch(usedBytes, resources.Disk) : undefined
  }
  const look = async () => {
    const beganMs = clock.monotonicMs()
    // What cannot be read now is tried again, and thrown when all is here.
    const fault = await excess().catch(() => undefined)
    if (fault) broken.abort(fault)
    else if (!isOver) lookAfter(Math.max(lookMs, (clock.monotonicMs() - beganMs) / mostLooking))
  }
  const lookAfter = (ms: number) => {
    timer = clock.after(ms, () => void look())
  }
  lookAfter(lookMs)
  try {
    const fetched = await fetch(AbortSignal.any([signal, broken.signal]))
    const fault = await excess(countedBytes(fetched))
    if (fault) throw fault
    return fetched
  } catch (error) {
    throw broken.signal.aborted ? broken.signal.reason : error
  } finally {
    isOver = true
    timer?.stop()
  }
}

const tooMuch = (usedBytes: number, limitBytes: number): Fault =>
  new Fault('ResourceExhausted', `inputs take ${usedBytes} bytes of disk, ${limitBytes} allowed`, {
    hint: 'Ask for more disk in the Resources of the task',
  })
