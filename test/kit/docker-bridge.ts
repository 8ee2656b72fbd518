import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const prefix = 'bacbr'
const mostBridges = 250

/**
 * A bridge of its own for one Docker engine of the tests. On docker0, which each would take, two give out the same addresses, and it
 * is also that of whoever uses Docker on this machine.
 */
export function ownBridge(): { name: string; remove(): void } {
  removeForsaken()
  for (let n = 1; n <= mostBridges; n++) {
    const name = `${prefix}${n}`
    // Fails when another process has it.
    if (!ip('link', 'add', name, 'alias', String(process.pid), 'type', 'bridge')) continue
    const isUp = ip('addr', 'add', `10.213.${n}.1/24`, 'dev', name) && ip('link', 'set', name, 'up')
    if (!isUp) throw new Error(`cannot set up the bridge ${name}`)
    return { name, remove: () => void ip('link', 'del', name) }
  }
  throw new Error('cannot make a bridge for a Docker engine: this is not root, or iproute2 is missing')
}

/** Those of processes that were killed. */
function removeForsaken(): void {
  const bridges = readdirSync('/sys/class/net').filter((name) => name.startsWith(prefix))
  for (const name of bridges) {
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
