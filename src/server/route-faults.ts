import { type ClientVersion, since } from '#api/client-version.ts'
import { Fault } from '#lib/fault.ts'
import { longestParameter } from './settings.ts'

/** No such route, or none on this kind of node. */
export const routeNotFound = (version: ClientVersion): Fault =>
  new Fault('NotFound', version >= since.v1_5 ? 'The requested resource/URL was not found.' : 'Not Found', {
    component: 'APIServer',
    hint: 'The server version may be older than this CLI version and does not support the endpoint yet.',
    details: {
      cli_usage:
        'If you are using the CLI, try updating your server to a newer version or check if the command is supported in your server version.',
    },
  })

/** Everything below `/api/v1/requester` answers this, as a JSON text, since 1.4. */
export const goneSentence =
  'This endpoint is deprecated. See the migration guide at https://docs.bacalhau.org/references/cli-reference/command-migration for more information'

export const serverTimeout = (): Fault =>
  new Fault('Timeout', 'Server Timeout!', { component: 'APIServer', status: 503, isRetryable: true })

export const bodyTooLarge = (): Fault =>
  new Fault('PayloadTooLarge', 'Request Entity Too Large', {
    component: 'APIServer',
    hint: 'a request body may have 10 MB; pass larger data as an input source',
  })

export const upgradeRequired = (): Fault =>
  new Fault('UpgradeRequired', 'Upgrade Required', {
    component: 'APIServer',
    hint: 'logs are sent over a WebSocket: connect with ws:// or use `bacalhau job logs`',
  })

export const wrongMediaType = (): Fault =>
  new Fault('BadRequest', 'code=415, message=Unsupported Media Type', {
    component: 'APIServer',
    hint: 'send the body with Content-Type: application/json (a submission also as application/yaml)',
  })

export const malformedUrl = (): Fault => new Fault('BadRequest', 'malformed URL', { component: 'APIServer' })

export const parameterTooLong = (): Fault =>
  new Fault('BadRequest', `an id or a name in a path has at most ${longestParameter} characters`, {
    component: 'APIServer',
  })
