import { accessSync, constants, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Fault, messageOf } from '#lib/fault.ts'

export type AskedClients = {
  /** Executables of the command line. */
  cli: readonly string[]
  /** The interpreter of the environment that has the SDK. */
  python: string | undefined
  /** Executables that serve as compute nodes. */
  nodes: readonly string[]
  /** Executables that serve as orchestrators. */
  orchestrators: readonly string[]
  /** Folders of programs that judge the WASM engine. */
  wasi: readonly string[]
}

const usage =
  'npm run judges -- [--cli EXECUTABLE]… [--node EXECUTABLE]… [--orchestrator EXECUTABLE]… [--wasi FOLDER]… [--python FOLDER], where the FOLDER of --python is an environment with the SDK in it.'

/** The clients that the arguments name, as seen from where npm was called. Each must be there and executable. */
export function askedClients(args: readonly string[], calledFrom: string): AskedClients {
  const executables: Record<string, string[]> = { '--cli': [], '--node': [], '--orchestrator': [] }
  const wasi: string[] = []
  let python: string | undefined
  for (let at = 0; at < args.length; at += 2) {
    const [option, value] = args.slice(at)
    const list = executables[option ?? '']
    if (!list && option !== '--python' && option !== '--wasi') throw mistake(`unknown option ${option}`)
    if (value === undefined) throw mistake(`${option} without a path`)
    if (list) list.push(executableAt(resolve(calledFrom, value)))
    else if (option === '--wasi') wasi.push(resolve(calledFrom, value))
    else if (python !== undefined) throw mistake('one --python at a time')
    else python = executableAt(join(resolve(calledFrom, value), 'bin/python'))
  }
  const { '--cli': cli = [], '--node': nodes = [], '--orchestrator': orchestrators = [] } = executables
  if (cli.length + nodes.length + orchestrators.length + wasi.length === 0 && python === undefined)
    throw mistake('no client is given')
  return { cli, python, nodes, orchestrators, wasi }
}

function executableAt(path: string): string {
  try {
    if (!statSync(path).isFile()) throw mistake(`${path} is not a file`)
    accessSync(path, constants.X_OK)
    return path
  } catch (error) {
    throw error instanceof Fault ? error : mistake(`cannot run ${path}: ${messageOf(error)}`)
  }
}

const mistake = (message: string): Fault => new Fault('ValidationError', message, { hint: usage })
