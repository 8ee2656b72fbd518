import type { Provider } from '#contracts/provider.ts'
import { typeKey } from '#models/spec-config.ts'

type Section = { readonly Disabled: readonly string[] }
/** The sections of the configuration that switch technologies off. */
export type Switches = { readonly Engines: Section; readonly InputSources: Section; readonly Publishers: Section }

/** What is left of the technologies when those that are switched off by their type are gone, with servers and pools of theirs. */
export const enabledProviders = (switches: Switches, providers: readonly Provider[]): Provider[] =>
  providers.map((provider) => enabledPart(switches, provider))

function enabledPart({ Engines, InputSources, Publishers }: Switches, provider: Provider): Provider {
  const engines = provider.engines?.filter(({ type }) => !isOff(Engines, [type])) ?? []
  const storages = provider.storages?.filter(({ types }) => !isOff(InputSources, types)) ?? []
  const publishers = provider.publishers?.filter(({ type }) => !isOff(Publishers, [type])) ?? []
  const gone: unknown[] = provider.publishers?.filter((publisher) => !publishers.includes(publisher)) ?? []
  const isAnythingLeft = engines.length + storages.length + publishers.length > 0
  const parts = isAnythingLeft ? (provider.parts?.filter((part) => !gone.includes(part)) ?? []) : []
  return { ...provider, engines, storages, publishers, parts }
}

const isOff = ({ Disabled }: Section, types: readonly string[]): boolean =>
  types.some((type) => Disabled.some((each) => typeKey(each) === typeKey(type)))
