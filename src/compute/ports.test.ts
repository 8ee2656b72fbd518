import { expect, it } from 'vitest'
import type { ExecutionId } from '#models/ids.ts'
import { PortPool } from './ports.ts'

const [one, two] = ['e-1', 'e-2'] as [ExecutionId, ExecutionId]
const any = { Name: 'web', Target: 80 }
const network = (...Ports: { Name: string; Static?: number; Target?: number; HostNetwork?: string }[]) => ({
  Type: 'Bridge' as const,
  Ports,
})
const unknownAddress = '192.0.2.1'
const pool = (busy: string[] = [], begin = 0) =>
  new PortPool({
    range: { first: 20_000, last: 20_003 },
    look: async (address, port) => {
      if (address === unknownAddress) return 'elsewhere'
      return busy.includes(`${address}:${port}`) ? 'taken' : 'free'
    },
    begin,
  })
const statics = async (ports: PortPool, id: ExecutionId, count: number) =>
  (await ports.take(id, network(...Array.from({ length: count }, (_, i) => ({ ...any, Name: `p${i}` }))))).map(
    ({ Static }) => Static,
  )

it('a port without a number gets the next of the range that is free, round and round', async () => {
  const ports = pool(['0.0.0.0:20001'])
  expect(await statics(ports, one, 2)).toEqual([20_000, 20_002])
  ports.release(one)
  expect(await statics(ports, two, 2)).toEqual([20_003, 20_000])
})

it('ports of the range are handed out from anywhere in it on, so that nodes of one machine seldom choose the same', async () => {
  expect(await statics(pool([], 0.5), one, 3)).toEqual([20_002, 20_003, 20_000])
  expect(await statics(pool([], 0.999), one, 2)).toEqual([20_003, 20_000])
})

it('a range that is used up is a failure of the node, and gives back what was taken for it', async () => {
  const ports = pool()
  await expect(statics(ports, one, 5)).rejects.toMatchObject({
    message: 'no available ports in range 20000-20003',
    details: { FailureClass: 'node' },
  })
  expect((await statics(ports, two, 4)).length).toBe(4)
})

it('two executions never get the same port, also when they ask at the same time', async () => {
  const ports = pool()
  const all = await Promise.all([statics(ports, one, 2), statics(ports, two, 2)])
  expect(all.flat().sort()).toEqual([20_000, 20_001, 20_002, 20_003])
})

it('a port with a number is that one or none, and a bid is told beforehand', async () => {
  const ports = pool(['127.0.0.1:5000'])
  const wanted = network({ Name: 'a', Static: 4000 }, { Name: 'b', Static: 5000, HostNetwork: '127.0.0.1' }, any)
  expect(await ports.missing(wanted)).toEqual({ ports: [5000], addresses: [] })
  await expect(ports.take(one, wanted)).rejects.toThrow('port 5000 is already in use')
  expect(await ports.take(two, network({ Name: 'a', Static: 4000 }))).toEqual([
    { Name: 'a', Static: 4000, Target: 4000 },
  ])
  expect(await ports.missing(network({ Name: 'a', Static: 4000 }))).toEqual({ ports: [4000], addresses: [] })
  ports.release(two)
  expect(await ports.missing(network({ Name: 'a', Static: 4000 }))).toEqual({ ports: [], addresses: [] })
})

it('an address that the node does not have is told, and not as a port that is taken', async () => {
  const ports = pool()
  for (const port of [{ Name: 'a', Static: 4000 }, any]) {
    const wanted = network({ ...port, HostNetwork: unknownAddress })
    expect(await ports.missing(wanted)).toEqual({ ports: [], addresses: [unknownAddress] })
    await expect(ports.take(one, wanted)).rejects.toMatchObject({
      message: `this node has no address ${unknownAddress}`,
      details: { FailureClass: 'node' },
    })
  }
})

it('a program listens where it says, else on the number of the machine', async () => {
  const [named, same] = await pool().take(one, network({ Name: 'a', Target: 80 }, { Name: 'b' }))
  expect([named?.Target, same?.Target]).toEqual([80, same?.Static])
})
