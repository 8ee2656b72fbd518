import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { bundleClient } from './client.ts'

it('the typed client is bundled where nothing was built before, as on a fresh machine', async () => {
  const root = mkdtempSync(join(tmpdir(), 'bacalhau-client-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  await bundleClient(join(import.meta.dirname, '../..'), join(root, 'dist'))
  expect(readdirSync(join(root, 'dist')).sort()).toEqual(['client.js', 'client.js.map'])
})
