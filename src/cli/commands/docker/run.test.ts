import { describe, expect, it } from 'vitest'
import { commandLine } from '../../../../test/kit/command-line.ts'

const dryRun = (...words: string[]) => commandLine().run(['docker', 'run', '--dry-run', 'busybox', ...words])
const hint = 'Options of the program come after --, as the examples of --help show'

describe('options in the command line of a container', () => {
  it('are those of `docker run` unless they stand behind --, which is said where they may be the program’s [R161]', async () => {
    const { code, stdout, stderr } = await dryRun('ls', '-la')
    expect([code, stderr]).toEqual([0, `Warning: -la is taken as an option of bacalhau, not of the program. ${hint}\n`])
    expect(stdout).toMatch(/^Labels:\n {2}a: ""$/m)
    const script = await dryRun('sh', '-c', 'echo hi')
    expect(script.stderr).toContain('Warning: -c is taken as an option of bacalhau, not of the program.')
    expect(script.stderr).toContain("failed to parse node selector: unable to parse requirement: found 'hi'")
  })

  it('that are none of ours are refused with where they belong', async () => {
    for (const words of [
      ['python', '-u', 'x.py'],
      ['echo', '--foo'],
      ['ls', '-l'],
    ]) {
      const { code, stderr } = await dryRun(...words)
      expect([code, stderr.split('\n')[1]]).toEqual([1, `Hint: ${hint}`])
    }
  })

  it('say nothing behind --, in front of the command, or in whole words', async () => {
    for (const words of [
      ['--', 'ls', '-la'],
      ['-e', 'A=1', 'env'],
      ['env', '--env', 'A=1'],
    ]) {
      expect(await dryRun(...words)).toMatchObject({ code: 0, stderr: '' })
    }
  })
})

it('a variable of several lines reaches the job whole [R161]', async () => {
  const { stdout } = await dryRun('-e', 'A=one\ntwo, three', '-e', 'B=1,C=2')
  expect(stdout).toMatch(/^ +EnvironmentVariables:\n +- \|-\n +A=one\n +two, three\n +- B=1\n +- C=2$/m)
})
