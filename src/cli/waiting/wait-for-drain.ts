import { Fault, messageOf } from '#lib/fault.ts'
import type { NodeState } from '#models/node.ts'
import type { Cli } from '../command.ts'
import { Signalled } from '../host.ts'
import { Steps } from '../progress/steps.ts'
import { tell } from '../tell.ts'
import { patiently } from './patience.ts'

const pauseMs = 1_000
const step = 'Moving its work elsewhere'

/**
 * Waits until nothing is left on a node that is drained, telling on stderr how much is. False: it was interrupted, and the
 * drain goes on. Throws a Fault Conflict when the node takes work again, and when the server is silent for long.
 */
export async function waitForDrain(id: string, cli: Cli): Promise<boolean> {
  const steps = new Steps(cli.stderr, cli.clock, step.length)
  const tellLeft = progress(steps, cli)
  steps.begin(step)
  try {
    while (!(await isDrained(id, cli, tellLeft))) await cli.clock.sleep(pauseMs, cli.interrupted)
    steps.end('done')
    return true
  } catch (error) {
    const isLeft = error instanceof Signalled || cli.interrupted.aborted
    steps.end(isLeft ? 'cancelled' : 'failed')
    if (isLeft) return false
    throw error
  }
}

async function isDrained(id: string, cli: Cli, tellLeft: (text: string) => void): Promise<boolean> {
  const { clock, interrupted } = cli
  const client = await cli.client()
  const onFailure = () => tellLeft('the server does not answer; the drain goes on')
  const ask = () => client.nodes.get(id, interrupted)
  const { Node } = await patiently(ask, { clock, interrupted, onFailure }).catch((error: unknown) => {
    if (interrupted.aborted) throw error
    throw new Fault('ServiceUnavailable', `could not wait for node ${id}: ${messageOf(error)}`, {
      hint: 'The drain goes on without being waited for.',
      cause: error,
    })
  })
  if (Node.Cordon === 'DRAINED') return true
  if (Node.Cordon !== 'DRAINING')
    throw new Fault('Conflict', `node ${id} is not drained any more`, { hint: 'Somebody has uncordoned it.' })
  tellLeft(leftText(Node))
  return false
}

const leftText = ({ Remaining = 0, ConnectionState }: NodeState): string =>
  `${Remaining} ${Remaining === 1 ? 'execution is' : 'executions are'} left` +
  (ConnectionState.Status === 'DISCONNECTED' ? '; the node is disconnected' : '')

/** Below the step on a terminal; elsewhere a line whenever it changes. */
const progress = (steps: Steps, { stderr }: Cli): ((text: string) => void) => {
  let told = ''
  return (text) => {
    if (steps.isLive) steps.note(text)
    else if (text !== told) tell(stderr, text)
    told = text
  }
}
