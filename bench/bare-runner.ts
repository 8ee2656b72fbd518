import { readSync, writeSync } from 'node:fs'

/** Runs modules for bare-jobs.ts: an order a line comes in, what the program printed goes out as one of JSON. */
const host = 'wasi_snapshot_preview1'
let compiled: WebAssembly.Module | undefined

function run(args: string[]): string {
  const text = ['main.wasm', ...args].map((each) => Buffer.from(`${each}\0`))
  let memory = new DataView(new ArrayBuffer(0))
  let printed = ''
  const calls: Record<string, (...numbers: number[]) => number> = {
    args_sizes_get: (count = 0, bytes = 0) => {
      memory.setUint32(count, text.length, true)
      memory.setUint32(bytes, Buffer.concat(text).length, true)
      return 0
    },
    args_get: (list = 0, at = 0) => {
      for (const [i, each] of text.entries()) {
        memory.setUint32(list + 4 * i, at, true)
        new Uint8Array(memory.buffer).set(each, at)
        at += each.length
      }
      return 0
    },
    fd_write: (_, list = 0, count = 0, written = 0) => {
      let bytes = 0
      for (let at = list; at < list + 8 * count; at += 8) {
        const size = memory.getUint32(at + 4, true)
        printed += Buffer.from(memory.buffer, memory.getUint32(at, true), size).toString()
        bytes += size
      }
      memory.setUint32(written, bytes, true)
      return 0
    },
    proc_exit: () => {
      throw ended
    },
  }
  const instance = new WebAssembly.Instance(compiled as WebAssembly.Module, { [host]: calls })
  memory = new DataView((instance.exports['memory'] as WebAssembly.Memory).buffer)
  try {
    ;(instance.exports['_start'] as () => void)()
  } catch (error) {
    if (error !== ended) throw error
  }
  return printed
}

const ended = new Error('ended')
const bytes = Buffer.alloc(1024 * 1024)
for (let rest = ''; ; ) {
  const count = readSync(0, bytes)
  if (count === 0) process.exit(0)
  const lines = (rest + bytes.toString('latin1', 0, count)).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    const { module, args } = JSON.parse(line) as { module: string; args: string[] }
    if (module) compiled = new WebAssembly.Module(Buffer.from(module.slice(module.indexOf(',') + 1), 'base64'))
    writeSync(1, `${JSON.stringify(run(args))}\n`)
  }
}
