import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli } from '../wire/cli-process.ts'

const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' })
const oldJob = 'j-11111111-2222-4333-8444-555555555555'

/** As release 1.4 leaves its folder behind: layout 3. */
const layout3 = {
  'repo.version': '{"Version":3}',
  'user_id.pem': key,
  'tokens.json': '{"http://127.0.0.1:1":{"Scheme":"Bearer","Value":"tok","Params":null}}',
  'update.json': '{"LastCheck":"2024-06-05T10:13:12Z"}',
  'config.yaml': `node:
    name: n-from-1-4
    labels:
        zone: a
    serverapi:
        port: 0
    network:
        port: 0
    compute:
        localpublisher:
            port: 0
        capacity:
            totalresourcelimits:
                cpu: "1"
        executionstore:
            type: BoltDB
            path: /gone/executions.db
update:
    skipchecks: true
    checkfrequency: 24h0m0s
`,
  'compute_store/executions.db': 'bbolt',
  'compute_store/n-from-1-4.registration.lock': '',
  'orchestrator_store/jobs.db': 'bbolt',
  'orchestrator_store/nats-store/jetstream/x': 'nats',
  'executor_storages/bacalhau-local-publisher/e-1.tar.gz': 'result',
  'plugins/exec': '#!',
}

/** As release 1.9 does: layout 5. */
const layout5 = {
  'system_metadata.yaml': 'RepoVersion: 5\nInstanceID: 0b3e7d9a-1111-4222-8333-444444444444\nNodeName: n-from-1-9\n',
  'user_id.pem': key,
  'config.yaml':
    'API:\n  Port: 0\nOrchestrator:\n  Port: 0\nPublishers:\n  Types:\n    Local:\n      Port: 0\nNameProvider: puuid\n',
  'tokens.json': '{}',
  'profiles/old.yaml': 'endpoint: http://127.0.0.1:9\n',
  'compute/state_boltdb.db': 'bbolt',
  [`compute/executions/${oldJob}/e-1/stdout`]: 'of 1.9',
  'compute/executions/e-2/output/x': 'of 1.9',
  'compute/results/local-publisher/e-1.tar.gz': 'result',
  'orchestrator/state_boltdb.db': 'bbolt',
  'orchestrator/nats-store/x': 'nats',
}

function oldFolder(files: Readonly<Record<string, string | Buffer>>): {
  home: string
  dataDir: string
  hashes(): unknown
} {
  const home = mkdtempSync(join(tmpdir(), 'bacalhau-old-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const dataDir = join(home, '.bacalhau')
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dataDir, path)), { recursive: true })
    writeFileSync(join(dataDir, path), content, { mode: path === 'user_id.pem' ? 0o600 : 0o644 })
  }
  const hashes = () =>
    Object.keys(files).map((path) => {
      const { mode, mtimeMs } = statSync(join(dataDir, path))
      return [
        path,
        mode,
        mtimeMs,
        createHash('sha256')
          .update(readFileSync(join(dataDir, path)))
          .digest('hex'),
      ]
    })
  return { home, dataDir, hashes }
}

/** Starts a node and ends it when it is there. */
const serve = (home: string, roles: string, ...args: string[]) =>
  runCli({
    args: ['serve', '--node-type', roles, '--host', '127.0.0.1', ...args],
    cwd: home,
    env: { HOME: home, PATH: process.env.PATH ?? '', DOCKER_HOST: 'unix:///nonexistent' },
    signal: { name: 'SIGTERM', when: (stdout) => stdout.includes('bacalhau.run') },
    timeoutMs: 60_000,
  })

describe('the data folder of an earlier release [X13]', () => {
  it.each([
    ['1.4', 'requester,compute', layout3, 'n-from-1-4'],
    ['1.9', 'requester,compute', layout5, 'n-from-1-9'],
    ['1.9', 'compute', layout5, 'n-from-1-9'],
    ['1.9', 'requester', layout5, 'n-from-1-9'],
  ] as const)('of %s goes on as the same node (%s), and its files stay as they are', async (_, roles, files, name) => {
    const { home, hashes } = oldFolder(files)
    const before = hashes()
    const { exit, stderr } = await serve(home, roles)
    expect(stderr).toContain(` ${name} is ready at `)
    expect(exit, stderr).toBe(0)
    expect(hashes()).toEqual(before)
    expect(readdirSync(home)).toEqual(['.bacalhau'])
  })

  it('gives its settings under their old names, and its profiles', async () => {
    const env = (home: string) => ({ HOME: home, PATH: process.env.PATH ?? '' })
    const cli = (home: string, ...args: string[]) => runCli({ args, cwd: home, env: env(home), timeoutMs: 60_000 })
    const old = oldFolder(layout3)
    const listed = await cli(old.home, 'config', 'list', '--output', 'csv')
    expect(listed.stdout).toMatch(/^Labels,map\[zone:a\],.*,node\.labels in .*config\.yaml$/m)
    expect(listed.stdout).toMatch(/^UpdateConfig\.Interval,0s,/m)
    const newer = oldFolder(layout5)
    symlinkSync('old.yaml', join(newer.dataDir, 'profiles/current'))
    expect((await cli(newer.home, 'profile', 'list', '--output', 'csv')).stdout).toContain('*,old,http://127.0.0.1:9,')
    expect(readlinkSync(join(newer.dataDir, 'profiles/current'))).toBe('old.yaml')
  })

  it.each([
    ['repo.version', '{"Version":6}'],
    ['system_metadata.yaml', 'RepoVersion: 6\n'],
  ])('that is newer than we know (%s) is refused, and left alone', async (file, text) => {
    const { home, dataDir, hashes } = oldFolder({ [file]: text, 'config.yaml': 'API:\n  Port: 0\n' })
    const before = hashes()
    const { exit, stderr } = await serve(home, 'requester,compute')
    expect(exit).toBe(1)
    expect(stderr).toContain('Unsupported repository version 6.')
    const set = await runCli({
      args: ['config', 'set', 'API.Port=1'],
      cwd: home,
      env: { HOME: home, PATH: process.env.PATH ?? '' },
      timeoutMs: 60_000,
    })
    expect(set.exit).toBe(1)
    expect(hashes()).toEqual(before)
    expect(readdirSync(dataDir).sort()).toEqual(['config.yaml', file].sort())
  })
})
