import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine } from '../../../../test/kit/command-line.ts'

const fresh = (text?: string) => {
  const cli = commandLine()
  const file = join(cli.dataDir, 'config.yaml')
  mkdirSync(cli.dataDir)
  if (text !== undefined) writeFileSync(file, text)
  const set = (...args: string[]) => cli.run(['config', 'set', ...args])
  return { ...cli, file, set, text: () => readFileSync(file, 'utf8') }
}
const list = (stdout: string) =>
  new Map((JSON.parse(stdout) as { Key: string; Value: unknown; Source: string }[]).map((row) => [row.Key, row]))

describe('config set', () => {
  it('takes key=value, several at once, and the form of 1.4 [R201]', async () => {
    const { set, text } = fresh()
    expect((await set('api.port=99', 'Labels=a=b,C=D')).code).toBe(0)
    expect((await set('Compute.Orchestrators', 'nats://a:1', 'nats://b:2')).code).toBe(0)
    expect(text()).toBe(
      'API:\n    Port: 99\nLabels:\n    a: b\n    C: D\nCompute:\n    Orchestrators:\n        - nats://a:1\n        - nats://b:2\n',
    )
  })

  it('leaves the rest of the file as it is written', async () => {
    const { set, text } = fresh('# ours\napi:\n  port: 1 # old\n  host: h\n')
    await set('API.Port=2')
    expect(text()).toBe('# ours\napi:\n  port: 2 # old\n  host: h\n')
  })

  it('lets nobody else read a file that holds a secret', async () => {
    const { set, file } = fresh()
    await set('API.Port=1')
    expect(statSync(file).mode & 0o777).toBe(0o644)
    await set('Compute.Auth.Token=hunter2')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await set('Compute.Auth.Token=')
    expect(statSync(file).mode & 0o777).toBe(0o644)
    await set('Compute.Orchestrators=nats://tok@host:4222')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('refuses what is no key, no value, and what would contradict the file, and changes nothing [X12]', async () => {
    const before = 'node:\n    clientapi:\n        port: 5\n'
    const { set, text } = fresh(before)
    const refusals = {
      'API.Prt=1': '"api.prt" is not a valid config key',
      'API.Port=x': 'config key: "api.port" expects an integer value, received: "x"',
      'API.Port=70000': 'a port is a number from 0 to 65535',
      'Logging.Mode=xx': 'must be one of',
      'Compute.Orchestrators=a,,b': "empty token found at position 1 in string slice 'a,,b'",
      'API.Port=6': 'node.clientapi.port in * and API.Port in * set API.Port to different values',
    }
    for (const [pair, sentence] of Object.entries(refusals)) {
      const { code, stderr } = await set(pair)
      expect(code, pair).toBe(1)
      for (const part of sentence.split('*')) expect(stderr).toContain(part.trim())
    }
    expect((await set('API.Prt=1')).stderr).toContain('Did you mean API.Port?')
    expect((await set('API.Port=1', 'API.Host')).code).toBe(1)
    expect(text()).toBe(before)
  })

  it('repairs a file with a wrong value, and says of a broken one where it is broken', async () => {
    const wrong = fresh('Logging:\n    Level: loud\nAPI:\n    Port: x\n')
    const { stderr: told } = await wrong.run(['config', 'list'])
    expect(told).toContain('config key: "logging.level" must be one of "trace"')
    expect(told).toContain(`Hint: Given as Logging.Level in ${wrong.file}.`)
    expect((await wrong.set('API.Port=1')).code).toBe(0)
    expect((await wrong.set('Logging.Level=debug')).code).toBe(0)
    expect((await wrong.run(['config', 'list'])).code).toBe(0)
    const broken = fresh('API: [1\n')
    const { stderr } = await broken.set('API.Port=1')
    expect(stderr).toContain(`opening config file "${broken.file}": While parsing config: yaml: line 1: did not find`)
    expect(broken.text()).toBe('API: [1\n')
  })

  it('writes the file that -c names, which must be there', async () => {
    const { set, run, cwd, dataDir } = fresh()
    writeFileSync(join(cwd, 'node.yaml'), '')
    expect((await set('-c', 'node.yaml', 'API.Port=7')).code).toBe(0)
    expect((await run(['-c', 'node.yaml', 'config', 'set', 'Name=n1'])).code).toBe(0)
    expect(readFileSync(join(cwd, 'node.yaml'), 'utf8')).toBe('API:\n    Port: 7\nName: n1\n')
    expect(() => statSync(join(dataDir, 'config.yaml'))).toThrow('ENOENT')
    for (const [file, sentence] of [
      ['none.yaml', "specified configuration file doesn't exist: none.yaml"],
      ['API.Port=1', "config file must end with '.yaml' or '.yml'"],
    ]) {
      expect((await set('-c', file as string, 'API.Port=7')).stderr).toContain(sentence)
    }
  })

  it('takes structures as YAML or JSON, also from -c', async () => {
    const { set, run } = fresh()
    await set('API.Auth.Methods={"shared": {"Type": "ask", "PolicyPath": "/p"}}')
    const { stdout } = await run(['config', 'list', '--output', 'json'])
    expect(list(stdout).get('API.Auth.Methods')?.Value).toEqual({ shared: { Type: 'ask', PolicyPath: '/p' } })
    const pair = ['-c', 'Compute.Fetch.AllowedPorts=[80, 443]', 'config', 'list', '--output', 'json']
    expect(list((await run(pair)).stdout).get('Compute.Fetch.AllowedPorts')?.Value).toEqual([80, 443])
  })
})

describe('config list', () => {
  it('says of every value where it comes from [R201]', async () => {
    const { run, file } = fresh('API:\n    Port: 1\nLabels: {zone: a}\n')
    const args = ['--api-port', '4', '-c', 'Name=n', 'config', 'list', '--output', 'json']
    const rows = list((await run(args, { env: { BACALHAU_API_HOST: 'h', BACALHAU_API_PORT: '3' } })).stdout)
    expect(rows.get('API.Port')).toMatchObject({ Value: 4, Source: '--api-port' })
    expect(rows.get('API.Host')).toMatchObject({ Value: 'h', Source: 'BACALHAU_API_HOST' })
    expect(rows.get('Labels')).toMatchObject({ Value: { zone: 'a' }, Source: `Labels in ${file}` })
    expect(rows.get('Name')).toMatchObject({ Value: 'n', Source: '-c Name' })
    expect(rows.get('WebUI.Listen')).toMatchObject({ Source: 'default' })
    expect(rows.get('node.clientapi.port')).toMatchObject({ Value: 4, Source: '--api-port' })
  })

  it('never shows a secret, in any form [X12]', async () => {
    const { run, set } = fresh()
    await set('Orchestrator.Auth.Token=hunter2', 'Compute.Orchestrators=nats://hunter2@a:1')
    await set('Orchestrator.Store=postgres://me:hunter2@db/x')
    for (const form of ['table', 'csv', 'json', 'yaml']) {
      const { stdout, code } = await run(['config', 'list', '--output', form, '--wide'])
      expect(code).toBe(0)
      expect(stdout).toContain('********')
      expect(stdout).not.toContain('hunter2')
    }
  })

  it('shows what a script of 1.4 has set, also where it changes nothing', async () => {
    const { run, set, dataDir } = fresh()
    await set('User.InstallationID', 'N')
    expect((await run(['config', 'list', '--output=csv'])).stdout).toContain('user.installationid,N')
    expect((await run(['config', 'list'], { env: { BACALHAU_DIR: `${dataDir}2` } })).code).toBe(0)
    expect(() => statSync(`${dataDir}2`)).toThrow('ENOENT')
  })
})
