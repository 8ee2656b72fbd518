import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import { isIpAddress } from '#lib/domains.ts'

type Tls = Pick<ConnectionOptions, 'checkServerIdentity'> & { caFile?: string }

/** How the client speaks TLS with these hosts, and with none that speaks it not. `caFile` '' = whom the system trusts. */
export const clientTls = (hosts: readonly string[], caFile: string): Tls => ({
  ...(caFile === '' ? {} : { caFile }),
  checkServerIdentity: (host, certificate) => {
    // The library names a server that is given by its address `localhost`: any of those addresses may be meant.
    const meant = host === 'localhost' ? hosts.filter((each) => isIpAddress(each) || each === host) : [host]
    const errors = meant.map((each) => checkServerIdentity(each, certificate))
    return errors.includes(undefined) ? undefined : errors[0]
  },
})
