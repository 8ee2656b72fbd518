/**
 * The addresses of a host (a name, or an address itself) that this node may connect to for a job, best first and never none: a name
 * is looked up once, each address is checked, and the connection is then made to one of these and not to the name, so that no second
 * look-up can lead elsewhere. Rejects with a Fault Forbidden when no address may be used, and with the resolver's error when the name has none.
 */
export type AddressesOf = (host: string, port: number) => Promise<readonly string[]>
