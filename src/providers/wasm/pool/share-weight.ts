import { writeFileSync } from 'node:fs'

/** Each step of niceness is a weight less by this factor (sched(7)). */
const stepFactor = 1.25
const leastNiceness = 19

/** The niceness whose weight is this share (0 < cores <= 1) of that of a process as usual. */
export const nicenessOf = (cores: number): number =>
  Math.min(leastNiceness, Math.round(Math.log(1 / cores) / Math.log(stepFactor)))

/**
 * Sets the weight of a child against everything else that runs here, the node itself too; false = try again later, as the kernel takes one
 * such change in a tenth of a second where we are not root. A child has a session of its own, and with it a group of the scheduler: there
 * niceness of its own counts only inside, and each group has the same weight unless it is told (sched(7), autogroup).
 */
export function setWeight(pid: number, niceness: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(niceness))
    return true
  } catch (error) {
    // Else the kernel makes no such groups, or the child has just ended.
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN'
  }
}
