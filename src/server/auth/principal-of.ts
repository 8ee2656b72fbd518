import { covers, type Grant, lacking } from './capabilities.ts'
import type { Deed, Principal, Rights } from './rights.ts'

/** Somebody whose capabilities are known. */
export type Holder = { name: string; grants: readonly Grant[] }

export const hasCapability = ({ grants }: Holder, wanted: string): boolean =>
  grants.some(({ actions }) => actions.some((action) => covers(action, wanted)))

/** Who is limited to no namespace is not asked about jobs again: the door has done it. */
export const principalOf = (holder: Holder): Principal => ({
  isKnown: true,
  name: holder.name,
  rights: holder.grants.every(({ namespaces }) => namespaces === undefined) ? undefined : rightsOf(holder),
})

const capabilityFor = (deed: Deed): string => (deed === 'submit' || deed === 'stop' ? 'write:job' : 'read:job')

const rightsOf = (holder: Holder): Rights => ({
  may: (deed, namespace) =>
    holder.grants.some(
      ({ actions, namespaces }) =>
        (namespaces?.includes(namespace) ?? true) && actions.some((action) => covers(action, capabilityFor(deed))),
    ),
  denied: (deed) => lacking(holder.name, capabilityFor(deed)),
})
