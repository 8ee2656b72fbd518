import { Fault } from '#lib/fault.ts'
import { defineCommand, noArgs } from '../../../command.ts'
import type { DeviceCode, Provider } from '../../../login/device-flow.ts'

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
    cli.stdout.write(instructions(code, provider.ProviderName))
    await (await cli.target()).tokens.put(await waitForToken(provider, code, cli))
    return provider.ProviderName
  },
  show: (name, _, { stderr }) => stderr.write(`\nSuccessfully authenticated with ${name}!\n`),
})

const isComplete = (provider: Partial<Provider>): provider is Provider =>
  Boolean(
    provider.ProviderName && provider.ProviderID && provider.DeviceAuthorizationEndpoint && provider.TokenEndpoint,
  )

const instructions = ({ uri, userCode, completeUri }: DeviceCode, provider: string): string =>
  [
    '',
    'To login, please:',
    `  1. Open this URL in your browser: ${uri}`,
    `  2. Enter this code: ${userCode}`,
    ...(completeUri ? ['', 'Or, open this URL in your browser:', `  ${completeUri}`, ''] : []),
    `Waiting for authentication with ${provider}... (press Ctrl+C to cancel)`,
    '',
  ].join('\n')
