import { spawn } from 'node:child_process'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { type Inhabitant, inNetwork, openNetwork, runsInNetworks } from './enter-network.ts'

/** Where clouds give the credentials of a machine to whoever asks from it; by TCP, for some answer for names there as well. */
const metadata = ['169.254.0.0/16', '100.100.100.200/32', '192.0.0.192/32']
const rules = metadata.map((net) => `rule add pref 10 to ${net} ipproto tcp prohibit\n`).join('')

/** Whether this process can: it needs to be root, with `nsenter` and `ip` installed. */
export const canCloseMetadata = (): Promise<boolean> => runsInNetworks(['ip', '-V'])

/** Cuts the network of a container off from the services of the cloud. The program in it has not the right to undo that. */
export async function closeMetadata(inhabitant: Inhabitant, clock: Clock): Promise<void> {
  const network = await openNetwork(inhabitant, clock)
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(...inNetwork(3, ['ip', '-batch', '-']), { stdio: ['pipe', 'ignore', 'ignore', network.fd] })
      child.on('error', reject)
      child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`ip ended with ${code ?? 'a signal'}`))))
      child.stdin?.on('error', () => {})
      child.stdin?.end(rules)
    })
  } catch (error) {
    throw new Fault('ServiceUnavailable', `cannot close a network to the services of the cloud: ${messageOf(error)}`, {
      component: 'Docker',
      details: { FailureClass: 'node' },
      cause: error,
    })
  } finally {
    await network.close()
  }
}
