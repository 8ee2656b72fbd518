import { type Cli, defineCommand, noArgs } from '../../command.ts'
import { printDocument } from '../../print.ts'
import { shapeFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'
import { fitted } from '../../tell.ts'

type Info = {
  Endpoint: string
  Environment: { APIKey: boolean; Username: boolean; Password: boolean }
  /** Absent: the server did not tell. */
  SSO?: { Version: string; ProviderName: string; ProviderID: string }
}

export const command = defineCommand({
  use: '',
  long: 'Shows which server is asked, which credentials the environment holds, and how the server lets people log in.',
  args: noArgs,
  flags: shapeFlags,
  run: infoOf,
  show: (info, { flags }, cli) =>
    flags.output === ''
      ? cli.stdout.write(fitted(infoText(info), cli.stdout))
      : during('failed to write authentication information', printDocument(cli.stdout, JSON.stringify(info), flags)),
})

async function infoOf(_: unknown, cli: Cli): Promise<Info> {
  const { env } = cli
  const Environment = {
    APIKey: Boolean(env['BACALHAU_API_KEY']),
    Username: Boolean(env['BACALHAU_API_USERNAME']),
    Password: Boolean(env['BACALHAU_API_PASSWORD']),
  }
  const { url: Endpoint } = await cli.target()
  const told = await cli
    .client()
    .then(({ agent }) => agent.authconfig())
    .catch(() => undefined)
  if (!told) return { Endpoint, Environment }
  const { ProviderName = '', ProviderID = '' } = told.Config as { ProviderName?: string; ProviderID?: string }
  return { Endpoint, Environment, SSO: { Version: told.Version, ProviderName, ProviderID } }
}

const isSet = (is: boolean): string => (is ? 'Set' : 'Not Set')

function infoText({ Endpoint, Environment, SSO }: Info): string {
  const head = [
    '',
    `Target environment: ${Endpoint}`,
    '',
    'Environment Variables:',
    `API Key: ${isSet(Environment.APIKey)}`,
    `Username: ${isSet(Environment.Username)}`,
    `Password: ${isSet(Environment.Password)}`,
    '',
  ]
  if (!SSO) return `${[...head, 'Server does not support Basic Auth, API Keys, or SSO logins'].join('\n')}\n`
  const provider =
    SSO.ProviderID === ''
      ? ['Server does not support SSO login']
      : [`Provider Name: ${SSO.ProviderName}`, `Provider ID: ${SSO.ProviderID}`, `Version: ${SSO.Version}`]
  const note = [
    '',
    'Note: Environment variables take precedence over other authentication mechanisms including SSO.',
    'To use SSO login, please unset Auth related environment variables first.',
  ]
  return `${[...head, 'Node SSO Authentication:', ...provider, ...note].join('\n')}\n`
}
