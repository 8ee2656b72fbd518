import { afterEach, describe, expect, it } from 'vitest'
import type { Fault } from '#lib/fault.ts'
import { SystemClock } from '#platform/clock.ts'
import { type Answer, type WebServer, webServer } from '../../../test/kit/web-server.ts'
import { answerLimitMs } from './ask.ts'
import { httpProbe } from './http-probe.ts'

const never = new AbortController().signal
const yes = { isYes: true }
const away = (why: string) => ({ message: expect.stringContaining(why), details: { FailureClass: 'transient' } })
const no = (reason: string) => ({ isYes: false, reason: expect.stringContaining(reason) })

let server: WebServer | undefined
afterEach(() => server?.close())

const judge = async (answer: Answer, clock = new SystemClock()) => {
  server = await webServer(answer)
  return httpProbe(server.url('/judge?key=secret'), clock)('{"Job":{}}', never)
}
const saying = (status: number, type: string, body: string) =>
  judge((_, reply) => reply.writeHead(status, { 'Content-Type': type }).end(body))

describe('a server that judges jobs', () => {
  it('gets the question by POST, with the login of its address', async () => {
    let got = ''
    server = await webServer(async (asked, reply) => {
      let body = ''
      for await (const part of asked) body += part
      got = [asked.method, asked.headers['content-type'], asked.headers.authorization, body].join(' ')
      reply.end()
    })
    const url = server.url('/').replace('//', '//ann:p%40ss@')
    expect(await httpProbe(url, new SystemClock())('{"Job":{}}', never)).toEqual(yes)
    expect(got).toBe(`POST application/json Basic ${Buffer.from('ann:p@ss').toString('base64')} {"Job":{}}`)
  })

  it.each([
    [200, 'text/plain', 'anything', yes],
    [403, 'text/plain', '', no('/judge" returns HTTP status code 403')],
    [500, 'application/json', '{"shouldBid":true}', no('returns HTTP status code 500')],
    [200, 'application/json', '{"shouldBid":true}', yes],
    [200, 'application/json', '{"ShouldBid":true,"Reason":"fine"}', yes],
    [200, 'application/json; charset=utf-8', '{"shouldBid":false,"reason":"too big"}', no('accept this job: too big')],
    [200, 'Application/JSON', '{"ShouldBid":false,"Reason":"too old"}', no('accept this job: too old')],
    [200, 'application/json', '{"shouldBid":true,"shouldWait":true}', no('/judge" says no')],
    [200, 'application/json', '{}', no('says no')],
    [200, 'application/json', 'yes', no('gives an answer that is no JSON object')],
    [200, 'application/json', `{"shouldBid":true,"reason":"${'x'.repeat(70_000)}"}`, no('more than 64 KiB')],
  ])('answers %i %s %s [X19]', async (status, type, body, verdict) => {
    expect(await saying(status, type, body)).toEqual(verdict)
  })

  it.each([429, 502, 503, 504])('has not refused when nobody is behind its door: %i', async (status) => {
    await expect(saying(status, 'text/plain', 'busy')).rejects.toMatchObject(away(`returns HTTP status code ${status}`))
  })

  it('may answer in pieces [X19]', async () => {
    const pieces: Answer = (_, reply) => {
      reply.writeHead(200, { 'Content-Type': 'application/json' })
      reply.write('{"shouldBid"')
      reply.end(':false,"reason":"piece by piece"}')
    }
    expect(await judge(pieces)).toEqual(no('piece by piece'))
  })

  it('has not refused when it cannot be reached or says nothing in time, and keeps its key to itself [X19]', async () => {
    class SoonClock extends SystemClock {
      override after(delayMs: number, run: () => void) {
        return super.after(delayMs < answerLimitMs ? delayMs : 50, run)
      }
    }
    const late: Fault = await judge(() => {}, new SoonClock()).catch((error) => error)
    expect(late).toMatchObject(away('gives no answer within 30s'))
    expect(late.message).not.toContain('secret')
    const port = server?.port
    await server?.close()
    const gone = httpProbe(`http://127.0.0.1:${port}/judge`, new SystemClock())('{}', never)
    await expect(gone).rejects.toMatchObject(away('cannot be asked: connect ECONNREFUSED'))
  })

  it('needs an address that can be asked', () => {
    expect(() => httpProbe('ftp://judge', new SystemClock())).toThrow('JobAdmissionControl.ProbeHTTP is not an http')
  })
})
