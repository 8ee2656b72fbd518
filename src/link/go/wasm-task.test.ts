import { describe, expect, it } from 'vitest'
import { since } from '#api/client-version.ts'
import type { InputSource, Task } from '#models/task.ts'
import { wasmTaskFor } from './wasm-task.ts'

const module = (Target: string, Alias = ''): InputSource => ({ Source: { Type: 'url', Params: {} }, Alias, Target })
const data = module('/data')
const taskOf = (Params: Record<string, unknown>, InputSources = [data]) =>
  ({ Engine: { Type: 'wasm', Params }, Env: { A: '1' }, InputSources }) as Partial<Task> as Task

describe('a wasm task for a node of 1.7 and later [R162]', () => {
  const newer = (task: Task) => wasmTaskFor(task, since.v1_8)

  it('names its modules by the inputs that bring them, and its entry point', () => {
    const { Engine, InputSources } = newer(taskOf({ EntryModule: module('', 'x'), ImportModules: [module('', 'lib')] }))
    expect(Engine.Params).toEqual({
      EntryModule: '/main.wasm',
      Entrypoint: '_start',
      Parameters: [],
      ImportModules: ['lib'],
    })
    expect(InputSources).toEqual([data, module('/main.wasm', 'x'), module('lib', 'lib')])
  })

  it('keeps what is in that form already', () => {
    const { Engine, InputSources } = newer(taskOf({ entrymodule: '/m.wasm', EntryPoint: 'go', Parameters: ['a'] }))
    expect(Engine.Params).toMatchObject({ EntryModule: '/m.wasm', Entrypoint: 'go', Parameters: ['a'] })
    expect(InputSources).toEqual([data])
  })

  it('is left to the node when its parameters are of a wrong kind', () => {
    const wrong = taskOf({ EntryModule: '/m.wasm', Parameters: 'a b' })
    expect(newer(wrong)).toEqual(wrong)
  })

  it('has the variables of its engine with those of the task', () => {
    expect(newer(taskOf({ EnvironmentVariables: { B: '2' } })).Env).toEqual({ A: '1', B: '2' })
  })
})

describe('a wasm task for a node of 1.6 and earlier [R162]', () => {
  it('brings as sources the modules that its inputs name, and all variables in its engine', () => {
    const task = taskOf({ EntryModule: '/m.wasm', ImportModules: ['/l.wasm'], EnvironmentVariables: { B: '2' } }, [
      module('/m.wasm'),
      module('/l.wasm', 'lib'),
    ])
    expect(wasmTaskFor(task, since.v1_4).Engine.Params).toMatchObject({
      EntryModule: module('/m.wasm'),
      ImportModules: [module('/l.wasm', 'lib')],
      EnvironmentVariables: { A: '1', B: '2' },
    })
  })
})
