import { describe, expect, it } from 'vitest'
import type { RunRequest } from '#contracts/engine.ts'
import { noResources } from '#models/resources.ts'
import { wasmFixture } from '../../../test/kit/wasm-order.ts'
import { decodeWasmParams } from './engine-params.ts'
import { ModuleDigests } from './module-digest.ts'
import { needsOf, orderOf, orderWithout } from './order.ts'
import { defaultWasmSettings } from './settings.ts'

const source = (Alias = '') => ({ Source: { Type: 'inline' }, Alias, Target: '/m' })
const prepared = (hostPath: string, Alias = '', guestPath = '/m') => ({
  input: source(Alias),
  hostPath,
  kind: 'file' as const,
  guestPath,
  isReadOnly: true,
})
const orderWith = (params: Record<string, unknown>, request: Partial<RunRequest> = {}) => {
  const whole = { inputs: [], engineInputs: [], outputs: [], env: {}, resources: noResources(), ...request }
  const engine = { Type: 'wasm', Params: params }
  return orderOf(whole as unknown as RunRequest, decodeWasmParams(engine), defaultWasmSettings, new ModuleDigests())
}

describe('the order for a child', () => {
  it('names modules by what brought them, with their digests', async () => {
    const order = await orderWith(
      { EntryModule: source('mod'), ImportModules: [source('lib')] },
      { engineInputs: [prepared(wasmFixture('link-main'), 'mod'), prepared(wasmFixture('link-lib'), 'lib', '')] },
    )
    expect(order.entry).toMatchObject({
      alias: 'mod',
      place: { hostPath: wasmFixture('link-main') },
      failurePrefix: 'failed to instantiate entry module module (inline)',
    })
    expect(order.imports).toMatchObject([
      { alias: 'lib', title: 'its source', failurePrefix: 'failed to instantiate import module (inline)' },
    ])
    expect(needsOf(order).digests).toEqual([
      (await new ModuleDigests().of(wasmFixture('link-main')))?.digest,
      (await new ModuleDigests().of(wasmFixture('link-lib')))?.digest,
    ])
  })

  it('has modules of the job itself in it, but not for a child that has them compiled', async () => {
    const bytes = Buffer.from('abc')
    const engineInputs = [
      { input: source(), guestPath: '/m', bytes },
      { input: source(), guestPath: '/m', bytes: Buffer.from('other') },
    ]
    const order = await orderWith({ EntryModule: source(), ImportModules: [source()] }, { engineInputs })
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(order.entry).toMatchObject({ place: { base64: 'YWJj' }, digest })
    const sent = orderWithout(new Set([digest]), order)
    expect(sent.entry).toEqual({ ...order.entry, place: { base64: null } })
    expect(sent.imports).toEqual(order.imports)
  })

  it('finds modules among the inputs in the form of paths', async () => {
    const params = { EntryModule: 'app/main.wasm', ImportModules: ['/lib'] }
    const order = await orderWith(params, {
      inputs: [prepared(wasmFixture('noop'), 'a', '/app/main.wasm'), prepared(wasmFixture('noop'), '', '/lib')],
    })
    expect(order.entry).toMatchObject({
      place: { guestPath: '/app/main.wasm' },
      failurePrefix: 'failed to load entry module app/main.wasm',
      ...(await new ModuleDigests().of(wasmFixture('noop'))),
    })
    expect(order.imports[0]).toMatchObject({ alias: '/lib', failurePrefix: 'failed to load import module /lib' })
    expect(order.aliases.map(({ alias }) => alias)).toEqual(['a'])
  })

  it('sorts the environment by bytes, the engine’s own entries winning [R166]', async () => {
    const engineInputs = [prepared(wasmFixture('noop'))]
    const params = { EntryModule: source(), EnvironmentVariables: { B: 'own', é: 'x', '😀': 'z' } }
    const { env } = await orderWith(params, { engineInputs, env: { a: '1', B: 'task', '\uffee': 'y' } })
    expect(env).toEqual([
      ['B', 'own'],
      ['a', '1'],
      ['é', 'x'],
      ['\uffee', 'y'],
      ['😀', 'z'],
    ])
  })

  it('counts memory in pages, and refuses more than 4 GiB', async () => {
    const engineInputs = [prepared(wasmFixture('noop'))]
    const pages = async (Memory: number) =>
      (await orderWith({ EntryModule: source() }, { engineInputs, resources: { ...noResources(), Memory } }))
        .memoryPages
    expect(await pages(65_537)).toBe(2)
    expect(await pages(2 ** 32)).toBe(65_536)
    expect(await pages(0)).toBe(65_536)
    await expect(pages(2 ** 32 + 1)).rejects.toThrow('requested memory exceeds the wasm limit - 4294967297 > 4GB')
  })
})
