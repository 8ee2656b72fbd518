import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { joinCompute } from '../../kit/cluster.ts'
import { type Heard, type Recorded, recordedLines, startGoOrchestrator } from '../../kit/go-orchestrator.ts'
import { LastingEngine } from '../../kit/lasting-engine.ts'
import { testParts } from '../../kit/test-parts.ts'
import { until } from '../../kit/until.ts'
import { absent, goldensDir } from '../../kit/vectors.ts'
import {
  bodyOfLine,
  comparable,
  isReport,
  laterOf,
  orders,
  recordedEngine,
  recordedPublisher,
  rejectionOf,
  typeOfLine,
  type Version,
  versions,
} from './recorded-node.ts'

const { started, stop } = testParts()

async function joined(version: Version, lines: Recorded[], databasePath?: string) {
  const { protocol, node, joined: sign } = versions[version]
  const go = started(await startGoOrchestrator(protocol))
  const engine = recordedEngine(lines)
  const options = {
    engines: [engine],
    publishers: [recordedPublisher(lines)],
    ...(databasePath ? { databasePath } : {}),
  }
  const compute = started(await joinCompute(go.port, node, options))
  await go.next(sign)
  return { go, engine, compute, options, node }
}

const scenarios: [Version, string, number][] = [
  ['v1.4.0', '03-batch-success-local', 2],
  ['v1.4.0', '04-job-failing', 6],
  ['v1.4.0', '05-bid-rejected', 1],
  ['v1.4.0', '06-stop-running', 2],
  ['v1.4.0', '10-ops-direct', 1],
  ['v1.9.3', '03-batch-success-local', 2],
  ['v1.9.3', '04-job-failing', 6],
  ['v1.9.3', '06-stop-running', 1],
  ['v1.9.3', '10-ops-direct', 1],
]

if (!existsSync(join(goldensDir(), 'wire'))) absent('wire')
else
  describe('our node at an orchestrator of Go', () => {
    it.each(scenarios)(
      '%s %s: answers and reports as the recorded node did [R99, N20, N28]',
      async (version, scenario, reports) => {
        const lines = recordedLines(`${version}/${scenario}`)
        const { go } = await joined(version, lines)
        const seen: Record<string, number> = {}
        let compared = 0
        for (const line of lines) {
          if (orders([line]).length > 0) {
            const reply = lines.find(({ dir, subject }) => dir === 'C>S' && subject === line.reply)
            const answer = await go.say(line)
            if (version === 'v1.9.3' || typeOfLine(line).startsWith('AskForBid')) expect(answer).toEqual(reply?.json)
            else expect(answer.value.ExecutionID).toBe(reply?.json.value.ExecutionID)
          } else if (isReport(line)) {
            const type = typeOfLine(line)
            seen[type] = (seen[type] ?? 0) + 1
            const said = await go.next(type, seen[type])
            expect(comparable(said.body)).toEqual(comparable(bodyOfLine(line)))
            compared += 1
          }
        }
        expect(compared).toBe(reports)
        expect(go.heard.filter((each: Heard) => seen[each.type] !== undefined)).toHaveLength(compared)
      },
    )

    it.each(Object.keys(versions) as Version[])(
      '%s: a bid that was made before a restart is still good after it, and starts when it is taken [R97]',
      async (version) => {
        const folder = await mkdtemp(join(tmpdir(), 'bacalhau-offer-'))
        started({ stop: () => rm(folder, { recursive: true, force: true }) })
        const lines = recordedLines(`${version}/03-batch-success-local`)
        const [ask, accepted] = orders(lines) as [Recorded, Recorded]
        const { go, engine, compute, options, node } = await joined(version, lines, join(folder, 'state.db'))
        if (version === 'v1.9.3')
          go.answers['transport.HandshakeRequest'] = { accepted: true, reason: 'node reconnected' }
        else go.answers['RegisterNode/v1'] = { value: { Accepted: true, Reason: 'node already registered' } }
        await go.say(ask)
        await go.next(version === 'v1.9.3' ? 'BidResult' : 'OnBidComplete/v1')
        await stop(compute)
        const shakes = go.heard.length
        started(await joinCompute(go.port, node, options))
        await until('the node joins again', () =>
          go.heard.slice(shakes).some(({ type }) => type === versions[version].joined),
        )
        expect(engine.starts).toHaveLength(0)
        await go.say(accepted)
        const { body } = await go.next(version === 'v1.9.3' ? 'RunResult' : 'OnRunComplete/v1')
        expect(body.RunCommandResult.Stdout).toBe('hello\n')
        expect(engine.starts).toHaveLength(1)
      },
    )

    it.each(Object.keys(versions) as Version[])(
      '%s: what was being stopped when it ended is stopped in its next life, without being told again',
      async (version) => {
        const folder = await mkdtemp(join(tmpdir(), 'bacalhau-stopping-'))
        started({ stop: () => rm(folder, { recursive: true, force: true }) })
        const lines = recordedLines(`${version}/06-stop-running`)
        const { protocol, node, joined: sign } = versions[version]
        const go = started(await startGoOrchestrator(protocol))
        const joinedWith = async (engine: LastingEngine) => {
          const options = { engines: [engine], publishers: [recordedPublisher(lines)] }
          return started(await joinCompute(go.port, node, { ...options, databasePath: join(folder, 'state.db') }))
        }
        const before = new LastingEngine('docker')
        const compute = await joinedWith(before)
        await go.next(sign)
        for (const line of orders(lines)) {
          if (typeOfLine(line).startsWith('Cancel')) await until('it runs', () => before.starts.length === 1)
          await go.say(line)
        }
        await until('it is asked to stop', () => before.stops === 1)
        await stop(compute)
        if (version === 'v1.9.3')
          go.answers['transport.HandshakeRequest'] = { accepted: true, reason: 'node reconnected' }
        else go.answers['RegisterNode/v1'] = { value: { Accepted: true, Reason: 'node already registered' } }
        const after = new LastingEngine('docker')
        await joinedWith(after)
        await until('it is asked again', () => after.stops === 1)
        expect([after.attaches.length, after.starts.length]).toEqual([1, 0])
        after.end()
      },
    )

    it.each(Object.keys(versions) as Version[])(
      '%s: an order that is none is refused with the reason, and the next one runs',
      async (version) => {
        const lines = recordedLines(`${version}/03-batch-success-local`)
        const [ask, accepted] = orders(lines) as [Recorded, Recorded]
        const { go, engine } = await joined(version, lines)
        const bad = structuredClone(ask)
        const { Execution } = bodyOfLine(bad)
        Execution.ID = 'e-bad'
        Execution.Job.Tasks[0].Network = { Type: 'Warp' }
        if (bad.json.metadata) bad.json.metadata['Bacalhau-SeqNum'] = '1'
        await go.say(bad)
        const refused = version === 'v1.9.3' ? 'BidResult' : 'OnBidComplete/v1'
        const { body } = await go.next(refused)
        expect(body).toMatchObject({ ExecutionID: 'e-bad', JobID: Execution.JobID, Accepted: false })
        expect((body.Event ?? body.Events[0]).Message).toMatch(/unknown type 'Warp'/)
        await go.say(ask)
        await go.next(refused, 2)
        await go.say(accepted)
        await go.next(version === 'v1.9.3' ? 'RunResult' : 'OnRunComplete/v1')
        expect(engine.starts).toHaveLength(1)
      },
    )

    it('v1.9.3: what its orchestrator repeats after a crash is acknowledged and runs no second time [N20, N25]', async () => {
      const lines = recordedLines('v1.9.3/14-orchestrator-killed-replay')
      const { go, engine } = await joined('v1.9.3', lines)
      const all = orders(lines)
      const first = all.slice(0, 3)
      for (const line of first) {
        if (typeOfLine(line) === 'CancelExecution') await go.next('RunResult')
        expect(await go.say(line)).toEqual({})
        if (typeOfLine(line) === 'AskForBid') await go.next('BidResult')
      }
      go.answers['transport.HeartbeatRequest'] = { Code: 'HandshakeRequired', Cause: 'not connected' }
      const repeated = all.slice(3)
      expect(repeated.map(({ json }) => json.metadata['Bacalhau-SeqNum'])).toContain('143')
      for (const line of repeated) expect(await go.say(line)).toEqual({})
      expect(engine.starts).toHaveLength(1)
      expect(go.heard.filter(({ type }) => /Result|Error/.test(type))).toHaveLength(2)
    })

    it('v1.9.3: bytes that are no message, and messages of an unknown type, are refused in the recorded words', async () => {
      const { go } = await joined('v1.9.3', [])
      const subject = 'bacalhau.global.compute.node193.in.msgs'
      const said = (bytes: Buffer) =>
        go.bus.request(subject, bytes, 50_000).then((answer) => JSON.parse(String(Buffer.from(answer))))
      expect((await said(Buffer.from('garbage'))).error).toMatch(/unsupported encoding: 0x67$/)
      const json = { metadata: { Type: 'NoSuchType', 'Bacalhau-SeqNum': '7' }, payload: {} }
      expect((await go.say({ subject, json })).error).toMatch(/unsupported message type: NoSuchType$/)
      const endless = { metadata: { Type: 'x'.repeat(900_000), 'Bacalhau-SeqNum': '8' }, payload: {} }
      expect((await go.say({ subject, json: endless })).error.length).toBeLessThan(20_000)
    })

    it.each(Object.keys(versions) as Version[])(
      '%s: a failure whose reason is larger than a message is told cut, and holds up nothing',
      async (version) => {
        const lines = recordedLines(`${version}/10-ops-direct`)
        const { go, engine } = await joined(version, lines)
        engine.script = () => ({ exitCode: 1, failure: { message: 'x'.repeat(2_000_000), class: 'user' } })
        for (const line of orders(lines).filter((each) => typeOfLine(each).startsWith('AskForBid'))) await go.say(line)
        const { body } = await go.next(version === 'v1.9.3' ? 'ComputeError' : 'OnComputeFailure/v1')
        expect((body.Event ?? body.Events[0]).Message).toMatch(/^execution error: x{10000}/)
      },
    )

    it('v1.4.0: who asks again, having lost the answer, is answered again, and it runs once', async () => {
      const lines = recordedLines('v1.4.0/03-batch-success-local')
      const [ask, accepted] = orders(lines) as [Recorded, Recorded]
      const { go, engine } = await joined('v1.4.0', lines)
      await go.say(ask)
      await go.next('OnBidComplete/v1')
      await go.say(ask)
      expect((await go.next('OnBidComplete/v1', 2)).body.Accepted).toBe(true)
      await go.say(accepted)
      await go.next('OnRunComplete/v1')
      expect(engine.starts).toHaveLength(1)
    })

    it.each(Object.keys(versions) as Version[])(
      '%s: a bid that is not taken is dropped, and what is said of it later starts nothing',
      async (version) => {
        const lines = recordedLines(`${version}/03-batch-success-local`)
        const [ask, accepted] = orders(lines) as [Recorded, Recorded]
        const { go, engine, compute } = await joined(version, lines)
        await go.say(ask)
        await go.next(version === 'v1.9.3' ? 'BidResult' : 'OnBidComplete/v1')
        await go.say(rejectionOf(accepted))
        await until('it is dropped', () => compute.compute.compute.live.length === 0)
        await go.say(laterOf(accepted))
        expect(engine.starts).toHaveLength(0)
        expect(go.heard.filter(({ type }) => /Run|Error|Failure/.test(type))).toEqual([])
      },
    )

    it.each(Object.keys(versions) as Version[])(
      '%s: gives out what a program printed, to its end [R200, N23, N29]',
      async (version) => {
        const lines = recordedLines(`${version}/03-batch-success-local`)
        const { go, node } = await joined(version, lines)
        const [ask, accepted] = orders(lines) as [Recorded, Recorded]
        await go.say(ask)
        await go.next(version === 'v1.9.3' ? 'BidResult' : 'OnBidComplete/v1')
        await go.say(accepted)
        const { body } = await go.next(version === 'v1.9.3' ? 'RunResult' : 'OnRunComplete/v1')
        const read = async (ExecutionID: string) => {
          const got: any[] = []
          const inbox = `_SINBOX.consumer.${ExecutionID.slice(-8)}`
          const subscription = go.bus.subscribe(inbox, ({ payload }) =>
            got.push(JSON.parse(String(Buffer.from(payload)))),
          )
          const question = JSON.stringify({ ExecutionID, NodeID: node, TargetPeerID: node, Tail: false, Follow: true })
          const request = {
            consumerId: '_SINBOX.consumer.',
            streamId: ExecutionID.slice(-8),
            heartBeatRequestSub: '_HEARTBEAT._SINBOX.consumer',
            body: Buffer.from(question).toString('base64'),
          }
          go.bus.publish(`node.compute.${node}.ExecutionLogs/v1`, Buffer.from(JSON.stringify(request)), inbox)
          await until('the stream ends', () => got.at(-1)?.type === 2)
          subscription.stop()
          return got
        }
        const stream = await read(body.ExecutionID)
        const text = stream.slice(0, -1).map(({ data }) => JSON.parse(Buffer.from(data, 'base64').toString()).value)
        expect(text).toEqual([
          { Type: 1, Line: 'hello\n' },
          { Type: 2, Line: 'oops\n' },
        ])
        expect(stream.at(-1).closeError).toEqual({ Code: 1000, Text: '' })
        expect((await read('e-unknown-1')).at(-1).closeError.Code).toBe(5000)
      },
    )

    it('v1.9.3: a report that is refused, or not answered, is told again until it is taken, and then no more [N22]', async () => {
      const lines = recordedLines('v1.9.3/10-ops-direct')
      const { go, compute } = await joined('v1.9.3', lines)
      go.answers['reports'] = { error: 'not now', delay: 100_000_000 }
      for (const line of orders(lines).filter((each) => typeOfLine(each).startsWith('AskForBid'))) await go.say(line)
      await go.next('RunResult', 2)
      go.answers['reports'] = {}
      const told = () => go.heard.filter(({ type }) => type === 'RunResult').length
      const before = told()
      await go.next('RunResult', before + 1)
      await stop(compute)
      expect(told()).toBe(before + 1)
    })
  })
