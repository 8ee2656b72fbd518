import { expect, it } from 'vitest'
import { partOf } from '../../test/kit/part-of.ts'
import { normalizeJob } from './job-normalize.schema.ts'
import { idleParts, idleText } from './job-warnings.schema.ts'

const idleOf = (task: object, job: object = {}) =>
  idleParts(
    normalizeJob(partOf({ Type: 'batch', Tasks: [{ Name: 'main', Engine: docker, ...task }], ...job }), {
      defaultNetwork: 'None',
    }),
  ).map((part) => idleText(part))
const docker = { Type: 'docker', Params: { image: 'busybox', Entrypoint: ['true'] } }
const limits = { ExecutionTimeout: 5n, QueueTimeout: 6n, TotalTimeout: 20n }
const result = { Publisher: { Type: 'local' }, ResultPaths: [{ Name: 'a', Path: '/a' }] }

it('tells which time limits mean nothing for the type of a job [R147]', () => {
  const named = (Type: string) => idleOf({ Timeouts: limits }, { Type }).map((text) => text.split(' ')[0])
  expect(named('batch')).toEqual([])
  expect(named('ops')).toEqual([])
  expect(named('service')).toEqual(['Tasks[0].Timeouts.ExecutionTimeout', 'Tasks[0].Timeouts.TotalTimeout'])
  expect(named('daemon')).toHaveLength(3)
})

it('tells that jobs that never end publish nothing [R131, R135]', () => {
  expect(idleOf(result)).toEqual([])
  expect(idleOf(result, { Type: 'service' })).toEqual([
    'Tasks[0].Publisher has no effect on service jobs',
    'Tasks[0].ResultPaths has no effect on service jobs',
  ])
})

it('tells that domains and an HTTP network need each other [R152], and what WASM programs cannot use', () => {
  const domains = { Domains: ['example.org'] }
  expect(idleOf({ Network: { Type: 'HTTP', ...domains } })).toEqual([])
  expect(idleOf({ Network: { Type: 'None', ...domains } })).toEqual([
    'Tasks[0].Network.Domains has no effect with network None',
  ])
  expect(idleOf({ Network: { Type: 'HTTP' } })).toEqual([
    'Tasks[0].Network names no Domains: nodes decline a task with network HTTP that names none',
  ])
  const wasm = { Type: 'WASM', Params: { EntryModule: 'm', EntryPoint: '_start', Seed: 1 } }
  const idle = idleOf({ Engine: wasm, Resources: { GPU: '1' }, Network: { Type: 'Host', Ports: [{ Name: 'a' }] } })
  expect(idle.map((text) => text.split(' ')[0])).toEqual(['Tasks[0].Network.Ports', 'Tasks[0].Resources.GPU'])
})

it('tells of parameters that a known component does not have, and which was meant [R137]', () => {
  const source = { Source: { Type: 'urlDownload', Params: { URL: 'https://a/b', Checksum: 'c' } }, Target: '/in' }
  const engine = { Type: 'docker', Params: { Image: 'a', EntryPoint: ['b'], Paramters: ['c'] } }
  expect(idleOf({ Engine: engine, InputSources: [source] })).toEqual([
    'Tasks[0].Engine.Params.Paramters is no parameter of engine docker and has no effect; do you mean Parameters?',
    'Tasks[0].InputSources[0].Source.Params.Checksum is no parameter of storage urlDownload and has no effect',
  ])
  expect(idleOf({ Engine: { Type: 'quantum', Params: { Qubits: 3 } } })).toEqual([])
})

it('tells of variables that have no value [R159]', () => {
  const engine = { Type: 'docker', Params: { Image: 'a', EnvironmentVariables: ['A=1', 'B', 'C='] } }
  expect(idleOf({ Engine: engine })).toEqual([
    'Tasks[0].Engine.Params.EnvironmentVariables[1] "B" is not NAME=value: it sets nothing',
  ])
})

it('tells that a job on all nodes has one execution on each anyway', () => {
  expect(idleOf({}, { MaxPerNode: 2 })).toEqual([])
  expect(idleOf({}, { Type: 'ops', MaxPerNode: 2 })).toEqual(['MaxPerNode has no effect on ops jobs'])
})
