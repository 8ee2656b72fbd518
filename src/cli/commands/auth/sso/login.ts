import { Fault } from '#lib/fault.ts'
import { defineCommand, noArgs } from '../../../command.ts'
import type { DeviceCode, Provider } from '../../../login/device-flow.ts'
import type { Out } from '../../../out.ts'
import { fitted, tell } from '../../../tell.ts'

export const command = defineCommand({
  use: '',
  long: 'Shows a code to enter on a page of the identity provider, waits until that is done, and keeps the token.',
  args: noArgs,
  flags: {},
  async run(_, cli) {
    const provider = (await (await cli.client()).agent.authconfig()).Config as Partial<Provider>
    if (!isComplete(provider)) {
      throw new Fault('NotImplemented', 'orchestrator does not support logging in using SSO', {
        hint: '`bacalhau auth info` shows how it lets people log in.',
      })
    }
    const { startDeviceFlow, waitForToken } = await import('../../../login/device-flow.ts')
    const code = await startDeviceFlow(provider, cli.interrupted)
    cli.stdout.write(instructions(code, provider.ProviderName, cli.stdout))
    await (await cli.target()).tokens.put(await waitForToken(provider, code, cli))
    return provider.ProviderName
  },
  show: (name, _, { stderr }) => tell(stderr, `\nSuccessfully authenticated with ${name}!`),
})

const isComplete = (provider: Partial<Provider>): provider is Provider =>
  Boolean(
    provider.ProviderName && provider.ProviderID && provider.DeviceAuthorizationEndpoint && provider.TokenEndpoint,
  )

const instructions = ({ uri, userCode, completeUri }: DeviceCode, provider: string, out: Out): string =>
  [
    '',
    'To login, please:',
    `  1. ${fitted(`Open this URL in your browser: ${uri}`, out, 5)}`,
    `  2. Enter this code: ${userCode}`,
    ...(completeUri ? ['', 'Or, open this URL in your browser:', `  ${completeUri}`, ''] : []),
    fitted(`Waiting for authentication with ${provider}... (press Ctrl+C to cancel)`, out),
    '',
  ].join('\n')
