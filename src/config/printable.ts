import { formatDuration } from '#lib/duration.ts'
import { isLeaf, type Leaf, type Tree } from './leaf.ts'
import { type Settings, tree } from './tree.ts'

/** What stands for a secret wherever settings are shown. */
export const maskedSecret = '********'

/** Settings as people and the API see them: secrets masked, durations as text (`1m0s`). */
export const printable = (settings: Settings): Record<string, unknown> =>
  printed(tree, settings) as Record<string, unknown>

const printed = (node: Tree | Leaf<any>, value: any): unknown =>
  isLeaf(node)
    ? printableValue(node, value)
    : Object.fromEntries(Object.entries(node).map(([name, child]) => [name, printed(child, value[name])]))

/** One value as it is shown. An empty secret is shown as empty: that it is not set is worth knowing. */
export function printableValue(leaf: Leaf<any>, value: unknown): unknown {
  if (leaf.isSecret) return isEmpty(value) ? value : maskedSecret
  if (leaf.holdsLogin) return (value as readonly string[]).map(withoutAnyLogin)
  if (leaf.kind === 'list') return (value as readonly string[]).map(withoutLogin)
  if (leaf.kind === 'text') return withoutLogin(value as string)
  return leaf.kind === 'duration' ? formatDuration(value as bigint) : value
}

/** A token or password may stand in an address, before `@`. */
export const withoutLogin = (text: string): string => text.replace(/^(\w[\w+.-]*:\/\/)[^/]*@/, `$1${maskedSecret}@`)

/** The same where every text is an address, also one without a scheme, or one that is not well written. */
const withoutAnyLogin = (address: string): string => address.replace(/^(\w[\w+.-]*:\/*)?.*@/, `$1${maskedSecret}@`)

const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0)
