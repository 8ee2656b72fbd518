import { describe, expect, it } from 'vitest'
import { readSettings } from '#lib/yaml/read-settings.ts'
import { load, type Sources } from './load.ts'
import { oldKeys } from './old-keys.ts'
import { maskedSecret, printable } from './printable.ts'
import { envNameOf, keys } from './tree.ts'

const loaded = (sources: Partial<Sources> = {}) => load({ side: 'node', home: '/home/ann', ...sources })
const file = (values: unknown, path = 'config.yaml') => ({ path, values })

describe('the layers of the configuration', () => {
  it('gives every setting its default when nothing is said', () => {
    const { settings, originOf } = loaded()
    expect(settings.DataDir).toBe('/home/ann/.bacalhau')
    expect(settings.Orchestrator.NodeManager.DisconnectTimeout).toBe(60_000_000_000n)
    expect(settings.Compute.Orchestrators).toEqual(['nats://127.0.0.1:4222'])
    expect(originOf('API.Port').layer).toBe('default')
  })

  it('lets a pair beat a flag of the same value, a flag the environment, the environment a file, the last file the first [R201]', () => {
    const files = [file({ API: { Port: 1, Host: 'one' } }), file({ api: { port: 2 } }, 'second.yaml')]
    const env = { BACALHAU_API_PORT: '3' }
    const flags = [{ flag: 'port', key: 'API.Port', value: 4 }]
    const portOf = (sources: Partial<Sources>) => loaded(sources).settings.API.Port
    expect(portOf({ files })).toBe(2)
    expect(loaded({ files }).settings.API.Host).toBe('one')
    expect(portOf({ files, env })).toBe(3)
    expect(portOf({ files, env, flags })).toBe(4)
    expect(portOf({ files, env, pairs: [{ key: 'api.port', value: '5' }] })).toBe(5)
    const twice = [
      { key: 'API.Port', value: '5' },
      { key: 'api.port', value: '6' },
    ]
    expect(portOf({ pairs: twice })).toBe(6)
  })

  it('says where a value came from', () => {
    const { originOf } = loaded({
      files: [file({ Labels: { zone: 'a' } })],
      env: { BACALHAU_API_PORT: '3' },
      flags: [{ flag: 'name', key: 'Name', value: 'n' }],
    })
    expect(originOf('Labels')).toEqual({ layer: 'file', as: 'Labels in config.yaml' })
    expect(originOf('API.Port')).toEqual({ layer: 'environment', as: 'BACALHAU_API_PORT' })
    expect(originOf('Name')).toEqual({ layer: 'flag', as: '--name' })
  })

  it('refuses a flag and a pair that contradict each other', () => {
    const flags = [{ flag: 'name', key: 'Name', value: 'a' }]
    expect(() => loaded({ flags, pairs: [{ key: 'Name', value: 'b' }] })).toThrow(
      'flag: --name and config flag key "Name" cannot both be provided. Only one may be used',
    )
    expect(loaded({ flags, pairs: [{ key: 'Name', value: 'a' }] }).settings.Name).toBe('a')
  })

  it('adds up the labels of several files and keeps the case of their names; a pair replaces the map', () => {
    const files = [file({ Labels: { Zone: 'a', disk: 'ssd' } }), file({ labels: { Zone: 'b' } })]
    expect(loaded({ files }).settings.Labels).toEqual({ Zone: 'b', disk: 'ssd' })
    expect(loaded({ files, pairs: [{ key: 'Labels', value: 'k=v' }] }).settings.Labels).toEqual({ k: 'v' })
  })

  it('keeps words and numbers of labels as they are written', () => {
    const labels =
      'Labels: {country: no, answer: y, version: 1.10, code: 0123, size: 5, ready: true}\nAPI: {Port: 0123}\n'
    const { settings } = loaded({ files: [file(readSettings(labels))] })
    const kept = { country: 'no', answer: 'y', version: '1.10', code: '0123', size: '5', ready: 'true' }
    expect(settings.Labels).toEqual(kept)
    expect(settings.API.Port).toBe(123)
    const yes = readSettings('Compute: {Enabled: yes}\n')
    expect(() => loaded({ files: [file(yes)] })).toThrow('config key: "compute.enabled" expects a boolean value')
  })

  it('reads dotted keys in a file, and lists with commas or blanks from the environment', () => {
    expect(loaded({ files: [file({ 'API.Port': 9 })] }).settings.API.Port).toBe(9)
    const env = { BACALHAU_COMPUTE_ORCHESTRATORS: 'a,b c' }
    expect(loaded({ env }).settings.Compute.Orchestrators).toEqual(['a', 'b', 'c'])
  })

  it('takes an empty variable as unset', () => {
    expect(loaded({ env: { BACALHAU_API_HOST: '' } }).settings.API.Host).toBe('0.0.0.0')
  })

  it('gives values nobody can change', () => {
    const { settings } = loaded({ files: [file({ Labels: { a: 'b' } })] })
    expect(() => Object.assign(settings.Labels, { c: 'd' })).toThrow()
    expect(() => Object.assign(settings.API, { Port: 1 })).toThrow()
  })
})

describe('keys of the 1.4 generation', () => {
  it('work under their old name and say the new one [X13]', () => {
    const { settings, notices } = loaded({ files: [file({ Node: { Network: { Port: 4333 } } })] })
    expect(settings.Orchestrator.Port).toBe(4333)
    expect(notices).toEqual([
      { kind: 'old-key', message: 'Node.Network.Port in config.yaml is an old name; use Orchestrator.Port' },
    ])
  })

  it('turn the list of roles into two switches [R200]', () => {
    const { settings } = loaded({ env: { BACALHAU_NODE_TYPE: 'compute requester' } })
    expect([settings.Orchestrator.Enabled, settings.Compute.Enabled]).toEqual([true, true])
    const one = loaded({ flags: [{ flag: 'node-type', key: 'Node.Type', value: ['compute'] }] })
    expect([one.settings.Orchestrator.Enabled, one.settings.Compute.Enabled]).toEqual([false, true])
  })

  it('mean the server to a node and the target to a client', () => {
    const env = { BACALHAU_NODE_SERVERAPI_PORT: '1', BACALHAU_NODE_CLIENTAPI_PORT: '2' }
    expect(loaded({ env }).settings.API.Port).toBe(1)
    expect(loaded({ env, side: 'client' }).settings.API.Port).toBe(2)
  })

  it('of a limit say nothing when they are empty, as 1.4 writes them', () => {
    const limits = { CPU: '', Memory: '1Gb' }
    const values = { Node: { Compute: { Capacity: { TotalResourceLimits: limits, JobResourceLimits: limits } } } }
    const { settings } = loaded({ files: [file(values)] })
    expect(settings.Compute.AllocatedCapacity).toMatchObject({ CPU: '80%', Memory: '1Gb' })
    expect(settings.Compute.JobLimits).toMatchObject({ CPU: '100%', Memory: '1Gb' })
  })

  it('invert AcceptNetworkedJobs', () => {
    const env = { BACALHAU_NODE_COMPUTE_JOBSELECTION_ACCEPTNETWORKEDJOBS: 'true' }
    expect(loaded({ env }).settings.JobAdmissionControl.RejectNetworkedJobs).toBe(false)
    expect(loaded().settings.JobAdmissionControl.RejectNetworkedJobs).toBe(true)
  })

  it('are an error beside the new key with another value', () => {
    const values = { Node: { Name: 'a' }, Name: 'b' }
    expect(() => loaded({ files: [file(values)] })).toThrow('set Name to different values')
    expect(loaded({ files: [file({ Node: { Name: 'a' }, Name: 'a' })] }).settings.Name).toBe('a')
  })

  it('of 1.4 may stand together: who skips checks of updates asks for none, however often', () => {
    const both = [
      { CheckFrequency: '90s', SkipChecks: true },
      { SkipChecks: true, CheckFrequency: '90s' },
    ]
    const intervals = both.map((Update) => loaded({ files: [file({ Update })] }).settings.UpdateConfig.Interval)
    expect(intervals).toEqual([0n, 0n])
    const mixed = { Update: { SkipChecks: true }, UpdateConfig: { Interval: '1h' } }
    expect(() => loaded({ files: [file(mixed)] })).toThrow('set UpdateConfig.Interval to different values')
  })

  it('all lead to settings that exist, and to values of the right kind', () => {
    const paths = new Set(keys.map((key) => key.path))
    for (const key of oldKeys) for (const path of key.to) expect(paths, key.path).toContain(path)
  })
})

describe('wrong input [X12]', () => {
  it('names the near key for an unknown one, and refuses it when asked to be strict', () => {
    const files = [file({ API: { Prot: 1 } })]
    const message = 'unknown key API.Prot in config.yaml is ignored; did you mean API.Port?'
    expect(loaded({ files }).notices).toEqual([{ kind: 'unknown-key', message }])
    for (const API of [5, ['Port']]) {
      const [notice] = loaded({ files: [file({ API })] }).notices
      expect(notice?.message).toContain('unknown key API in config.yaml is ignored')
    }
    expect(() => loaded({ files, isStrict: true })).toThrow(message)
    expect(() => loaded({ pairs: [{ key: 'nosuch', value: 1 }] })).toThrow('no matching config key')
  })

  it.each([
    ['API.Port', 'x', 'config key: "api.port" expects an integer value, received: "x"'],
    ['API.Port', '0x10', 'config key: "api.port" expects an integer value, received: "0x10"'],
    ['API.Port', '70000', 'a port is a number from 0 to 65535'],
    ['API.TLS.Insecure', 'yes', 'config key: "api.tls.insecure" expects a boolean value, received: "yes"'],
    ['Compute.Heartbeat.Interval', '5', 'config key: "compute.heartbeat.interval" expects a valid duration value'],
    [
      'Orchestrator.Retention.Jobs',
      'never',
      'config key: "orchestrator.retention.jobs" expects a valid duration value',
    ],
    ['Orchestrator.Retention.History', '-1s', 'config key: "orchestrator.retention.history": an age is not negative'],
    ['Engines.Types.Docker.ManifestCache.TTL', '-1h', 'ttl": an age is not negative'],
    ['Engines.Types.Docker.ManifestCache.Size', '4294967296', 'at most 1000000 images are remembered'],
    ['Compute.AllocatedCapacity.CPU', '120%', 'percentage must be between 0% and 100%, got 120%'],
    ['Compute.AllocatedCapacity.Memory', 'much', 'invalid Memory value "much"'],
    ['Compute.AllocatedCapacity.CPU', '-1', 'an amount is not negative'],
    ['Compute.Docker.LogMaxSize', 'much', 'config key: "compute.docker.logmaxsize": invalid disk value: much'],
    ['Compute.Docker.LogMaxSize', '0', 'config key: "compute.docker.logmaxsize": more than 0 bytes are needed'],
    ['Compute.Docker.LogMaxSize', '', 'config key: "compute.docker.logmaxsize": more than 0 bytes are needed'],
    ['Compute.Docker.StopGrace', '-5s', 'config key: "compute.docker.stopgrace": a time to stop is not negative'],
    ['JobDefaults.Batch.Task.Resources.Memory', '5 apples', 'invalid memory value'],
    ['Labels', 'a', "invalid format [a]: expected 'key=value', but found no '=' in 'a'"],
    ['Logging.Mode', 'xx', 'config key: "logging.mode" must be one of "default"'],
    ['API.Auth.Users', 'x', 'expects a structure'],
  ])('refuses %s=%s', (key, value, message) => {
    expect(() => loaded({ pairs: [{ key, value }] })).toThrow(message)
  })

  it.each([
    ['Compute.AllocatedCapacity.CPU', '-1', 'Write an amount, such as 500m, or a share, such as 80%'],
    ['Compute.JobLimits.GPU', '0.5', 'Write an amount, such as 2, or a share, such as 80%'],
    ['Compute.Docker.LogMaxSize', '50%', 'Write a size, such as 100MB'],
    ['JobDefaults.Batch.Task.Resources.Memory', '50%', 'Write an amount, such as 16GiB'],
  ])('says what %s may be instead of %s', (key, value, hint) => {
    expect(() => loaded({ pairs: [{ key, value }] })).toThrow(expect.objectContaining({ hint }))
  })

  it.each([
    ['', 'data dir path is empty'],
    ['rel', 'data dir path "rel" is not an absolute path'],
    ['$HOME/x', 'data dir path "$HOME/x" contains a \'$\' character'],
  ])('refuses the data folder %j', (path, message) => {
    expect(() => loaded({ pairs: [{ key: 'DataDir', value: path }] })).toThrow(message)
  })
})

describe('a text that no system takes', () => {
  it('is refused where it is given [X12]', () => {
    const given = (key: string, value: unknown) => () => loaded({ files: [{ path: 'f', values: { [key]: value } }] })
    expect(given('API.TLS.CAFile', 'ca\0.pem')).toThrow('config key: "api.tls.cafile": a NUL character cannot be in it')
    expect(given('Compute.AllowListedLocalPaths', ['/a', '/b\0'])).toThrow('a NUL character')
  })
})

describe('settings as they are shown', () => {
  it('mask secrets and write durations as text', () => {
    const { settings } = loaded({ pairs: [{ key: 'Compute.Auth.Token', value: 'hunter2' }] })
    const shown = printable(settings) as any
    expect(shown.Compute.Auth.Token).toBe(maskedSecret)
    expect(shown.Orchestrator.Auth.Token).toBe('')
    expect(shown.Compute.Heartbeat.Interval).toBe('15s')
    expect(JSON.stringify(shown)).not.toContain('hunter2')
    const address = { key: 'Orchestrator.Store', value: 'postgres://me:hunter2@db.example/x?y=a@b' }
    const nodes = { key: 'Compute.Orchestrators', value: 'nats://hunter2@a:4222,nats://b:4222' }
    const masked = printable(loaded({ pairs: [address, nodes] }).settings) as any
    expect(masked.Orchestrator.Store).toBe('postgres://********@db.example/x?y=a@b')
    expect(masked.Compute.Orchestrators).toEqual(['nats://********@a:4222', 'nats://b:4222'])
  })

  it('have one variable for each key', () => {
    expect(envNameOf('Compute.TLS.CACert')).toBe('BACALHAU_COMPUTE_TLS_CACERT')
    expect(new Set(keys.map((key) => envNameOf(key.path))).size).toBe(keys.length)
  })
})
