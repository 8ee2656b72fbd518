import type { Job } from '#models/job.ts'
import type { Task, TimeoutConfig } from '#models/task.ts'
import { int64, type Wire } from './wire-json.ts'

/** A job of an answer: what is left out on the wire when empty is there again. */
export function decodeJob(wire: Wire): Job {
  return {
    ...(wire as Job),
    Constraints: wire.Constraints ?? [],
    Meta: wire.Meta ?? {},
    Labels: wire.Labels ?? {},
    Tasks: (wire.Tasks ?? []).map(decodeTask),
    CreateTime: int64(wire.CreateTime),
    ModifyTime: int64(wire.ModifyTime),
  }
}

function decodeTask(wire: Wire): Task {
  return {
    ...(wire as Task),
    Publisher: wire.Publisher ?? { Type: '' },
    Env: wire.Env ?? {},
    Meta: wire.Meta ?? {},
    InputSources: wire.InputSources ?? [],
    ResultPaths: wire.ResultPaths ?? [],
    Resources: wire.Resources ?? {},
    Network: wire.Network ?? { Type: 'None' },
    Timeouts: decodeTimeouts(wire.Timeouts ?? {}),
  }
}

const decodeTimeouts = (wire: Wire): TimeoutConfig =>
  Object.fromEntries(Object.entries(wire).map(([name, seconds]) => [name, int64(seconds)]))
