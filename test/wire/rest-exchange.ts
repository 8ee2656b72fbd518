import { request } from 'node:http'
import { WebSocket } from 'ws'
import { expectDocumentedFrame } from '../kit/documented.ts'
import type { Frame, RestCase } from './rest-cases.ts'

export type Answer = { status: number; contentType: string; body: string; frames?: Frame[]; end?: string }

const answerLimitMs = 20_000

/** Sends a recorded request byte for byte (paths are not tidied) with the version its client announced. */
export async function exchange(port: number, golden: RestCase): Promise<Answer> {
  const answer = await (golden.request.websocket ? stream(port, golden) : ask(port, golden))
  for (const { text } of answer.frames ?? []) if (text !== undefined) expectDocumentedFrame(text)
  return answer
}

function ask(port: number, { version, request: { method, path, headers = {}, body } }: RestCase): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isChunked = 'Transfer-Encoding' in headers
    const sent: Record<string, string> = {
      'X-Bacalhau-Git-Version': version,
      ...(body === undefined || body === '' ? {} : { 'Content-Type': 'application/json' }),
      ...(body === undefined || isChunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    }
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) delete sent[name]
      else sent[name] = value
    }
    const exchanged = request({ port, host: '127.0.0.1', method, path, headers: sent, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        exchanged.destroy()
        resolve({ status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', body: text })
      })
    })
    exchanged.setTimeout(answerLimitMs, () => exchanged.destroy(new Error('no answer')))
    exchanged.on('error', reject)
    // A body that is announced and not sent: the refusal must come from its length alone.
    if (body === undefined && 'Content-Length' in headers) exchanged.flushHeaders()
    else exchanged.end(body)
  })
}

function stream(port: number, golden: RestCase): Promise<Answer> {
  const { version, request: wanted } = golden
  const socket = new WebSocket(`ws://127.0.0.1:${port}${wanted.path}`, {
    headers: { 'X-Bacalhau-Git-Version': version, ...(wanted.headers as Record<string, string>) },
  })
  const frames: Frame[] = []
  return new Promise((resolve, reject) => {
    const give = (end: string) => resolve({ status: 101, contentType: '', body: '', frames, end })
    const limit = setTimeout(() => {
      socket.terminate()
      give('gave up')
    }, answerLimitMs)
    socket.on('message', (data) => {
      frames.push({ opcode: 1, fin: true, text: String(data) })
    })
    socket.on('open', () => {
      if (wanted.clientClosesAfterMs) setTimeout(() => socket.close(1000), wanted.clientClosesAfterMs)
    })
    socket.on('close', (code, reason) => {
      clearTimeout(limit)
      if (!wanted.clientClosesAfterMs) frames.push({ opcode: 8, code, reason: String(reason) })
      give('closed')
    })
    socket.on('unexpected-response', (_request, response) => {
      clearTimeout(limit)
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', body })
      })
    })
    socket.on('error', (error) => {
      clearTimeout(limit)
      reject(error)
    })
  })
}
