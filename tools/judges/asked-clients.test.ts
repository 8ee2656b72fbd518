import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askedClients } from './asked-clients.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'asked-clients-'))
  mkdirSync(join(folder, 'env/bin'), { recursive: true })
  for (const name of ['cli', 'env/bin/python', 'text']) writeFileSync(join(folder, name), '')
  for (const name of ['cli', 'env/bin/python']) chmodSync(join(folder, name), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true }))

it('clients are taken from where the user is', () => {
  const args = [
    '--cli',
    'cli',
    '--python',
    'env',
    '--cli',
    './cli',
    '--node',
    'cli',
    '--orchestrator',
    'cli',
    '--wasi',
    'env',
  ]
  expect(askedClients(args, folder)).toEqual({
    cli: [join(folder, 'cli'), join(folder, 'cli')],
    python: join(folder, 'env/bin/python'),
    nodes: [join(folder, 'cli')],
    orchestrators: [join(folder, 'cli')],
    wasi: [join(folder, 'env')],
  })
})

it.each([
  ['nothing', [], /no client is given/],
  ['an unknown option', ['--java', 'cli'], /unknown option --java/],
  ['an option without its path', ['--cli'], /--cli without a path/],
  ['a path where nothing is', ['--cli', 'nowhere'], /cannot run .*nowhere: ENOENT/],
  ['a folder', ['--cli', '.'], /is not a file/],
  ['what cannot be executed', ['--cli', 'text'], /cannot run .*text: EACCES/],
  ['a folder without an interpreter', ['--python', '.'], /cannot run .*bin.python: ENOENT/],
  ['two environments', ['--python', 'env', '--python', 'env'], /one --python/],
])('%s is refused with a sentence', (_, args, message) => {
  expect(() => askedClients(args, folder)).toThrow(message)
})
