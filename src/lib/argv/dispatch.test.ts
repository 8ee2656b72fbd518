import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { editDistance } from '../edit-distance.ts'
import type { Command } from './command.ts'
import { type Dispatch, dispatch, pathText } from './dispatch.ts'
import { bool, int, string } from './flag-type.ts'
import { suggestions } from './suggest.ts'

const leaf = (name: string, rest: Partial<Command> = {}): Command => ({ name, short: `Do ${name}`, run: true, ...rest })

/** The sample tree of the recordings. */
const app: Command = {
  name: 'app',
  short: 'App short',
  long: 'App long',
  persistentFlags: { debug: { type: bool, shorthand: 'd', usage: 'debug' } },
  subcommands: [
    {
      name: 'job',
      short: 'Job commands',
      subcommands: [
        leaf('list', {
          args: { max: 0 },
          flags: {
            limit: { type: int, default: 10, usage: 'limit of items' },
            output: { type: string, shorthand: 'o', default: 'table', usage: 'output format' },
          },
        }),
        leaf('run', { operands: '[file]', args: { max: 1 } }),
        leaf('describe', { operands: '[id]', aliases: ['desc'], args: { min: 1, max: 1 } }),
        leaf('set', { args: { min: 2 } }),
        leaf('range', { args: { min: 1, max: 2 } }),
        leaf('any', { args: {} }),
        leaf('valid', { args: { valid: ['a', 'b', 'c'] } }),
        leaf('pair', {
          args: { max: 0 },
          flags: {
            count: { type: int, usage: 'count' },
            concurrency: { type: int, usage: 'concurrency' },
            x: { type: bool, usage: 'x' },
            y: { type: bool, usage: 'y' },
            p: { type: bool, usage: 'p' },
            q: { type: bool, usage: 'q' },
          },
          groups: [
            { kind: 'exclusive', flags: ['count', 'concurrency'] },
            { kind: 'together', flags: ['x', 'y'] },
            { kind: 'required', flags: ['p', 'q'] },
          ],
        }),
        leaf('req', {
          args: { max: 0 },
          flags: {
            must: { type: string, isRequired: true, usage: 'must' },
            also: { type: string, isRequired: true, usage: 'also' },
          },
        }),
      ],
    },
    { name: 'node', short: 'Node commands', subcommands: [leaf('list', { args: { max: 0 } })] },
    leaf('old', { deprecated: 'use job' }),
    leaf('legacy'),
    leaf('version', { args: { max: 0 } }),
    { name: 'completion', short: 'Generate the autocompletion script', subcommands: [leaf('bash'), leaf('zsh')] },
  ],
}

describe('dispatch', () => {
  it('finds the command and reads its flags and arguments', () => {
    const found = dispatch(app, ['-d', 'job', '--limit', '5', 'list', '-ojson'])
    expect(found).toMatchObject({
      kind: 'run',
      parsed: { values: { debug: true, limit: 5, output: 'json' }, args: [] },
    })
    expect(pathText(found.path)).toBe('app job list')
  })

  it('shows the help of a group for a word it does not know', () => {
    const found = dispatch(app, ['job', 'nope'])
    expect([found.kind, pathText(found.path)]).toEqual(['help', 'app job'])
  })

  it('asks whether a near command was meant', () => {
    expect(dispatch(app, ['verison'])).toMatchObject({
      kind: 'fault',
      showsUsage: false,
      fault: { message: 'unknown command "verison" for "app"\n\nDid you mean this?\n\tversion\n' },
    })
  })

  it('is not misled by names that every object has', () => {
    expect(dispatch(app, ['--constructor', 'x', 'job', 'list'])).toMatchObject({
      kind: 'fault',
      fault: { message: 'unknown flag: --constructor' },
    })
  })
})

describe('suggestions', () => {
  it('are near or begin with what was typed', () => {
    expect(suggestions('LIS', ['list', 'get'])).toEqual(['list'])
    expect([editDistance('', 'ab'), editDistance('kitten', 'sitting')]).toEqual([2, 3])
  })
})

/** What the recorded program prints; the layout of help is free. */
function printed(found: Dispatch): { ran: unknown; stderr: string; stdout: string[] } {
  const { path, notices } = found
  if (found.kind === 'run') return { ran: [pathText(path), ...found.parsed.args], stderr: '', stdout: notices }
  const usage = `Usage:\n  ${pathText(path)}`
  if (found.kind === 'help') {
    const topic = found.unknownTopic?.map((word) => `\`${word}\``).join(' ')
    return { ran: null, stderr: '', stdout: [...notices, topic ? `Unknown help topic [${topic}]\n${usage}` : usage] }
  }
  const hint = found.showsUsage ? '' : `Run '${pathText(path)} --help' for usage.\n`
  const stderr = `Error: ${found.fault.message}\n${hint}`
  return { ran: null, stderr, stdout: [...notices, ...(found.showsUsage ? [usage] : [])] }
}

type Recorded = { ran: string[] | null; stderr: string; stdout: string }

/** These cases hold an error and what was printed with it. */
describeVectors(
  'cobra.json',
  (argv: string[], vector) => {
    const found = dispatch(app, argv)
    const { ran, stderr, stdout } = printed(found)
    const recorded = vector.raw.out as Recorded
    const isSame =
      isDeepStrictEqual(ran, recorded.ran) &&
      stderr === recorded.stderr &&
      stdout.length > 0 === recorded.stdout.length > 0 &&
      stdout.every((part) => recorded.stdout.includes(part))
    if (!isSame) return { ran, stderr, stdout }
    if (found.kind === 'fault') throw found.fault
    return recorded
  },
  // No shell completes for this program, so that nothing answers the hidden command of shells.
  { skip: (vector) => vector.in[0] === '__complete' },
)
