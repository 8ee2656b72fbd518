import { errnoOf, fail } from '../errno.ts'
import type { Guest } from '../guest.ts'
import type { GuestMemory } from '../guest-memory.ts'
import { type Call, call } from './call.ts'
import { readClock } from './clock-calls.ts'

const subscriptionBytes = 48
const eventBytes = 32
const subscriptionLimit = 4096
const kind = { clock: 0, fdRead: 1, fdWrite: 2 } as const
const absoluteFlag = 1
const hangupFlag = 1

type Subscription = { userdata: bigint; kind: number; fd: number; waitNs: bigint; errno: number }
type Event = { userdata: bigint; kind: number; errno: number; flags: number }

/** Waiting. Streams and files are always ready, so only clocks make it wait. */
export const pollCalls: Record<string, Call> = {
  poll_oneoff: call('iiii', (guest, memory, input: number, output: number, count: number, result: number) => {
    if (count === 0 || count > subscriptionLimit) fail('inval')
    memory.bytes(output, count * eventBytes)
    const subscriptions = Array.from({ length: count }, (_, index) =>
      readSubscription(guest, memory, input + index * subscriptionBytes),
    )
    const events = waitForAny(guest, subscriptions)
    events.forEach((event, index) => writeEvent(memory, output + index * eventBytes, event))
    memory.setU32(result, events.length)
  }),
}

function waitForAny(guest: Guest, subscriptions: readonly Subscription[]): Event[] {
  const ready = subscriptions.filter((each) => each.kind !== kind.clock || each.errno !== 0)
  const clocks = subscriptions.filter((each) => each.kind === kind.clock && each.errno === 0)
  if (ready.length > 0) return [...ready, ...clocks.filter(({ waitNs }) => waitNs <= 0n)].map(eventOf)
  const shortest = clocks.reduce((least, { waitNs }) => (waitNs < least ? waitNs : least), clocks[0]?.waitNs ?? 0n)
  if (shortest > 0n) {
    guest.output.flush()
    guest.world.sleep(shortest)
  }
  return clocks.filter(({ waitNs }) => waitNs <= shortest || waitNs <= 0n).map(eventOf)
}

function readSubscription(guest: Guest, memory: GuestMemory, at: number): Subscription {
  const userdata = memory.u64(at)
  const type = memory.u8(at + 8)
  if (type > kind.fdWrite) fail('inval')
  const base = { userdata, kind: type, fd: memory.u32(at + 16), waitNs: 0n, errno: 0 }
  try {
    if (type !== kind.clock) guest.descriptors.get(base.fd)
    else base.waitNs = readWait(guest, memory, at)
  } catch (error) {
    base.errno = errnoOf(error) ?? 0
    if (base.errno === 0) throw error
  }
  return base
}

/** How long from now; an absolute time that has passed gives 0 or less. */
function readWait(guest: Guest, memory: GuestMemory, at: number): bigint {
  const clock = memory.u32(at + 16)
  const timeoutNs = memory.u64(at + 24)
  const isAbsolute = (memory.u16(at + 40) & absoluteFlag) !== 0
  const nowNs = readClock(guest.world, clock)
  return isAbsolute ? timeoutNs - nowNs : timeoutNs
}

const eventOf = ({ userdata, kind: type, fd, errno }: Subscription): Event => ({
  userdata,
  kind: type,
  errno,
  flags: type === kind.fdRead && fd === 0 ? hangupFlag : 0,
})

function writeEvent(memory: GuestMemory, at: number, event: Event): void {
  memory.bytes(at, eventBytes).fill(0)
  memory.setU64(at, event.userdata)
  memory.setU16(at + 8, event.errno)
  memory.setU8(at + 10, event.kind)
  if (event.kind !== kind.clock) memory.setU64(at + 16, event.flags === hangupFlag ? 0n : 1n)
  memory.setU16(at + 24, event.flags)
}
