import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import type { Server } from '../../kit/product.ts'
import { executable } from '../../kit/program.ts'
import { ended, type ShownJob } from '../crash/processes.ts'

const root = join(import.meta.dirname, '../../..')
export const examples = join(root, 'examples')
export const textOf = (file: string): string => readFileSync(join(examples, file), 'utf8')

/** The commands of an example as its file tells them; each must be one that submits a job. */
export function commandsOf(file: string): string[] {
  const commands = [...textOf(file).matchAll(/^#   (.*\bbacalhau job run .*)$/gm)].map(([, command = '']) => command)
  expect(commands, file).not.toEqual([])
  return commands
}

/** Types a command in the folder of the project, as a user of this server; the id of its job. */
export async function typed(command: string, server: Server, home: string, env = {}): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('/bin/sh', ['-c', command], {
    cwd: root,
    env: {
      PATH: `${dirname(executable)}:${process.env['PATH']}`,
      PWD: root,
      HOME: home,
      BACALHAU_DIR: join(home, 'client'),
      BACALHAU_API_HOST: '127.0.0.1',
      BACALHAU_API_PORT: String(server.port),
      ...env,
    },
  })
  const [id] = /j-[0-9a-f-]{36}/.exec(stdout) ?? []
  if (id === undefined) throw new Error(`${command} named no job: ${stdout}${stderr}`)
  return id
}

/** Runs the one command of an example to the end of its job, which must be a good one. */
export async function ran(file: string, server: Server, home: string, env = {}): Promise<ShownJob> {
  const [command = '', ...more] = commandsOf(file)
  expect(more).toEqual([])
  const shown = await ended(server.port, await typed(command, server, home, env), 60_000)
  expect(shown.Job.State, file).toMatchObject({ StateType: 'Completed' })
  return shown
}

export const outputsOf = (shown: ShownJob): string[] =>
  shown.Executions.Items.map(({ RunOutput }) => RunOutput?.Stdout ?? '')

export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

/** Lines with their fields, as the examples print tables. */
export const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
