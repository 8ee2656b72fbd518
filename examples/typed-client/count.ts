/**
 * Submits a small job, follows what it prints, and lists the jobs of its kind:
 *
 *     node examples/typed-client/count.ts http://127.0.0.1:1234
 */
import { readFileSync } from 'node:fs'
import { Client, Fault } from 'bacalhau/client'

const [, , url = 'http://127.0.0.1:1234'] = process.argv
const client = new Client({ url, timeoutMs: 10_000 })
const program = readFileSync(new URL('../echo/echo.wasm', import.meta.url)).toString('base64')

try {
  const { JobID } = await client.jobs.submit({
    Job: {
      Type: 'batch',
      Count: 3,
      Labels: { example: 'typed-client' },
      Tasks: [
        {
          Name: 'main',
          Engine: { Type: 'wasm', Params: { EntryModule: '/echo.wasm', Parameters: ['one', 'of', 'three'] } },
          InputSources: [
            {
              Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${program}` } },
              Target: '/echo.wasm',
            },
          ],
          Timeouts: { TotalTimeout: 60 },
        },
      ],
    },
  })
  const job = await client.jobs.waitFor(JobID)
  const seconds = Number(job.ModifyTime - job.CreateTime) / 1e9
  console.log(`${job.ID} ${job.State.StateType} after ${seconds.toFixed(1)} s`)

  for await (const execution of client.jobs.executions(JobID)) {
    for await (const { value, error } of client.jobs.logs(JobID, { execution_id: execution.ID })) {
      if (error) console.error(error)
      else console.log(`partition ${execution.PartitionIndex}: ${value.Line.trimEnd()}`)
    }
  }
  for await (const { ID, State } of client.jobs.list({ labels: ['example=typed-client'], limit: 10 })) {
    console.log(`listed ${ID} ${State.StateType}`)
  }
} catch (error) {
  if (!(error instanceof Fault)) throw error
  console.error(`${error.code} (${error.status}): ${error.message}${error.hint ? `\n${error.hint}` : ''}`)
  process.exitCode = 1
}
