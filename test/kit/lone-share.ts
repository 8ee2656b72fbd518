import type { InputShare } from '#contracts/storage.ts'
import { newJobId } from '#models/ids.ts'

/** The share of inputs of a job that has one partition: all of them. */
export const loneShare: InputShare = { jobId: newJobId('1'), jobVersion: 1, index: 0, count: 1 }
