import type { JobSpec, JobType, LabelSelectorRequirement } from '#models/job.ts'
import { failureClasses } from '#models/job.ts'
import type { Task } from '#models/task.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { scriptEnv } from './script.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Which request a job came from: written into its labels, so that every stored job can be asked. */
const markLabel = 'mark'
export const markOf = ({ Labels }: Pick<JobSpec, 'Labels'>): string => Labels[markLabel] ?? ''

/** What every job of the mix asks for. */
export const askedMemoryBytes = 100_000_000

const types: readonly JobType[] = ['batch', 'batch', 'batch', 'batch', 'ops', 'daemon', 'service']
export const zones = ['a', 'b'] as const
export const vendors = ['NVIDIA', 'AMD/ATI'] as const
const vendorKeys = ['GPU-NVIDIA', 'GPU-AMD'] as const

/** A job as some user might want it. */
export const drawJob = (random: SeededRandom, mark: string): JobSpec => {
  const Type = random.pick(types)
  const wantsGpu = random.happens(0.1)
  const memory = random.fork(`memory of ${mark}`)
  const isEndless = Type === 'daemon' || Type === 'service'
  const maybe = <Part>(probability: number, part: () => Part): Part | Record<string, never> =>
    random.happens(probability) ? part() : {}
  return jobSpec({
    Name: mark,
    Type,
    Priority: random.int(0, 2),
    Count: Type === 'batch' ? random.pick([1, 1, 2, 3, 5, 20]) : random.int(1, 3),
    Labels: { [markLabel]: mark },
    Constraints: [...drawConstraints(random), ...(wantsGpu ? drawVendor(random) : [])],
    Tasks: [withGpu(drawTask(random, memory, isEndless), wantsGpu)],
    ...maybe(0.25, () => ({ MaxPerNode: random.int(1, 2) })),
    ...maybe(0.6, () => ({
      Reschedule: {
        Attempts: random.int(1, 4),
        Delay: random.int(1, 3),
        MaxDelay: random.int(3, 8),
        ...maybe(0.3, () => ({ Classes: [random.pick(failureClasses), 'transient'] })),
        ...(memory.happens(0.4) ? { MoreMemory: 100, Classes: ['transient', 'resource'] } : {}),
      },
    })),
    ...maybe(0.5, () => ({ Disconnect: { LostAfter: random.int(0, 20) } })),
    ...maybe(0.25, () => ({ Delivery: 'AtMostOnce' })),
  })
}

/** Much short work that succeeds anywhere. */
export const calmJob = (random: SeededRandom, mark: string): JobSpec => {
  const spec = drawJob(random, mark)
  const script = {
    durationMs: random.int(50, 2_000),
    failChance: 0,
    failure: 'transient',
    isHanging: false,
    memory: 0,
  } as const
  const [task] = spec.Tasks as [Task]
  return {
    ...spec,
    Type: 'batch',
    Count: random.int(5, 20),
    Constraints: [],
    Tasks: [{ ...task, Env: scriptEnv(script), Timeouts: {} }],
  }
}

/** One CPU for about as long as a freed room is to be waited for. */
export const crowdJob = (mark: string, Count: number, CPU: number): JobSpec => {
  const script = { durationMs: 10_000, failChance: 0, failure: 'transient', isHanging: false, memory: 0 } as const
  const [task] = jobSpec().Tasks as [Task]
  const Resources = { CPU: String(CPU), Memory: String(askedMemoryBytes) }
  const Tasks = [{ ...task, Engine: { Type: 'sim' }, Env: scriptEnv(script), Resources, Timeouts: {} }]
  return jobSpec({ Name: mark, Type: 'batch', Count, Labels: { [markLabel]: mark }, Tasks })
}

const drawConstraints = (random: SeededRandom): LabelSelectorRequirement[] =>
  random.happens(0.2)
    ? [{ Key: 'zone', Operator: '=', Values: [random.happens(0.15) ? 'nowhere' : random.pick(zones)] }]
    : []

const drawVendor = (random: SeededRandom): LabelSelectorRequirement[] =>
  random.happens(0.5) ? [{ Key: random.pick(vendorKeys), Operator: 'exists', Values: [] }] : []

const withGpu = (task: Task, wantsGpu: boolean): Task =>
  wantsGpu ? { ...task, Resources: { ...task.Resources, GPU: '1' } } : task

const drawTask = (random: SeededRandom, memory: SeededRandom, isEndless: boolean): Task => {
  const [task] = jobSpec().Tasks
  const isHanging = random.happens(isEndless ? 0.7 : 0.1)
  const script = {
    durationMs: random.pick([20, 500, 3_000, 12_000]),
    failChance: random.happens(0.4) ? random.pick([0.3, 1]) : 0,
    failure: random.pick(['transient', 'node', 'resource', 'user', 'exit code'] as const),
    isHanging,
    memory: memory.happens(0.15) ? memory.pick([150e6, 350e6, 1e12]) : 0,
  }
  return {
    ...(task as Task),
    Engine: { Type: 'sim' },
    Publisher: { Type: random.happens(0.5) ? 'sim' : '' },
    Env: scriptEnv(script),
    Resources: { CPU: random.pick(['0.5', '1', '2']), Memory: String(askedMemoryBytes) },
    FailOnExitCode: random.happens(0.5),
    StopGrace: random.int(0, 5),
    Timeouts: isEndless ? {} : drawTimeouts(random),
  }
}

const drawTimeouts = (random: SeededRandom): Task['Timeouts'] => ({
  ...(random.happens(0.3) ? { ExecutionTimeout: BigInt(random.int(1, 20)) } : {}),
  ...(random.happens(0.3) ? { QueueTimeout: BigInt(random.int(1, 60)) } : {}),
  ...(random.happens(0.2) ? { TotalTimeout: BigInt(random.int(5, 120)) } : {}),
})
