import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { LogFile } from './log-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'log-file-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('a part that is opened while it gets another name is the one that was asked for', async () => {
  const log = LogFile.empty(join(folder, 'turning.log'))
  for (let part = 0; part < 200; part++) {
    await log.append([Buffer.from(String(part).padStart(4, '0'))])
    const opening = log.openAt(log.endBytes - 4)
    await log.beginPart()
    const { file, startBytes } = await opening
    expect([startBytes, String((await file.read(Buffer.alloc(4))).buffer)]).toEqual([
      part * 4,
      String(part).padStart(4, '0'),
    ])
    await file.close()
  }
  await log.close()
})
