import { type BigIntStats, fstatSync, lutimesSync, utimesSync } from 'node:fs'
import { fail } from './errno.ts'
import { pathBelow, pathOf } from './host-file.ts'
import type { Place } from './walk.ts'
import type { World } from './world.ts'

const flag = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const

export type TimesWish = { atimNs: bigint; mtimNs: bigint; flags: number }

/** Sets the times of an open or held file. */
export function setTimes(fd: number, wish: TimesWish, world: World): void {
  const [atime, mtime] = chosenTimes(fstatSync(fd, { bigint: true }), wish, world)
  utimesSync(pathOf(fd), atime, mtime)
}

/** Sets the times of a link itself. */
export function setLinkTimes(place: Place, wish: TimesWish, world: World): void {
  if (place.fd === undefined || place.parent?.fd === undefined) return fail('inval')
  const [atime, mtime] = chosenTimes(fstatSync(place.fd, { bigint: true }), wish, world)
  lutimesSync(pathBelow(place.parent.fd, place.name), atime, mtime)
}

/** Seconds, as Node takes them. What is not asked for stays. */
function chosenTimes(stat: BigIntStats, { atimNs, mtimNs, flags }: TimesWish, world: World): [number, number] {
  const isTwice = (one: number, other: number): boolean => (flags & one) !== 0 && (flags & other) !== 0
  if (flags > 15 || isTwice(flag.atim, flag.atimNow) || isTwice(flag.mtim, flag.mtimNow)) fail('inval')
  const now = (flags & (flag.atimNow | flag.mtimNow)) !== 0 ? world.realtimeNs() : 0n
  const atime = flags & flag.atimNow ? now : flags & flag.atim ? atimNs : stat.atimeNs
  const mtime = flags & flag.mtimNow ? now : flags & flag.mtim ? mtimNs : stat.mtimeNs
  return [Number(atime / 1000n) / 1e6, Number(mtime / 1000n) / 1e6]
}
