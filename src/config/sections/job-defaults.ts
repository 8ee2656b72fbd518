import { amount, duration, integer, map, text } from '../leaf.ts'

const task = {
  Resources: {
    CPU: amount('CPU', '500m', 'CPU of a task that asks for none'),
    Memory: amount('Memory', '512Mb', 'Memory of a task that asks for none'),
    Disk: amount('Disk', '', 'Disk of a task that asks for none'),
    GPU: amount('GPU', '', 'GPUs of a task that asks for none'),
  },
  Network: { Type: text('None', 'Network of a task that asks for none') },
}
const endingTask = {
  ...task,
  Publisher: {
    Type: text('', 'Publisher of a task that names none'),
    Params: map({}, 'Parameters of that publisher'),
  },
  Timeouts: {
    ExecutionTimeout: duration(0n, 'Time an execution may run when the task says nothing; 0 = no limit'),
    TotalTimeout: duration(0n, 'Time a job may take in all when the task says nothing; 0 = no limit'),
  },
}
const priority = () => integer(0, 'Priority of a job that names none')

/** What a job gets where it says nothing, by type. */
export const jobDefaults = {
  Batch: { Priority: priority(), Task: endingTask },
  Ops: { Priority: priority(), Task: endingTask },
  Daemon: { Priority: priority(), Task: task },
  Service: { Priority: priority(), Task: task },
}
