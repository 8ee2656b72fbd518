import { bool, custom, int, stringArray, text } from '../flags.ts'

const logModes = ['default', 'station', 'json', 'combined', 'event'] as const

/** Flags of every command. */
export const globalFlags = {
  'api-host': text('127.0.0.1', 'Host of the server: a name, an address or a URL', { setting: 'API.Host' }),
  'api-port': int(1234, 'Port of the server', { setting: 'API.Port' }),
  config: stringArray([], 'A setting (key=value, or a bare boolean key) or a configuration file; may be repeated', {
    shorthand: 'c',
  }),
  'data-dir': text('', 'Folder that holds everything the client and the node keep', { setting: 'DataDir' }),
  repo: text('', 'The same as --data-dir', { setting: 'DataDir' }),
  profile: text('', 'Profile of the server, where no address is given; also BACALHAU_PROFILE'),
  tls: bool(false, 'Speak TLS with the server', { setting: 'API.TLS.UseTLS' }),
  cacert: text('', 'Certificate authority to trust; implies --tls', { setting: 'API.TLS.CAFile' }),
  insecure: bool(false, 'Accept any certificate; implies --tls', { setting: 'API.TLS.Insecure' }),
  'log-mode': custom(
    'logging-mode',
    'default',
    'Form of log lines: default, station, json, combined or event',
    (given) => {
      const mode = logModes.find((each) => each === given)
      const valid = logModes.map((each) => `"${each}"`).join(' ')
      if (!mode) throw new Error(`"${given}" is an invalid log-mode (valid modes: [${valid}])`)
      return mode as string
    },
    { setting: 'Logging.Mode', words: logModes },
  ),
  'log-level': text('', 'Least severe message that is logged', { isHidden: true, setting: 'Logging.Level' }),
  'strict-config': bool(false, 'Refuse unknown configuration keys'),
}
