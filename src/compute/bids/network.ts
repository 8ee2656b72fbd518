import { no, yes } from '#contracts/verdict.ts'
import type { BidRule } from './bid-rule.ts'

/** `Default` is decided by the node: without networked jobs it means None. */
export const networkRule: BidRule = async ({ task, settings }) =>
  settings.isNetworkRefused && task.Network.Type !== 'None' && task.Network.Type !== 'Default'
    ? no(
        'this node does not run jobs that require network access',
        'Allow networked jobs on a node (JobAdmissionControl.RejectNetworkedJobs=false).',
      )
    : yes
