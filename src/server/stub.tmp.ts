import { buildInfo } from '#lib/build-info.ts'
import { createServer } from './create-server.ts'

const clock: any = {
  nowMs: Date.now,
  monotonicMs: () => performance.now(),
  after: (ms: number, f: any) => {
    const t = setTimeout(f, ms)
    return { stop: () => clearTimeout(t) }
  },
}
const silent = { isLevelEnabled: () => false, debug() {}, info() {}, warn() {}, error: console.error }
let n = 0
const jobs: any = {
  submit: async () => {
    n++
    return {
      JobID: 'j-6554e268-cbfb-4670-8659-3638d2945a06',
      EvaluationID: '2ddf9aaa-bb36-48a0-bb75-27df8dd68ce7',
      Warnings: [],
    }
  },
}
const s = createServer({
  controlPlane: {
    agent: { self: async () => ({ Info: { NodeID: 'n' } }) as any, debug: async () => ({}), config: () => ({}) },
    jobs,
  },
  settings: { host: '127.0.0.1', port: 18123 },
  version: buildInfo,
  clock,
  random: { uuid: () => crypto.randomUUID(), float: Math.random },
  log: silent,
})
await s.start()
let last = 0,
  lastCpu = process.cpuUsage()
setInterval(() => {
  const c = process.cpuUsage(lastCpu)
  lastCpu = process.cpuUsage()
  if (n > last) console.log(n - last, 'per s', ((c.user + c.system) / (n - last)).toFixed(1), 'us cpu each')
  last = n
}, 1000).unref()
process.on('SIGTERM', async () => {
  await s.stop()
  process.exit(0)
})
