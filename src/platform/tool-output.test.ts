import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../test/kit/until.ts'
import { toolOutput } from './tool-output.ts'

let folder: string
let troubles: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bacalhau-tool-'))
  troubles = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const program = (script: string): string => {
  const path = join(folder, 'tool')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}
const outputOf = (command: string, limitMs?: number) =>
  toolOutput((tool, reason) => void troubles.push(reason.replace(tool, 'tool')), limitMs)(command, ['--all'])

describe('a tool of the machine', () => {
  it('gives what it prints; one that is not there gives nothing, and that is no trouble [X20]', async () => {
    expect(await outputOf(program('echo "asked $1"'))).toBe('asked --all\n')
    expect(await outputOf(join(folder, 'nothing'))).toBe('')
    expect(troubles).toEqual([])
  })

  it('that fails is told with its reason, and what it had printed does not count [X20]', async () => {
    expect(await outputOf(program('echo half; echo "no driver" >&2; exit 9'))).toBe('')
    writeFileSync(join(folder, 'tool'), 'not for everyone')
    chmodSync(join(folder, 'tool'), 0o644)
    expect(await outputOf(join(folder, 'tool'))).toBe('')
    expect(troubles).toEqual(['exit code 9: no driver', expect.stringContaining('EACCES')])
  })

  it('that hangs, deaf and with children, is not waited for, and nothing of it is left [X20]', async () => {
    const startMs = performance.now()
    const pids = join(folder, 'pids')
    const hanging = program(`trap "" TERM; sleep 30 & echo $$ $! >${pids}; wait; sleep 30`)
    expect(await outputOf(hanging, 1_000)).toBe('')
    expect(performance.now() - startMs).toBeLessThan(20_000)
    expect(troubles).toEqual(['no answer within 1000 ms'])
    const [tool, child] = readFileSync(pids, 'utf8').split(' ').map(Number)
    await until('both have ended', () => [tool, child].every((pid) => pid && !existsSync(`/proc/${pid}/exe`)))
  })

  it('that prints without end is ended when it has said enough [X20]', async () => {
    expect(await outputOf(program('yes'))).toBe('')
    expect(troubles).toEqual(['more than 1048576 bytes of output'])
  })
})
