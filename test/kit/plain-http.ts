import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export type Reply = { status: number; text: string; json: any }
type Headers = Record<string, string>

export const jsonType = { 'Content-Type': 'application/json' }

/** Asks as curl does: no version header, only what is given. A body that is announced and absent is not sent. */
export const plainHttp = (port: () => number) => {
  const ask = async (method: string, path: string, body?: string | Buffer, headers: Headers = {}): Promise<Reply> => {
    const sent = request({ port: port(), host: '127.0.0.1', method, path: `/api/v1${path}`, headers, agent: false })
    if (body === undefined && 'Content-Length' in headers) sent.flushHeaders()
    else sent.end(body)
    const [answer] = await once(sent, 'response')
    const received = await text(answer)
    sent.destroy()
    const isJson = String(answer.headers['content-type']).startsWith('application/json')
    return { status: answer.statusCode, text: received, json: isJson ? JSON.parse(received) : undefined }
  }
  const submit = (job: object, headers: Headers = {}) =>
    ask('PUT', '/orchestrator/jobs', JSON.stringify({ Job: job }), { ...jsonType, ...headers })
  return {
    ask,
    get: (path: string) => ask('GET', path),
    submit,
    submitted: async (job: object): Promise<string> => (await submit(job)).json.JobID,
  }
}

/** A job that waits for a node that will not come. */
export const waitingJob = (change: object = {}) => ({
  Type: 'batch',
  Constraints: [{ Key: 'never', Operator: 'exists' }],
  Tasks: [{ Name: 'main', Engine: { Type: 'noop' }, Timeouts: { QueueTimeout: 600 } }],
  ...change,
})
