import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const tool = readFileSync(join(import.meta.dirname, '../test/fixtures/wasm/tool.wasm')).toString('base64')

/** Bytes that the program of `floodJob` writes at once. */
export const floodBlockBytes = 64 * 1024

/** What the program writes, again and again: lines of 64 characters. */
export const floodBlock = Array.from({ length: floodBlockBytes }, (_, at) =>
  at % 64 === 63 ? '\n' : String.fromCharCode(97 + (at % 26)),
).join('')

/** A job of the fixture program `tool` with these words. */
export const toolJob = (words: readonly string[], task: object = {}): Record<string, unknown> => ({
  Name: 'bench-tool',
  Type: 'batch',
  Count: 1,
  Tasks: [
    {
      Name: 'main',
      ...task,
      Engine: {
        Type: 'wasm',
        Params: {
          EntryModule: {
            Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${tool}` } },
            Target: '/tool.wasm',
          },
          Entrypoint: '_start',
          Parameters: words,
        },
      },
      Resources: { CPU: '10m', Memory: '10Mb' },
      Timeouts: { QueueTimeout: 3600, ExecutionTimeout: 600 },
    },
  ],
})

/** A job with this input. */
export const readingJob = (Source: object): Record<string, unknown> =>
  toolJob(['print', 'read', '', '0'], { InputSources: [{ Source, Target: '/in' }] })

/** A job whose program prints so many bytes as fast as it can. */
export const floodJob = (bytes: number): Record<string, unknown> =>
  toolJob(['flood', String(bytes), String(floodBlockBytes)])
