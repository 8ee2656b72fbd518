import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunRequest } from '#contracts/engine.ts'
import type { Clock } from '#lib/clock.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import type { DockerApi } from './api.ts'
import { watchLimits } from './limit-watch.ts'

async function asNobody(work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.('nobody')
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

/** What the engine says of a container. */
type Said = { SizeRw?: number; Mounts?: object[]; HostsPath?: string; GraphDriver?: object; processes?: number }

describe('the watch over a container', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bacalhau-limits-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const watch = (Disk: number, said: Said, pidsLimit = 100) => {
    const killed: string[] = []
    const asked: string[] = []
    const api = partOf<DockerApi>({
      call: async (_: string, path: string) => {
        asked.push(path)
        if (path.endsWith('/kill')) killed.push(path)
        return path.endsWith('/stats') ? { pids_stats: { current: said.processes } } : said
      },
    })
    const due: { ms: number; run: () => void }[] = []
    const after = (ms: number, run: () => void) => {
      due.push({ ms, run })
      return { stop: () => {} }
    }
    const clock = partOf<Clock>({ monotonicMs: () => 0, after })
    const request = partOf<RunRequest>({ resources: { Disk }, outputs: [{ hostPath: folder }] })
    const released = new AbortController().signal
    const limits = watchLimits({ api, clock, id: 'c', request, released, pidsLimit })
    /** Until the next look is due. */
    const look = async () => {
      const before = due.length
      due.at(-1)?.run()
      await expect.poll(() => due.length).toBe(before + 1)
    }
    return { limits, due, look, killed, asked }
  }

  it('ends a program that writes more than it asked for, in its layer and its outputs together [X6, S7]', async () => {
    mkdirSync(join(folder, 'deep'))
    writeFileSync(join(folder, 'deep/file'), Buffer.alloc(60_000))
    symlinkSync('/', join(folder, 'everything'))
    const { limits, look, killed } = watch(100_000, { SizeRw: 50_000 })
    await look()
    expect(killed).toEqual(['/containers/c/kill'])
    expect(limits.failure()).toMatchObject({
      class: 'resource',
      message: expect.stringMatching(/^disk limit exceeded: 1[12]\d{4} bytes written, 100000 allowed$/),
    })
  })

  it('counts volumes of the image and the files that the engine makes, which lie elsewhere [X6, S7]', async () => {
    const [volume, hosts] = [`${folder}-volume`, `${folder}-hosts`]
    mkdirSync(volume)
    writeFileSync(join(volume, 'file'), Buffer.alloc(60_000))
    writeFileSync(hosts, Buffer.alloc(60_000))
    const Mounts = [
      { Type: 'volume', Source: volume },
      { Type: 'bind', Source: '/' },
    ]
    for (const said of [{ Mounts }, { HostsPath: hosts }]) {
      const { limits, look } = watch(50_000, { SizeRw: 0, ...said })
      await look()
      expect(limits.failure()?.message).toMatch(/^disk limit exceeded: 6\d{4} bytes/)
    }
    for (const path of [volume, hosts]) rmSync(path, { recursive: true })
  })

  it('counts what it sees when a node that is not root may not look into the folders of the engine [X6]', async () => {
    const HostsPath = join(folder, 'engine/hosts')
    mkdirSync(join(folder, 'engine'))
    writeFileSync(HostsPath, '')
    chmodSync(join(folder, 'engine'), 0)
    const { limits, look } = watch(100_000, { SizeRw: 200_000, HostsPath })
    await asNobody(look)
    expect(limits.failure()?.message).toMatch(/^disk limit exceeded: 20\d{4} bytes/)
  })

  it('counts small files by what they take, and one with holes by its length', async () => {
    for (let n = 0; n < 20; n++) writeFileSync(join(folder, String(n)), 'x')
    const small = watch(40_000, {})
    await small.look()
    expect(small.limits.failure()?.message).toMatch(/^disk limit exceeded: 81920 bytes/)
    writeFileSync(join(folder, '0'), '')
    truncateSync(join(folder, '0'), 2 ** 40)
    const hollow = watch(1_000_000, {})
    await hollow.look()
    expect(hollow.limits.failure()?.message).toMatch(/^disk limit exceeded: 10995\d+ bytes/)
  })

  it('counts files, folders and links in which nothing is by what their names take, but for a thousand [X6, S7]', async () => {
    for (let n = 0; n < 500; n++) writeFileSync(join(folder, `file-${n}`), '')
    for (let n = 0; n < 500; n++) symlinkSync('x', join(folder, `link-${n}`))
    const few = watch(20_000, {})
    await few.look()
    expect(few.limits.failure()).toBeUndefined()
    for (let n = 500; n < 510; n++) writeFileSync(join(folder, `file-${n}`), '')
    const many = watch(20_000, {})
    await many.look()
    expect(many.limits.failure()?.message).toMatch(/^disk limit exceeded: 4[01]\d{3} bytes/)
  })

  it('counts such names in the layer of a container too, of which the engine counts bytes alone [X6, S7]', async () => {
    const upper = `${folder}-upper`
    mkdirSync(upper)
    for (let n = 0; n < 510; n++) mkdirSync(join(upper, `folder-${n}`))
    for (let n = 0; n < 500; n++) writeFileSync(join(upper, `file-${n}`), '')
    const { limits, look } = watch(30_000, { SizeRw: 20_000, GraphDriver: { Data: { UpperDir: upper } } })
    await look()
    rmSync(upper, { recursive: true })
    expect(limits.failure()?.message).toMatch(/^disk limit exceeded: 40960 bytes/)
  })

  it('ends a program that hides where no path leads, when that is seen twice [X6, S7]', async () => {
    const { limits, look, killed } = watch(100_000, { SizeRw: -1 })
    await look()
    expect(limits.failure()).toBeUndefined()
    await look()
    expect(limits.failure()).toMatchObject({ class: 'user', message: expect.stringContaining('deeper than a path') })
    expect(killed).toHaveLength(1)
  })

  it('looks at what a program has left when it has ended by itself', async () => {
    const quick = watch(100_000, { SizeRw: 200_000 })
    expect(await quick.limits.end()).toMatchObject({ class: 'resource' })
    expect(quick.killed).toEqual([])
    expect(await watch(300_000, { SizeRw: 200_000 }).limits.end()).toBeUndefined()
  })

  it('does not look at the disk of a task that asked for none', async () => {
    const { limits, look, asked } = watch(0, { SizeRw: 1e9 })
    await look()
    expect(await limits.end()).toBeUndefined()
    expect(asked).toEqual(['/containers/c/stats'])
  })

  it('ends a program that stays at the most processes it may have [S7]', async () => {
    const said = { processes: 100 }
    const { limits, look } = watch(0, said)
    await look()
    said.processes = 99
    await look()
    said.processes = 100
    await look()
    expect(limits.failure(), 'it was at its limit, and fell back').toBeUndefined()
    await look()
    expect(limits.failure()).toMatchObject({
      class: 'resource',
      message: expect.stringMatching(/^process limit exceeded: 100 /),
      hint: expect.stringContaining('Compute.Docker.PidsLimit'),
    })
  })

  it('counts no processes where the operator has set no limit to them', async () => {
    const { limits, look, asked } = watch(0, { processes: 100 }, 0)
    for (let n = 0; n < 3; n++) await look()
    expect(limits.failure()).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('looks less often at programs that have kept to it for a minute', async () => {
    const { due, look } = watch(0, { processes: 1 })
    for (let n = 0; n < 13; n++) await look()
    expect(due.map(({ ms }) => ms)).toEqual([...Array(12).fill(5_000), 30_000, 30_000])
  })
})
