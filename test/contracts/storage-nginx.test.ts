import { hash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PreparedInput } from '#contracts/storage.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { addressGuard, defaultFetchGuard } from '#providers/address-guard.ts'
import { checkedAddresses } from '#providers/checked-addresses.ts'
import { defaultUrlSettings, type UrlSettings } from '#providers/url/settings.ts'
import { UrlStorage, type UrlStorageDeps } from '#providers/url/storage.ts'
import { fileCache } from '../kit/file-cache.ts'
import { loneShare } from '../kit/lone-share.ts'
import { type Nginx, withNginx } from '../kit/nginx.ts'
import { type Relay, relay } from '../kit/relay.ts'

const never = new AbortController().signal
const mebibyte = 1024 * 1024
const text = 'alpha\nbeta\n'
/** Not the same in any two places. */
const large = Buffer.from(Uint32Array.from({ length: 10 * mebibyte }, (_, i) => Math.imul(i, 2654435761)).buffer)

withNginx((nginx: Nginx) => {
  const opened: { stop(): Promise<void> }[] = []
  let directory: string
  let asked: number

  beforeAll(() => {
    nginx.file('words.txt', text)
    nginx.file('zipped.txt', gzipSync(text))
    nginx.file('large.bin', large)
    nginx.file('a b+é.txt', text)
  })
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bacalhau-nginx-in-'))
    asked = nginx.requests.length
  })
  afterEach(async () => {
    for (const each of opened.splice(0)) await each.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const storage = (settings: Partial<UrlSettings> = {}, deps: Partial<UrlStorageDeps> = {}): UrlStorage => {
    const addressesOf = checkedAddresses(
      addressGuard(defaultFetchGuard, () => []),
      'Compute.Fetch',
    )
    const given = { clock: new SystemClock(), random: systemRandom, addressesOf, proxyFor: () => undefined, ...deps }
    const made = new UrlStorage({ ...defaultUrlSettings, ...settings }, given)
    opened.push(made)
    return made
  }
  const source = (URL: string, more = {}) => ({ Type: 'urlDownload', Params: { URL, ...more } })
  const prepare = (url: string, more = {}, by = storage()): Promise<PreparedInput> =>
    by.prepare(
      { Source: source(url, more), Alias: '', Target: '/in' },
      { directory, share: loneShare, limitBytes: 1e9 },
      never,
    )
  const read = async (path: string, more = {}) => readFileSync((await prepare(nginx.url(path), more)).hostPath, 'utf8')
  const said = () => nginx.requests.slice(asked)

  describe('files of a real web server', () => {
    it.each(['/files', '/no-ranges', '/streamed', '/zipped', '/named', '/moved', '/moved-twice'])(
      'come as they are from %s [R177, X7]',
      async (place) => expect(await read(`${place}/words.txt`)).toBe(text),
    )

    it('have sizes where the server says them', async () => {
      const sizeOf = (path: string) => storage().sizeBytes(source(nginx.url(path)), loneShare, never)
      expect(await sizeOf('/files/large.bin')).toBe(large.length)
      expect(await sizeOf('/moved/words.txt')).toBe(text.length)
      expect(await sizeOf('/streamed/words.txt')).toBeUndefined()
      expect(await sizeOf('/encoded/zipped.txt')).toBeUndefined()
    })

    it('are unpacked when the server sends them compressed, and bounded as they are then', async () => {
      expect(await read('/encoded/zipped.txt')).toBe(text)
      rmSync(join(directory, 'zipped.txt'))
      nginx.file('bomb.txt', gzipSync(Buffer.alloc(50 * mebibyte)))
      const bomb = prepare(nginx.url('/encoded/bomb.txt'), {}, storage({ maxBytes: mebibyte }))
      await expect(bomb).rejects.toMatchObject({ code: 'ResourceExhausted' })
      await expect(prepare(nginx.url('/brotli/words.txt'))).rejects.toThrow('comes encoded as "br"')
      const lie = prepare(nginx.url('/encoded/words.txt'))
      await expect(lie).rejects.toThrow('comes encoded as gzip and cannot be unpacked: incorrect header check')
      expect(readdirSync(directory)).toEqual([])
    })

    it('are called as they are, or as the server says behind a redirect', async () => {
      const nameOf = async (path: string) => (await prepare(nginx.url(path))).guestPath
      expect(await nameOf('/named/words.txt')).toBe('/in/words.txt')
      expect(await nameOf('/moved-named/words.txt')).toBe('/in/named by the server.txt')
      expect(await nameOf('/files/a%20b+%C3%A9.txt')).toBe('/in/a b+é.txt')
    })

    it('need the login that the URL names', async () => {
      const withLogin = (login: string) => nginx.url('/login/words.txt').replace('//', `//${login}@`)
      expect(readFileSync((await prepare(withLogin('me:secret'))).hostPath, 'utf8')).toBe(text)
      await expect(prepare(withLogin('me:wrong'))).rejects.toThrow('401 Unauthorized')
    })
  })

  describe('large files', () => {
    it('come in parts side by side, each asked for once', async () => {
      const { hostPath } = await prepare(nginx.url('/files/large.bin'))
      expect(readFileSync(hostPath).equals(large)).toBe(true)
      expect(
        said()
          .flatMap((line) => line.match(/bytes=\d+-\d+$/) ?? [])
          .sort(),
      ).toEqual(['bytes=16777216-33554431', 'bytes=33554432-41943039'])
    })

    it('come in one piece from a server without ranges', async () => {
      expect(readFileSync((await prepare(nginx.url('/no-ranges/large.bin'))).hostPath).equals(large)).toBe(true)
      expect(said()).toHaveLength(1)
    })

    it('are held against the limit before anything is written', async () => {
      const refused = prepare(nginx.url('/files/large.bin'), {}, storage({ maxBytes: mebibyte }))
      await expect(refused).rejects.toMatchObject({ code: 'ResourceExhausted' })
      expect(readdirSync(directory)).toEqual([])
    })
  })

  describe('over a line that is cut', () => {
    let line: Relay
    beforeEach(async () => {
      line = await relay(nginx.port)
    })
    afterEach(() => line.close())

    it.each([
      ['in parts', '/paced/large.bin', large],
      ['in one piece', '/slow/middle.bin', large.subarray(0, 300_000)],
    ])('the rest is asked for, and all of it arrives: %s', async (_how, path, content) => {
      nginx.file('middle.bin', large.subarray(0, 300_000))
      let cuts = 0
      const sleep = async () => {
        line.mend()
      }
      const cutting = setInterval(() => {
        if (cuts++ < 3) line.cut()
      }, 100)
      const clock = Object.assign(new SystemClock(), { sleep })
      const url = `http://127.0.0.1:${line.port}${path}`
      const { hostPath } = await prepare(url, {}, storage({ retries: 20 }, { clock })).finally(() =>
        clearInterval(cutting),
      )
      expect(readFileSync(hostPath).equals(content)).toBe(true)
      expect(cuts).toBeGreaterThan(1)
    })

    it('that stays so is told, and nothing is left', async () => {
      const clock = Object.assign(new SystemClock(), { sleep: async () => {} })
      line.cut()
      const refused = prepare(`http://127.0.0.1:${line.port}/files/words.txt`, {}, storage({}, { clock }))
      await expect(refused).rejects.toMatchObject({ isRetryable: true, details: { FailureClass: 'transient' } })
      expect(readdirSync(directory)).toEqual([])
    })
  })

  describe('a checksum', () => {
    const hex = hash('sha256', text)
    const base64 = hash('sha256', text, 'base64')

    it('is in hex or base64, and the file is what it says', async () => {
      for (const ChecksumSHA256 of [hex, hex.toUpperCase(), base64]) {
        expect(await read('/files/words.txt', { ChecksumSHA256 })).toBe(text)
        rmSync(join(directory, 'words.txt'))
      }
      const ChecksumSHA256 = hash('sha256', large)
      expect((await prepare(nginx.url('/files/large.bin'), { ChecksumSHA256 })).kind).toBe('file')
    })

    it('that is another one is told, and nothing is left', async () => {
      const refused = prepare(nginx.url('/files/words.txt'), { ChecksumSHA256: hash('sha256', 'other') })
      const message = `checksum mismatch for ${nginx.url('/files/words.txt')}, expected ${hash('sha256', 'other')}, got ${hex}`
      await expect(refused).rejects.toMatchObject({ message, details: { FailureClass: 'user' } })
      expect(readdirSync(directory)).toEqual([])
      await expect(prepare(nginx.url('/files/words.txt'), { ChecksumSHA256: 'abc' })).rejects.toThrow(
        'ChecksumSHA256 must be a SHA-256 in hex or base64',
      )
    })

    it('names the content wherever it is: what is here once is not fetched from elsewhere', async () => {
      const folders: string[] = []
      const cache = await fileCache(folders)
      const by = storage({}, { cache })
      const more = { ChecksumSHA256: hash('sha256', large) }
      await prepare(nginx.url('/files/large.bin'), more, by)
      const before = said().length
      rmSync(join(directory, 'large.bin'))
      const other = source(nginx.url('/no-ranges/large.bin'), more)
      await by.sizeBytes(other, loneShare, never)
      const again = await by.prepare(
        { Source: other, Alias: '', Target: '/in' },
        { directory, share: loneShare, limitBytes: 1e9 },
        never,
      )
      expect(readFileSync(again.hostPath).equals(large)).toBe(true)
      expect(
        said()
          .slice(before)
          .map((line) => line.split(' ').slice(0, 2).join(' ')),
      ).toEqual(['HEAD /no-ranges/large.bin'])
      await cache.stop()
      for (const folder of folders) rmSync(folder, { recursive: true })
    })
  })
})
