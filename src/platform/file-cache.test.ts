import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { until } from '../../test/kit/until.ts'
import { DiskFileCache, type FileCacheParts } from './file-cache.ts'

const never = new AbortController().signal
const hour = 3_600_000

describe('kept files of inputs', () => {
  let folder: string
  let made = 0
  const clock = new StepClock()
  const started: DiskFileCache[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bacalhau-cache-'))
  })
  afterEach(async () => {
    for (const cache of started.splice(0)) await cache.stop()
    rmSync(folder, { recursive: true })
  })

  const cacheOf = async (change: Partial<FileCacheParts> = {}): Promise<DiskFileCache> => {
    const onError = (error: unknown) => expect.fail(String(error))
    const root = join(folder, 'kept')
    const cache = new DiskFileCache({ root, bootId: 'boot-1', clock, maxBytes: 100, keptMs: 0, onError, ...change })
    await cache.start()
    started.push(cache)
    return cache
  }
  const keptFiles = (boot = 'boot-1') => readdirSync(join(folder, 'kept', boot))
  /** Asks for a key whose content is `text`: how it came, and where it lies now. */
  const ask = async (cache: DiskFileCache, key: string, text = key, signal = never) => {
    const path = join(folder, `input-${made++}`)
    const how = await cache.file(key, path, () => writeFile(path, text), signal)
    return { how, path, text: readFileSync(path, 'utf8') }
  }

  it('are brought once, and are the same file for all', async () => {
    const cache = await cacheOf()
    const [first, second] = [await ask(cache, 'a'), await ask(cache, 'a', 'another')]
    expect([first.how, second.how]).toEqual(['brought', 'kept'])
    expect(second.text).toBe('a')
    expect(statSync(second.path).ino).toBe(statSync(first.path).ino)
    expect((await ask(cache, 'b')).how).toBe('brought')
  })

  it('are brought once also for those who ask at the same time', async () => {
    const cache = await cacheOf()
    const all = await Promise.all([1, 2, 3, 4].map(() => ask(cache, 'a')))
    expect(all.map(({ how }) => how)).toEqual(['brought', 'kept', 'kept', 'kept'])
  })

  it.each([0, 3])(
    'are brought once for those who ask at the same time also where only %i bytes are kept',
    async (maxBytes) => {
      const cache = await cacheOf({ maxBytes })
      const given = cache.file('large', join(folder, 'first'), () => writeFile(join(folder, 'first'), 'large'), never)
      const all = await Promise.all([
        cache.give('large', join(folder, 'given'), never),
        ...[1, 2].map(() => ask(cache, 'large')),
      ])
      expect(await given).toBe('brought')
      expect(all).toEqual([true, ...[1, 2].map(() => expect.objectContaining({ how: 'kept', text: 'large' }))])
      expect((await ask(cache, 'large')).how).toBe('brought')
    },
  )

  it('break for all who wait when the first breaks, so that none waits for as long again', async () => {
    const cache = await cacheOf()
    const path = join(folder, 'broken')
    const fails = cache.file('a', path, async () => Promise.reject(new Error('broken')), never)
    const others = [ask(cache, 'a'), ask(cache, 'a')]
    const given = cache.give('a', join(folder, 'given'), never)
    for (const each of [fails, ...others, given]) await expect(each).rejects.toThrow('broken')
    expect((await ask(cache, 'a')).how).toBe('brought')
  })

  it.each([
    ['is told to stop', true, new Error('stop')],
    ['may not have it', false, new Fault('ResourceExhausted', 'it is too large')],
  ])('are brought by the next who asks when the first %s', async (_, isStopped, error) => {
    const cache = await cacheOf()
    const first = new AbortController()
    if (isStopped) first.abort(error)
    const fails = cache.file('a', join(folder, 'first'), async () => Promise.reject(error), first.signal)
    const others = Promise.all([ask(cache, 'a'), ask(cache, 'a')])
    await expect(fails).rejects.toThrow(error)
    expect((await others).map(({ how }) => how)).toEqual(['brought', 'kept'])
  })

  it('are given to who asks while they come', async () => {
    const cache = await cacheOf()
    const coming = ask(cache, 'a')
    expect(await cache.give('a', join(folder, 'given'), never)).toBe(true)
    expect((await coming).how).toBe('brought')
    expect(await cache.give('b', join(folder, 'other'), never)).toBe(false)
  })

  it('are not waited for by who is told to stop', async () => {
    const cache = await cacheOf()
    const first = Promise.withResolvers<void>()
    const slow = cache.file('a', join(folder, 'slow'), () => first.promise, never)
    const told = new AbortController()
    const waiting = ask(cache, 'a', 'a', told.signal)
    told.abort(new Error('stop'))
    await expect(waiting).rejects.toThrow('stop')
    writeFileSync(join(folder, 'slow'), 'a')
    first.resolve()
    await slow
  })

  it('make room for newer ones, the least recently used first, without harm to who uses them [L7]', async () => {
    const cache = await cacheOf({ maxBytes: 10 })
    const first = await ask(cache, 'first', '12345')
    await ask(cache, 'second', '12345')
    await ask(cache, 'first')
    await ask(cache, 'third', '12345')
    expect(keptFiles()).toHaveLength(2)
    expect((await ask(cache, 'first')).how).toBe('kept')
    expect((await ask(cache, 'second', '12345')).how).toBe('brought')
    expect((await ask(cache, 'too large', 'x'.repeat(11))).how).toBe('brought')
    expect((await ask(cache, 'too large', 'x'.repeat(11))).how).toBe('brought')
    expect(readFileSync(first.path, 'utf8')).toBe('12345')
  })

  it('go when the disk is full, so that what is to come finds room at the next attempt [L7]', async () => {
    const cache = await cacheOf()
    const used = await ask(cache, 'a')
    const fault = new Fault('StorageFull', 'no space left on device')
    for (const error of [fault, Object.assign(new Error('no space left'), { code: 'ENOSPC' })]) {
      await ask(cache, 'b')
      const full = cache.file('c', join(folder, 'full'), async () => Promise.reject(error), never)
      await expect(full).rejects.toThrow('no space left')
      expect(keptFiles()).toEqual([])
    }
    expect(readFileSync(used.path, 'utf8')).toBe('a')
    await ask(cache, 'b')
    await cache.makeRoom()
    expect(keptFiles()).toEqual([])
  })

  it('go when nobody has asked for them for long', async () => {
    const cache = await cacheOf({ keptMs: hour })
    await ask(cache, 'old')
    await ask(cache, 'young')
    for (let minute = 0; minute < 70; minute++) {
      clock.goTo(clock.nowAtMs + 60_000)
      expect((await ask(cache, 'young')).how).toBe('kept')
    }
    await until('the old one is gone', () => keptFiles().length === 1)
    expect((await ask(cache, 'old')).how).toBe('brought')
  })

  it('are still there for the next process, and not after a start of the machine', async () => {
    await ask(await cacheOf(), 'a')
    expect((await ask(await cacheOf(), 'a')).how).toBe('kept')
    expect((await ask(await cacheOf({ bootId: 'boot-2' }), 'a')).how).toBe('brought')
    expect(readdirSync(join(folder, 'kept'))).toEqual(['boot-2'])
    await (await cacheOf({ bootId: 'boot-2', maxBytes: 0 })).stop()
    expect(readdirSync(join(folder, 'kept'))).toEqual([])
  })

  it('are brought again when somebody has removed them', async () => {
    const cache = await cacheOf()
    await ask(cache, 'a')
    for (const name of keptFiles()) rmSync(join(folder, 'kept/boot-1', name))
    expect((await ask(cache, 'a')).how).toBe('brought')
    expect((await ask(cache, 'a')).how).toBe('kept')
  })
})
