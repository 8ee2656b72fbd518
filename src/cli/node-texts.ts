import type { Settings } from '#config/tree.ts'

/** Where a running node is reached. */
export type NodeAddress = {
  readonly name: string
  /** As a client on this machine reaches it. */
  readonly apiHost: string
  readonly apiPort: number
  readonly isTls: boolean
  /** What a client has to trust when the node vouches for itself. */
  readonly caFile: string | undefined
  /** What further nodes are given as --orchestrators; undefined on a node that is no orchestrator. */
  readonly orchestrators: string | undefined
}

/** `ownCertificate`: where the node keeps what it made for itself. */
export const tlsOf = ({ TLS }: Settings['API'], ownCertificate: string): Pick<NodeAddress, 'isTls' | 'caFile'> => ({
  isTls: TLS.CertFile !== '' || TLS.SelfSigned,
  caFile: TLS.CertFile === '' && TLS.SelfSigned ? ownCertificate : undefined,
})

/** Shell exports that let a client and further nodes find this one: both generations' names. */
export const exportsText = (address: NodeAddress): string =>
  [
    `export BACALHAU_NODE_CLIENTAPI_HOST=${address.apiHost}`,
    `export BACALHAU_NODE_CLIENTAPI_PORT=${address.apiPort}`,
    ...(address.orchestrators ? [`export BACALHAU_NODE_NETWORK_ORCHESTRATORS=${address.orchestrators}`] : []),
    `export BACALHAU_API_HOST=${address.apiHost}`,
    `export BACALHAU_API_PORT=${address.apiPort}`,
    ...(address.isTls ? ['export BACALHAU_API_TLS=true'] : []),
    ...(address.caFile ? [`export BACALHAU_API_CACERT=${shellWord(address.caFile)}`] : []),
    '',
  ].join('\n')

const shellWord = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** What a node started with the flags of 1.4 prints on stdout; scripts read it. `fit` makes a sentence fit the terminal. */
export function serveText(
  program: string,
  address: NodeAddress,
  runFile: string,
  fit: (text: string) => string,
): string {
  const connect = address.orchestrators
    ? [
        fit('To connect a compute node to this orchestrator, run the following command in your shell:'),
        `${program} serve --node-type=compute --orchestrators=${address.orchestrators} `,
      ]
    : []
  return [
    '',
    ...connect,
    '',
    fit('To connect to this node from the client, run the following commands in your shell:'),
    `export BACALHAU_NODE_CLIENTAPI_HOST=${address.apiHost}`,
    `export BACALHAU_NODE_CLIENTAPI_PORT=${address.apiPort}`,
    ...(address.orchestrators ? [`export BACALHAU_NODE_NETWORK_ORCHESTRATORS=${address.orchestrators}`] : []),
    '',
    fit(`A copy of these variables have been written to: ${runFile}`),
    '',
  ].join('\n')
}

/** For an address that others reach, as long as nobody has to say who they are. */
export const openText = (host: string, port: number): string =>
  `the API on ${hostText(host)}:${port} does what anybody who reaches it asks. ` +
  `--host 127.0.0.1 keeps it to this machine.`

/** As it stands in a URL. */
const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** A few lines for the person who started it; only an orchestrator takes jobs and knows the nodes. */
export const bannerText = (program: string, address: NodeAddress, roles: string): string =>
  [
    `${roles} ${address.name} is ready at ${address.isTls ? 'https' : 'http'}://${hostText(address.apiHost)}:${address.apiPort}`,
    ...(address.orchestrators
      ? [
          `  run something:  ${program} docker run alpine echo hello`,
          `  look around:    ${program} node list`,
          `  add a node:     ${program} serve --compute --orchestrators=${address.orchestrators}`,
        ]
      : []),
    ...(address.caFile ? [`  trust it:       --cacert ${shellWord(address.caFile)}`] : []),
    '  stop:           Ctrl+C',
    '',
  ].join('\n')
