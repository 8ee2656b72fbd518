import { boolean, data, integer, list, port, secret, text } from '../leaf.ts'

/** How a login method is offered; the body of `API.Auth.Methods.<name>`. */
export type AuthMethod = { Type: string; PolicyPath?: string }
export type AuthUser = {
  Alias?: string
  Username?: string
  Password?: string
  APIKey?: string
  Capabilities?: { Actions?: string[]; Namespaces?: string[] }[]
}

/** The HTTP API: where a node listens and where a client connects. */
export const api = {
  Host: text(
    '0.0.0.0',
    'Address the node listens on and the client connects to; 0.0.0.0 means this machine to a client',
  ),
  Port: port(1234, 'Port of the API'),
  RateLimit: integer(
    1000,
    'Requests per second allowed to one address; loopback and logged-in callers are not limited',
  ),
  Auth: {
    Methods: data<Readonly<Record<string, AuthMethod>>>(
      { ClientKey: { Type: 'challenge' } },
      'Login methods offered, by name',
    ),
    AccessPolicyPath: text('', 'Policy file that decides who may do what; empty allows everything'),
    Users: data<readonly AuthUser[]>([], 'Users with passwords or API keys and what they may do', { isSecret: true }),
    Oauth2: {
      ProviderID: text('', 'Short name of the identity provider'),
      ProviderName: text('', 'Name of the identity provider as people see it'),
      TokenEndpoint: text('', 'URL that hands out tokens'),
      JWKSUri: text('', 'URL of the keys that sign tokens'),
      Issuer: text('', 'Issuer a token must name'),
      DeviceClientID: text('', 'Client id of the device flow'),
      Audience: text('', 'Audience a token must name'),
      DeviceAuthorizationEndpoint: text('', 'URL that starts the device flow'),
      Scopes: list([], 'Scopes to ask for'),
      PollingInterval: integer(0, 'Seconds between two questions of the device flow'),
    },
  },
  TLS: {
    CertFile: text('', 'Certificate of the server', { env: ['BACALHAU_TLS_CERT'] }),
    KeyFile: text('', 'Private key of the certificate', { env: ['BACALHAU_TLS_KEY'] }),
    SelfSigned: boolean(false, 'Make a certificate at start', { env: ['BACALHAU_TLS_SELFSIGNED'] }),
    AutoCert: text('', 'Host name to get a certificate for by ACME', { env: ['BACALHAU_AUTO_TLS'] }),
    AutoCertCachePath: text('', 'Folder that keeps certificates got by ACME'),
    UseTLS: boolean(false, 'The client speaks TLS', { env: ['BACALHAU_API_TLS'] }),
    CAFile: text('', 'Certificate authority the client trusts instead of the system', { env: ['BACALHAU_API_CACERT'] }),
    Insecure: boolean(false, 'The client accepts any certificate', { env: ['BACALHAU_API_INSECURE'] }),
  },
}

/** The shared secret of the link between nodes; empty leaves it open. */
export const linkToken = () => secret('Shared secret of the link between nodes; empty leaves it open')
