import { type ClientVersion, since } from '#api/client-version.ts'

/** Documents are printed in the form that scripts written for 1.4 read; newer keys are only added. */
export const printedGeneration: ClientVersion = since.v1_4

/** History is shown in the lines of that generation, too. */
export const toldAudience = 'before-1.5'
