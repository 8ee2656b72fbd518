import { type FailureClass, failureClasses } from '#models/job.ts'

/** What a simulated program does; it travels in the task's environment. */
export type Script = {
  durationMs: number
  /** Probability that a start ends in this failure instead of success. */
  failChance: number
  failure: FailureClass | 'exit code'
  /** Bytes of memory below which every start runs out of it; 0 = it needs none. */
  memory: number
  /** Never ends by itself. */
  isHanging: boolean
}

export const scriptEnv = (script: Script): Record<string, string> => ({
  SIM_SCRIPT: `${script.durationMs} ${script.failChance} ${script.failure.replace(' ', '-')} ${script.isHanging} ${script.memory}`,
})

export const scriptOf = (env: Readonly<Record<string, string>>): Script => {
  const [durationMs, failChance, failure, isHanging, memory] = (env['SIM_SCRIPT'] ?? '').split(' ')
  return {
    durationMs: Number(durationMs),
    failChance: Number(failChance),
    failure: failureClasses.find((name) => name === failure) ?? 'exit code',
    isHanging: isHanging === 'true',
    memory: Number(memory),
  }
}
