import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingParts } from '../../../tools/system-parts.ts'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { executable } from '../../kit/program.ts'

let product: Product
let server: Server
let jobId: string

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
  jobId = await server.submit(toolJob(['hello'], { job: { Name: 'greeting' } }))
})
afterAll(() => product?.stop())

/** Lines of what a shell prints, with the product as `bacalhau` on its path. */
async function shell(command: string, args: string[]): Promise<string[]> {
  const env = {
    ...process.env,
    PATH: `${dirname(executable)}:${process.env.PATH}`,
    HOME: product.folder,
    BACALHAU_DIR: product.folder,
    BACALHAU_API_PORT: String(server.port),
  }
  const { stdout, stderr } = await promisify(execFile)(command, args, { env })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((line) => line !== '')
}

/** What the shell offers for the last word of a command line. */
const shells: Readonly<Record<string, (words: string[]) => Promise<string[]>>> = {
  bash: (words) =>
    shell('bash', [
      '--norc',
      '-c',
      'source <(bacalhau completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); __bacalhau_complete; printf "%s\\n" "${COMPREPLY[@]}"',
      'bash',
      ...words,
    ]),
  fish: async (words) => {
    const lines = await shell('fish', [
      '--no-config',
      '-c',
      'bacalhau completion fish | source; complete -C $argv[1]',
      words.join(' '),
    ])
    return lines.map((line) => line.split('\t')[0] ?? '')
  },
  // The functions of zsh's completion system that exist only while somebody types.
  zsh: (words) =>
    shell('zsh', [
      '-f',
      '-c',
      'compdef() { }; compset() { }; _describe() { print -l -- ${(P)2} }; source <(bacalhau completion zsh); words=("$@"); CURRENT=$#; _bacalhau',
      'zsh',
      ...words,
    ]),
}

const lacksShells = missingParts().some(({ name }) => name === 'shells')

describe.each(Object.keys(shells))('completion in %s', (name) => {
  const offered = async (...words: string[]) => (await shells[name]!(['bacalhau', ...words])).map(wordOf)
  /** zsh is given what a word is behind a colon. */
  const wordOf = (line: string): string => (name === 'zsh' ? (line.split(/(?<!\\):/)[0] ?? '') : line)

  const test = it.skipIf(name !== 'bash' && lacksShells)

  test('offers commands and flags', async () => {
    expect(await offered('job', 'l')).toEqual(['list', 'logs'])
    expect(await offered('node', 'list', '--f')).toEqual(['--filter-approval', '--filter-status'])
  })

  test('offers the jobs and nodes there are', async () => {
    expect(await offered('job', 'describe', 'j-')).toContain(jobId)
    expect(await offered('node', 'describe', 'n-')).toHaveLength(1)
  })

  test('offers the values of a flag', async () => {
    expect(await offered('job', 'list', '--output', '')).toEqual(
      expect.arrayContaining(['csv', 'json', 'table', 'yaml']),
    )
  })
})

describe('completion without a server', () => {
  it('offers nothing, says nothing, and does not hang', async () => {
    const { exit, stdout } = await server.run(['__complete', 'job', 'describe', '', '--api-port', '1'])
    expect([exit, stdout.trim()]).toEqual([0, ':0'])
  })
})
