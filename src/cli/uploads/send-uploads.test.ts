import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { JobSpec } from '#models/job.ts'
import type { ChunkList } from '#models/upload.ts'
import { Screen } from '../../../test/kit/screen.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import type { Cli } from '../command.ts'
import { sendUploads } from './send-uploads.ts'

/** What stands below the step after each chunk, of which one arrives a second. */
async function notesOf(content: Uint8Array): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-send-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'content')
  writeFileSync(path, content)
  const clock = new StepClock()
  const screen = new Screen(200)
  const notes: string[] = []
  const there = new Set<string>()
  const jobs = {
    beginUpload: async ({ Chunks }: ChunkList) => ({
      ID: 'u-1',
      Missing: [...new Set(Chunks.map(({ SHA256 }) => SHA256))].filter((digest) => !there.has(digest)),
    }),
    uploadChunk: async (_: string, digest: string) => {
      there.add(digest)
      clock.goTo(clock.nowAtMs + 1000)
      notes.push(screen.lines.at(-1)?.trim() ?? '')
    },
  }
  const stderr = { isTerminal: true, canRedraw: true, columns: 200, write: (text: string) => void screen.write(text) }
  const cli = {
    stderr,
    clock,
    interrupted: new AbortController().signal,
    resolve: (each: string) => each,
    client: async () => ({ jobs }),
  } as unknown as Cli
  const InputSources = [{ Source: { Type: 'upload', Params: { Path: path } }, Alias: '', Target: '/in' }]
  await sendUploads({ Namespace: 'default', Tasks: [{ InputSources }] } as unknown as JobSpec, false, cli)
  expect(screen.lines.at(-2)).toMatch(/Sending .*done/)
  return notes
}

it('an upload shows how far it is, how fast, and how long it still takes, as results do that are fetched [X11]', async () => {
  const notes = await notesOf(randomBytes(40_000_000))
  expect(notes[0]).toMatch(/^0 B of 40 MB$/)
  expect(notes.at(-1)).toMatch(/^\d+(\.\d)? MB of 40 MB, \d+(\.\d)? [kM]B\/s, \d+s left$/)
})

it('what stands in a file often counts once: it is sent once', async () => {
  const [note] = await notesOf(new Uint8Array(40_000_000))
  expect(note).toMatch(/^0 B of (?!40)\d(\.\d)? MB$/)
})
