import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from './run.ts'
import { missingParts } from './system-parts.ts'
import { root } from './tidy/source-files.ts'

const hasWabt = !missingParts().some(({ name }) => name === 'wabt')

it.skipIf(!hasWabt)('examples/echo/echo.wasm is what its source says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-wat-'))
  try {
    await run('wat2wasm', [join(root, 'examples/echo/echo.wat'), '-o', join(folder, 'echo.wasm')])
    const built = readFileSync(join(folder, 'echo.wasm'))
    expect(built.equals(readFileSync(join(root, 'examples/echo/echo.wasm')))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
