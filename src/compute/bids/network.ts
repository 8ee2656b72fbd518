import { no, yes } from '#contracts/verdict.ts'
import type { BidRule } from './bid-rule.ts'

/** `Default` is decided by the node: without networked jobs it means None. */
export const networkRule: BidRule = async ({ task: { Network }, settings }) => {
  if (settings.isNetworkRefused && Network.Type !== 'None' && Network.Type !== 'Default') {
    return no(
      'this node does not run jobs that require network access',
      'Allow networked jobs on a node (JobAdmissionControl.RejectNetworkedJobs=false).',
    )
  }
  if (Network.Type === 'HTTP' && !Network.Domains?.length) {
    return no(
      'invalid networking configuration, at least one domain is required when HTTP networking is enabled',
      'Name what the program may reach in the Domains of its Network',
    )
  }
  return yes
}
