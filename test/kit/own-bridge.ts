import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const prefix = 'bacbr'
const mostBridges = 250

/** A bridge of this process alone, which is also where the machine has addresses; its number is no other's. */
export type OwnBridge = { name: string; number: number; remove(): void }

/**
 * Makes one with these addresses, on a machine where others do the same. Needs root. Those of processes that were killed are removed
 * first.
 */
export function ownBridge(addressesOf: (number: number) => string[]): OwnBridge {
  removeForsaken()
  for (let number = 1; number <= mostBridges; number++) {
    const name = `${prefix}${number}`
    // Fails when another process has it.
    if (!ip('link', 'add', name, 'type', 'bridge')) continue
    // The alias tells whose it is. Linux takes none with the order that makes a bridge, and says nothing.
    const isUp =
      ip('link', 'set', name, 'alias', String(process.pid)) &&
      addressesOf(number).every((each) => ip('addr', 'add', each, 'dev', name)) &&
      ip('link', 'set', name, 'up')
    if (!isUp) throw new Error(`cannot set up the bridge ${name}`)
    return { name, number, remove: () => void ip('link', 'del', name) }
  }
  throw new Error('cannot make a bridge: this is not root, or iproute2 is missing')
}

function removeForsaken(): void {
  for (const name of readdirSync('/sys/class/net').filter((each) => each.startsWith(prefix))) {
    const owner = aliasOf(name)
    if (owner && !existsSync(`/proc/${owner}`)) ip('link', 'del', name)
  }
}

/** Empty when it is gone meanwhile. */
function aliasOf(name: string): string {
  try {
    return readFileSync(`/sys/class/net/${name}/ifalias`, 'utf8').trim()
  } catch {
    return ''
  }
}

const ip = (...words: string[]): boolean => spawnSync('/sbin/ip', words, { stdio: 'ignore' }).status === 0
