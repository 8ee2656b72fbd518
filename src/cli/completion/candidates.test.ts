import { describe, expect, it } from 'vitest'
import type { Command } from '#lib/argv/command.ts'
import { bool, strings, text } from '../flags.ts'
import { candidates } from './candidates.ts'

const list: Command = {
  name: 'list',
  short: 'List jobs',
  args: { max: 0 },
  flags: {
    output: text('table', 'Form', { words: ['table', 'json'] }),
    labels: strings([], 'Labels', { shorthand: 'l' }),
    wide: bool(false, 'Wide'),
    secret: text('', 'Not shown', { isHidden: true }),
  },
}
const job: Command = {
  name: 'job',
  short: 'Jobs',
  subcommands: [list, { name: 'logs', short: 'Logs', run: 1 }, { name: 'old', short: 'Old', deprecated: 'no' }],
}
const root: Command = { name: 'app', short: 'App', persistentFlags: { port: text('', 'Port') }, subcommands: [job] }
const atList = [root, job, list]

const offered = (path: readonly Command[], before: string[], begun: string): unknown => {
  const asked = candidates(path, before, begun)
  return asked.kind === 'words' ? asked.words.map(({ word }) => word) : 'argument'
}

describe('what may stand at the end of a command line', () => {
  it('is a command of the group, but for what is deprecated', () => {
    expect(offered([root, job], ['job'], '')).toEqual(['list', 'logs'])
    expect(offered([root, job], ['job'], 'lo')).toEqual(['logs'])
  })

  it('is a flag, those of the groups above first, hidden ones never', () => {
    expect(offered(atList, ['job', 'list'], '--')).toEqual(['--port', '--help', '--labels', '--output', '--wide'])
    expect(offered(atList, ['job', 'list'], '-')).toContain('-l')
  })

  it('is no flag that stands there already, unless it may be repeated', () => {
    expect(offered(atList, ['job', 'list', '--wide', '-l', 'a=b'], '--')).toEqual([
      '--port',
      '--help',
      '--labels',
      '--output',
    ])
  })

  it('is a value of the flag before, also behind an equals sign', () => {
    expect(offered(atList, ['job', 'list', '--output'], 'j')).toEqual(['json'])
    expect(offered(atList, ['job', 'list'], '--output=')).toEqual(['table', 'json'])
    expect(candidates(atList, ['job', 'list', '--port'], '')).toEqual({ kind: 'words', words: [], files: true })
  })

  it('is an argument where a command takes one, and always behind two dashes', () => {
    expect(offered(atList, ['job', 'list'], 'x')).toBe('argument')
    expect(offered(atList, ['job', 'list', '--'], '--o')).toBe('argument')
  })
})
