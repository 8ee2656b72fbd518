import { moduleSource } from '../../test/kit/product.ts'

/** A job as a file of the older or of the newer generation of clients has it. */
export type JobOf = (isOld: boolean) => object

type Change = { job?: object; task?: object }

/** A job of the test program with these words. */
export const toolJob =
  (words: readonly string[], { job, task }: Change = {}): JobOf =>
  (isOld) => {
    const module = moduleSource('tool.wasm')
    const params = isOld
      ? { EntryModule: module, Entrypoint: '_start', Parameters: words }
      : { EntryModule: module.Target, Entrypoint: '_start', Parameters: words }
    const inputs = isOld ? {} : { InputSources: [module] }
    const main = { Name: 'main', ...task, ...inputs, Engine: { Type: 'wasm', Params: params } }
    return { Type: 'batch', Count: 1, ...job, Tasks: [main] }
  }

let made = 0

/** A word that is printed nowhere else. */
export const newNonce = (): string => `nonce-${process.pid}-${++made}`

export const printJob = (nonce: string, job: object = {}): JobOf =>
  toolJob(['print', `${nonce}\n`, `warning ${nonce}\n`, '0'], { job })

/** Prints a line at once and then sleeps for a minute, longer than any use needs it. */
export const sleepJob = (job: object = {}): JobOf => toolJob(['sleep', '60000'], { job })

/** Writes the nonce into `/outputs/file`, which is published on its node, or by another publisher. */
export const outputJob = (nonce: string, publisher = 'local'): JobOf =>
  toolJob(['write', '/outputs/file', nonce], {
    task: { Publisher: { Type: publisher }, ResultPaths: [{ Name: 'outputs', Path: '/outputs' }] },
  })

export const failingJob = (nonce: string): JobOf => toolJob(['print', '', `${nonce}\n`, '3'])

/** No node has that label. */
export const unplaceableJob = (): JobOf =>
  toolJob(['print', '', '', '0'], { job: { Constraints: [{ Key: 'zone', Operator: '=', Values: ['nowhere'] }] } })
