import { afterEach, describe, expect, it } from 'vitest'
import type { Gpu, Resources } from '#models/resources.ts'
import type { OnToolTrouble } from '#platform/tool-output.ts'
import { StepClock } from '../../test/kit/step-clock.ts'
import { until } from '../../test/kit/until.ts'
import { Machine } from './machine.ts'

const gpu: Gpu = { Index: 0, Name: 'T4', Vendor: 'NVIDIA', Memory: 1, PCIAddress: '' }
const small: Resources = { CPU: 2, Memory: 4e9, Disk: 9e9, GPU: 0 }

let machine: Machine
afterEach(() => machine.stop())

/** A machine that has the next of these each time it is looked at; a text is a tool's trouble. */
async function watched(...found: (Resources | string)[]) {
  const clock = new StepClock()
  const said: string[] = []
  let labels = (): Record<string, string> => ({})
  let [current, silent] = [small, small]
  const detect = async (onTrouble: OnToolTrouble): Promise<Resources> => {
    const next = found.shift()
    if (typeof next === 'string') onTrouble('nvidia-smi', next)
    else if (next) current = next
    return typeof next === 'string' ? silent : current
  }
  machine = new Machine({
    clock,
    everyMs: 60_000,
    detect,
    labels: async () => labels(),
    factsOf: (capacity, named) => ({ labels: { ...named }, capacity, maxPerJob: capacity }),
    log: (event) => void said.push(event),
  })
  const offers: Resources[] = []
  const names: Record<string, string>[] = []
  machine.onChange = async (facts) => {
    offers.push(facts.capacity)
    names.push(facts.labels)
  }
  await machine.look()
  await machine.start()
  const pass = () => clock.goTo(clock.nowAtMs + 60_000)
  const minute = async () => {
    pass()
    await until('it waits for the next look', () => clock.pending > 0)
  }
  /** What is found the next time, when the tool for NVIDIA is of no use. */
  const silence = (others: Resources) => {
    silent = others
    found.push('no answer')
  }
  const name = (read: typeof labels) => void (labels = read)
  return { silence, name, clock, pass, minute, offers, names, said }
}

describe('a machine that is looked at again', () => {
  it('offers what it has by now, and says so once [R206, R121]', async () => {
    const { minute, offers, said } = await watched(small, { ...small, CPU: 4, GPU: 1, GPUs: [gpu] })
    await minute()
    await minute()
    expect(offers).toEqual([{ CPU: 4, Memory: 4e9, Disk: 9e9, GPU: 1, GPUs: [gpu] }])
    expect(said).toEqual(['capacity_changed'])
  })

  it('has the disk that it had at the start: jobs fill and empty it', async () => {
    const { minute, offers } = await watched(small, { ...small, Disk: 1e9 })
    await minute()
    expect(offers).toEqual([])
  })

  it('keeps its GPUs while their tool is of no use, which is told once for each reason [X20]', async () => {
    const withGpu = { ...small, GPU: 1, GPUs: [gpu] }
    const { minute, offers, said } = await watched(withGpu, 'no answer', 'no answer', 'broken', small)
    for (let count = 0; count < 3; count++) await minute()
    expect(said).toEqual(['gpu_tool_failed', 'gpu_tool_failed'])
    expect(offers).toEqual([])
    await minute()
    expect(offers).toEqual([small])
  })

  it('still sees those of other vendors come meanwhile', async () => {
    const other: Gpu = { ...gpu, Vendor: 'AMD/ATI' }
    const { minute, offers, silence } = await watched({ ...small, GPU: 1, GPUs: [gpu] })
    silence({ ...small, GPU: 1, GPUs: [other] })
    await minute()
    expect(offers[0]?.GPUs).toEqual([gpu, other])
  })

  it('is called as its operator says by now; what cannot be read changes nothing and is told once [R121]', async () => {
    const { minute, name, names, said } = await watched()
    name(() => ({ zone: 'a' }))
    await minute()
    name(() => {
      throw new Error('not YAML')
    })
    await minute()
    await minute()
    name(() => ({ zone: 'b' }))
    await minute()
    expect(names).toEqual([{ zone: 'a' }, { zone: 'b' }])
    expect(said).toEqual(['labels_changed', 'labels_not_read', 'labels_changed'])
  })

  it('is looked at no more after the end', async () => {
    const { clock, pass, offers } = await watched(small, { ...small, CPU: 4 })
    await machine.stop()
    pass()
    expect([offers, clock.pending]).toEqual([[], 0])
  })
})
