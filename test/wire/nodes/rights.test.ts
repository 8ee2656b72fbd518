import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Rights } from '#nats/server/door.ts'
import { NodeDoor } from '#nats/server/node-door.ts'
import { SystemClock } from '#platform/clock.ts'
import { absent, goldensDir } from '../../kit/vectors.ts'

type Line = { conn?: number; event?: string; dir?: string; op?: string; subject?: string; reply?: string; json?: any }

const folder = join(goldensDir(), 'wire')
const filesOf = (name: string): string[] =>
  existsSync(join(folder, name)) ? readdirSync(join(folder, name)).map((file) => join(name, file)) : []
/** Recordings of compute nodes, not of an orchestrator's own client. One of TLS shows no words. */
const isOfNode = (file: string): boolean => file.endsWith('.jsonl') && !/own-client|23-tls/.test(file)
const mixed = (more: string): string => `mixed/compute-v1.4.0-on-orchestrator-v1.9.3${more}.jsonl`
/** What belongs together: connections go on from one file to the next. */
const sessions: [string, string[]][] = [
  ['v1.4.0', filesOf('v1.4.0').filter(isOfNode)],
  ['v1.9.3', filesOf('v1.9.3').filter(isOfNode)],
  ['v1.4.0 with a newer orchestrator', ['', '-restart', '-explicit-network'].map(mixed)],
  ['v1.9.3 with an older orchestrator', ['mixed/compute-v1.9.3-on-orchestrator-v1.4.0.jsonl']],
  ...filesOf('broker')
    .filter(isOfNode)
    .map((file): [string, string[]] => [file, [file]]),
]

const clock = new SystemClock()
const knock = async (door: NodeDoor, options: Record<string, unknown>, isAlive: () => boolean): Promise<Rights> => {
  const rights = await door.admit({
    options,
    address: '10.0.0.1',
    nonce: '',
    isAlive: async () => isAlive(),
    fail: () => {},
  })
  if (typeof rights === 'string') throw new Error(rights)
  return rights
}

/** How often the clients of a recording needed a right, and what of it they may not. */
const replay = async (lines: Line[]): Promise<{ asked: number; refused: string[] }> => {
  const door = new NodeDoor({
    token: '',
    ownName: 'orchestrator',
    clock,
    keyOf: async () => undefined,
    onLine: () => {},
    log: () => {},
  })
  const clients = new Map<number, Rights>()
  const refused: string[] = []
  let asked = 0
  let now = 0
  for (const [at, { conn = 0, event, dir, op, subject = '', reply, json }] of lines.entries()) {
    // The end of a connection is not always recorded.
    const isAlive = (): boolean => lines.findLastIndex((line) => line.conn === conn) > now
    now = at
    if (event === 'tcp-close') clients.get(conn)?.left()
    if (op === 'CONNECT') clients.set(conn, await knock(door, json, isAlive))
    const rights = clients.get(conn)
    if (!rights || subject.includes('..')) continue
    if (dir === 'C>S') asked += 1
    if (dir === 'S>C') {
      if (reply) rights.asked(reply)
    } else if (op === 'SUB') {
      if (!(await rights.maySubscribe(subject))) refused.push(`${op} ${subject}`)
    } else if (op === 'PUB' || op === 'HPUB') {
      if (!rights.mayPublish(subject)) refused.push(`${op} ${subject}`)
      if (reply && !rights.mayAskFor(reply)) refused.push(`${op} ${subject} ${reply}`)
    }
  }
  return { asked, refused }
}

const linesOf = (file: string): Line[] =>
  readFileSync(join(folder, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

if (!existsSync(folder)) absent('wire')
else
  describe('all that a recorded node says and hears is its right', () => {
    it.each(sessions)('%s', async (_name, files) => {
      const { refused, asked } = await replay(files.flatMap(linesOf))
      expect(refused).toEqual([])
      expect(asked).toBeGreaterThan(0)
    })
  })
