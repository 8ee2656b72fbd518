import { typeKey } from './spec-config.ts'
import type { InputSource, Task } from './task.ts'

export const uploadType = 'upload'

/** The inputs of a task that were, or are to be, sent with the job. */
export const uploadsOf = ({ InputSources }: Pick<Task, 'InputSources'>): InputSource[] => InputSources.filter(isUpload)

export const isUpload = ({ Source }: InputSource): boolean => typeKey(Source.Type) === uploadType
