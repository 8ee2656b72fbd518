import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { partOf } from '../../../test/kit/part-of.ts'
import type { DockerApi } from './api.ts'
import { usedDisk } from './used-disk.ts'

it('files and folders whose names are no text count as all others', async () => {
  const hostPath = mkdtempSync(join(tmpdir(), 'used-disk-'))
  onTestFinished(() => rmSync(hostPath, { recursive: true }))
  const odd = Buffer.from([0x2f, 0xff, 0xfe])
  const folder = Buffer.concat([Buffer.from(hostPath), odd])
  mkdirSync(folder)
  writeFileSync(Buffer.concat([folder, odd]), Buffer.alloc(1_000_000))
  const api = partOf<DockerApi>({ call: async () => ({ SizeRw: 1 }) })
  const output = { guestPath: '/out', hostPath, resultPath: { Name: 'out', Path: '/out' } }
  expect(await usedDisk(api, 'c-1', [output])).toBeGreaterThan(1_000_000)
})
