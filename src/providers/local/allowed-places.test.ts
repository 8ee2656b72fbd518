import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LocalStorage } from './storage.ts'

const notAllowed = 'volume not in allowed paths'
const notThere = 'volume does not exist'
type Wanted = { rw?: boolean; create?: 'dir' | 'file' }
type Row = [allowed: string[], path: string, wanted: Wanted, verdict: string]

/** `@` is the folder of the test. In it: data/a/file, data/b.d/file, secret/key, and links of all kinds in data/links. */
const rows: Row[] = [
  // What patterns name.
  [['@/data/a/file'], '@/data/a/file', {}, 'yes'],
  [['@/data/a'], '@/data/a', {}, 'yes'],
  [['@/data/a'], '@/data/a/file', {}, notAllowed],
  [['@/data/a'], '@/data', {}, notAllowed],
  [['@/data/*'], '@/data/a', {}, 'yes'],
  [['@/data/*'], '@/data/a/file', {}, notAllowed],
  [['@/data/**'], '@/data/a/file', {}, 'yes'],
  [['@/data/{a,c}/f?le'], '@/data/a/file', {}, 'yes'],
  [['@/data/[b-z].d/*'], '@/data/b.d/file', {}, 'yes'],
  [['@/data/[!b].d/*'], '@/data/b.d/file', {}, notAllowed],
  [['@/data/[^b].d/*'], '@/data/b.d/file', {}, notAllowed],
  [['@/data/[!a].d/*'], '@/data/b.d/file', {}, 'yes'],
  [['@/other', '@/data/**'], '@/data/a', {}, 'yes'],
  // Reading and writing.
  [['@/data/**:ro'], '@/data/a', {}, 'yes'],
  [['@/data/**:ro'], '@/data/a', { rw: true }, 'not granted write access'],
  [['@/data/**'], '@/data/a', { rw: true }, 'not granted write access'],
  [['@/data/**:rw'], '@/data/a', { rw: true }, 'yes'],
  [['@/data/**:rw'], '@/data/a', {}, 'yes'],
  [['@/data/**', '@/data/a:rw'], '@/data/a', { rw: true }, 'yes'],
  [['@/data/**:rw', '@/secret'], '@/secret', { rw: true }, 'not granted write access'],
  // The same place written otherwise.
  [['@/data/a'], '@/data/a/', {}, 'yes'],
  [['@/data/a'], '@/data//a/.', {}, 'yes'],
  [['@/data/a'], '@/data/b.d/../a', {}, 'yes'],
  [['@/data/**'], '@/data/../secret/key', {}, notAllowed],
  [['@/data/**'], '@/data/a/../../secret', {}, notAllowed],
  [['@/data/**'], '@/../../../../etc/passwd', {}, notAllowed],
  // Links lead where they lead.
  [['@/data/**'], '@/data/links/inside', {}, 'yes'],
  [['@/data/**'], '@/data/links/inside/file', {}, 'yes'],
  [['@/data/links/*'], '@/data/links/inside', {}, notAllowed],
  [['@/data/**'], '@/data/links/outside', {}, notAllowed],
  [['@/data/**'], '@/data/links/outside/key', {}, notAllowed],
  [['@/data/**'], '@/data/links/dots/key', {}, notAllowed],
  [['@/data/**'], '@/data/links/chain', {}, notAllowed],
  [['@/data/**'], '@/data/links/inside/../../secret', {}, notThere],
  [['@/data/**'], '@/data/links/circle', {}, 'ELOOP'],
  [['@/data/**'], '@/data/links/circle/file', {}, 'ELOOP'],
  [['@/data/**'], '@/data/links/itself', {}, 'ELOOP'],
  [['@/data/**'], '@/data/links/dangling', {}, notThere],
  [['@/data/**', '@/secret/*'], '@/data/links/outside/key', {}, 'yes'],
  [['@/data/links/outside/*'], '@/secret/key', {}, 'yes'],
  // What is not there, and what is no file.
  [['@/data/**'], '@/data/none', {}, notThere],
  [['@/data/**:rw'], '@/data/none', { rw: true, create: 'dir' }, 'yes'],
  [['@/data/**:rw'], '@/data/none', { create: 'dir' }, notThere],
  [['@/data/**:rw'], '@/data/../none', { rw: true, create: 'dir' }, notAllowed],
  [['@/data/**:rw'], '@/data/links/outside/none', { rw: true, create: 'file' }, notAllowed],
  [['@/data/**:rw'], '@/data/a/file/below', { rw: true, create: 'dir' }, 'ENOTDIR'],
  [['@/data/**'], '@/data/pipe', {}, 'neither a file nor a folder'],
]

let root: string
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'bacalhau-places-')))
  for (const folder of ['data/a', 'data/b.d', 'data/links', 'secret'])
    mkdirSync(join(root, folder), { recursive: true })
  for (const file of ['data/a/file', 'data/b.d/file', 'secret/key']) writeFileSync(join(root, file), 'x')
  const links = {
    inside: '../a',
    outside: join(root, 'secret'),
    dots: '../../secret',
    chain: 'outside',
    circle: 'back',
    back: 'circle',
    itself: 'itself',
    dangling: '../none',
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, 'data/links', name))
  execFileSync('mkfifo', [join(root, 'data/pipe')])
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

it.each(rows)(
  'where %j is allowed, %s %j: %s [R179, R181, R182, S2]',
  async (allowed, path, { rw, create }, verdict) => {
    const storage = new LocalStorage(allowed.map((each) => each.replace('@', root)))
    const Params = {
      SourcePath: path.replace('@', root),
      ...(rw && { ReadWrite: rw }),
      ...(create && { CreateAs: create }),
    }
    const input = { Source: { Type: 'localDirectory', Params }, Alias: '', Target: '/in' }
    // What may be made is not made here: each row finds the same places.
    const asked = create && verdict === 'yes' ? storage.sizeBytes(input.Source) : storage.prepare(input)
    if (verdict === 'yes') await asked
    else
      await expect(asked).rejects.toMatchObject({
        message: expect.stringContaining(verdict),
        details: { FailureClass: 'node' },
      })
  },
)
