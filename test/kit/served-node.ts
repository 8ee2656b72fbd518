import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiFetch } from './api-fetch.ts'
import type { BuiltProduct } from './built-product.ts'
import type { Program } from './program.ts'

/** Free ports everywhere. */
export const anyPorts = ['API.Port', 'Orchestrator.Port', 'Publishers.Types.Local.Port'].flatMap((key) => [
  '-c',
  `${key}=0`,
])
export const bothRoles = ['serve', '--orchestrator', '--compute', '-c', 'Publishers.Types.Local.Address=127.0.0.1']

/** An API that answers on this machine. */
export type Server = { api: string }
export const serverAt = (port: string | number): Server => ({ api: `http://127.0.0.1:${port}/api/v1` })

/** A running `serve`, by what it says when it is ready. */
export type ServedNode = Server & { program: Program; port: number; linkPort: number; folder: string }

export async function serveNode(
  product: BuiltProduct,
  args: readonly string[] = [],
  folder = `${product.folder}/data`,
): Promise<ServedNode> {
  const program = product.start([...bothRoles, ...anyPorts, '--data-dir', folder, ...args])
  const [, port] = await program.says(/ready at http:\/\/[^:]+:(\d+)/)
  const [, linkPort] = await program.says(/nats:\/\/[^:]+:(\d+)/)
  return { ...serverAt(port as string), program, port: Number(port), linkPort: Number(linkPort), folder }
}

export type Answer = { status: number; body: any }

/** One request; the body of the answer is read as JSON. */
export async function ask(node: Server, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await apiFetch(node.api + path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  })
  return { status: answer.status, body: JSON.parse(await answer.text()) }
}

const echo = readFileSync(join(import.meta.dirname, '../../examples/echo/echo.wasm')).toString('base64')
const echoModule = {
  Source: { Type: 'inline', Params: { URL: `data:application/wasm;base64,${echo}` } },
  Target: '/app',
}

/** A small job that prints its name. */
export const smallJob = (Name: string, more: Record<string, unknown> = {}) => {
  const Params = { EntryModule: echoModule, Entrypoint: '_start', Parameters: [Name] }
  const main = { Name: 'main', Engine: { Type: 'wasm', Params } }
  return { Job: { Name, Type: 'batch', Count: 1, Tasks: [main], ...more } }
}

export const submit = (node: Server, job: unknown): Promise<Answer> => ask(node, 'PUT', '/orchestrator/jobs', job)

/** Waits until a job has ended and gives its state. */
export async function endOf(node: Server, id: string): Promise<{ StateType: string; Message: string }> {
  for (let index = 0; ; ) {
    const { Job } = (await ask(node, 'GET', `/orchestrator/jobs/${id}?wait=20s&index=${index}`)).body
    if (['Completed', 'Failed', 'Stopped'].includes(Job.State.StateType)) return Job.State
    index = Job.Revision
  }
}
