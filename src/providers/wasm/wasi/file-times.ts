import { type BigIntStats, fstatSync, lutimesSync, utimesSync } from 'node:fs'
import { fail } from './errno.ts'
import { pathBelow, pathOf } from './host-file.ts'
import type { Place } from './walk.ts'
import type { World } from './world.ts'

const flag = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const
const rememberedLimit = 100_000

export type TimesWish = { atimNs: bigint; mtimNs: bigint; flags: number }
type Times = { atimeNs: bigint; mtimeNs: bigint }

/**
 * Times of files as the guest sets and sees them. Node sets them in floating seconds, which is exact to a microsecond only;
 * so what was set is remembered to the nanosecond, and shown while the disk has what came of it.
 */
export class FileTimes {
  readonly #world: World
  readonly #set = new Map<string, { wanted: Times; stored: Times }>()

  constructor(world: World) {
    this.#world = world
  }

  /** As the guest sees them. */
  of(stat: BigIntStats): Times {
    const known = this.#set.get(keyOf(stat))
    const seen = (name: keyof Times): bigint => (known?.stored[name] === stat[name] ? known.wanted[name] : stat[name])
    return { atimeNs: seen('atimeNs'), mtimeNs: seen('mtimeNs') }
  }

  /** Sets the times of an open or held file or folder. */
  set(fd: number, wish: TimesWish): void {
    this.#change(fd, wish, (...times) => utimesSync(pathOf(fd), ...times))
  }

  /** Sets the times of a link itself. */
  setOfLink({ fd, parent, name }: Place, wish: TimesWish): void {
    if (fd === undefined || parent?.fd === undefined) return fail('inval')
    const path = pathBelow(parent.fd, name)
    this.#change(fd, wish, (...times) => lutimesSync(path, ...times))
  }

  #change(fd: number, wish: TimesWish, store: (atime: number, mtime: number) => void): void {
    const before = fstatSync(fd, { bigint: true })
    const wanted = this.#chosen(this.of(before), wish)
    store(secondsOf(wanted.atimeNs), secondsOf(wanted.mtimeNs))
    if (this.#set.size < rememberedLimit) {
      this.#set.set(keyOf(before), { wanted, stored: fstatSync(fd, { bigint: true }) })
    }
  }

  /** What is not asked for stays. */
  #chosen(old: Times, { atimNs, mtimNs, flags }: TimesWish): Times {
    const isTwice = (one: number, other: number): boolean => (flags & one) !== 0 && (flags & other) !== 0
    if (flags > 15 || isTwice(flag.atim, flag.atimNow) || isTwice(flag.mtim, flag.mtimNow)) fail('inval')
    const now = (flags & (flag.atimNow | flag.mtimNow)) !== 0 ? this.#world.realtimeNs() : 0n
    return {
      atimeNs: flags & flag.atimNow ? now : flags & flag.atim ? atimNs : old.atimeNs,
      mtimeNs: flags & flag.mtimNow ? now : flags & flag.mtim ? mtimNs : old.mtimeNs,
    }
  }
}

const keyOf = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`
const secondsOf = (ns: bigint): number => Number(ns / 1000n) / 1e6
