import { describe, expect, it } from 'vitest'
import type { Engine } from '#contracts/engine.ts'
import type { WorkRow } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { ComputeMessage } from '#models/messages/messages.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { SystemClock } from '#platform/clock.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { job } from '../../test/kit/reconcile-world.ts'
import { Holdings } from './held.ts'
import type { Ledger } from './ledger.ts'
import { Registry } from './registry.ts'
import type { Runner, Start } from './runner.ts'
import { Starter } from './starter.ts'

const amount = (CPU: number): Resources => ({ CPU, Memory: 0, Disk: 0, GPU: 0 })

/** A node of four CPUs whose programs run until they are released. */
const setup = () => {
  const holdings = new Holdings()
  const running = new Map<ExecutionId, Start>()
  const ends: ComputeMessage[] = []
  const move = async () => ({ durable: Promise.resolve() })
  const end = async (_: unknown, report: ComputeMessage) => void ends.push(report)
  const ledger = partOf<Ledger>({ move, end })
  const runner = { run: async (held, start) => void running.set(held.id, start) } as Pick<Runner, 'run'> as Runner
  const registries = { engines: new Registry<Engine>(new SystemClock(), [], () => []) }
  const starter = new Starter({ capacity: amount(4), clock: new SystemClock(), registries }, holdings, ledger, runner)
  const enqueue = (name: string, cpu: number, GPUs?: Gpu[]) => {
    const executionId = name as ExecutionId
    const need = { ...amount(cpu), GPU: GPUs?.length ?? 0 }
    const AllocatedResources = { Tasks: { main: { ...need, ...(GPUs ? { GPUs } : {}) } } }
    const order = {
      execution: { ID: executionId, Epoch: 1, AllocatedResources } as Partial<Execution> as Execution,
      job: job(),
    }
    const row: WorkRow = { executionId, state: 'Queued', order, need, startTime: 0n }
    const held = holdings.take(row)
    starter.enqueue(held)
    return held
  }
  const names = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return [...running.keys()]
  }
  return { starter, running, ends, enqueue, names }
}

describe('the starter of a node', () => {
  it('starts more when there is more, and fails what waits for more than is left, for another node [R206, I5]', async () => {
    const { starter, ends, enqueue, names } = setup()
    for (const name of ['a', 'b', 'c']) enqueue(name, 3)
    expect(await names()).toEqual(['a'])
    starter.resize(amount(6))
    expect(await names()).toEqual(['a', 'b'])
    starter.resize(amount(2))
    expect(await names()).toEqual(['a', 'b'])
    expect(ends).toMatchObject([{ Kind: 'ComputeError', Body: { ExecutionID: 'c', FailureClass: 'node' } }])
    expect(starter.load).toMatchObject({ enqueued: 0, available: amount(0) })
  })

  const gpu = (Vendor: string, Index: number): Gpu => ({ Index, Name: 'X', Vendor, Memory: 1, PCIAddress: '' })

  it('gives each the GPUs it was promised, and fails what was promised one that is not there [R145, R206]', async () => {
    const { starter, running, ends, enqueue, names } = setup()
    const GPUs = [gpu('AMD/ATI', 0), gpu('NVIDIA', 0), gpu('NVIDIA', 1)]
    starter.resize({ ...amount(4), GPU: 3, GPUs })
    enqueue('any', 1, [gpu('NVIDIA', 1)])
    enqueue('same', 1, [gpu('NVIDIA', 1)])
    enqueue('amd', 1, [gpu('AMD/ATI', 0)])
    enqueue('gone', 1, [gpu('NVIDIA', 2)])
    expect(await names()).toEqual(['any', 'amd'])
    const given = (name: string) => running.get(name as ExecutionId)?.resources.GPUs
    expect([given('any'), given('amd')]).toEqual([[gpu('NVIDIA', 1)], [gpu('AMD/ATI', 0)]])
    expect(ends).toMatchObject([{ Kind: 'ComputeError', Body: { ExecutionID: 'gone', FailureClass: 'node' } }])
    running.get('any' as ExecutionId)?.release()
    expect(await names()).toContain('same')
  })

  it('starts what waited behind one that is cancelled, without waiting for other work to end [W31]', async () => {
    const { starter, running, enqueue, names } = setup()
    enqueue('small', 2)
    const large = enqueue('large', 4)
    for (let i = 0; i < 9; i++) {
      enqueue(`next-${i}`, 2)
      running.get(`next-${i - 1}` as ExecutionId)?.release()
      await names()
    }
    expect(await names()).not.toContain('next-8')
    starter.remove(large)
    expect(await names()).toContain('next-8')
    expect(starter.load).toMatchObject({ enqueued: 0, available: { CPU: 0 } })
  })
})
