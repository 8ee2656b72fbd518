import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunRequest } from '#contracts/engine.ts'
import type { Clock } from '#lib/clock.ts'
import type { DockerApi } from './api.ts'
import { watchDisk } from './disk-watch.ts'

/** Timers that run when they are told to. */
const manualClock = () => {
  const due: (() => void)[] = []
  const clock = { after: (_: number, run: () => void) => (due.push(run), { stop: () => {} }) }
  return { clock: clock as unknown as Clock, due }
}

describe('watchDisk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-disk-'))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const watch = (Disk: number, layerBytes: number) => {
    const killed: string[] = []
    let asked = () => {}
    const settled = new Promise<void>((resolve) => {
      asked = resolve
    })
    const api = {
      call: async (_: string, path: string) => {
        if (path.endsWith('/kill')) {
          killed.push(path)
          asked()
        }
        return { SizeRw: layerBytes }
      },
    } as unknown as DockerApi
    const { clock, due } = manualClock()
    const request = { resources: { Disk }, outputs: [{ hostPath: folder }] } as unknown as RunRequest
    const watching = watchDisk({ api, clock, id: 'c', request, released: new AbortController().signal })
    return { watching, due, killed, settled }
  }

  it('ends a program that writes more than it asked for, in its layer and its outputs together [X6]', async () => {
    mkdirSync(join(folder, 'deep'), { recursive: true })
    writeFileSync(join(folder, 'deep/file'), Buffer.alloc(600))
    symlinkSync('/', join(folder, 'everything'))
    const { watching, due, killed, settled } = watch(1000, 500)
    due.shift()?.()
    await settled
    expect(killed).toEqual(['/containers/c/kill'])
    expect(watching.failure()).toMatchObject({
      class: 'resource',
      message: expect.stringMatching(/^disk limit exceeded: 110\d bytes/),
    })
  })

  it('does not look at a task that asked for no disk', () => {
    expect(watch(0, 1e9).due).toEqual([])
  })
})
