import type { OldKey, OldKind } from './old-keys.ts'
import { keys } from './tree.ts'

/** What a key of 1.4 holds: what it says itself, else what its new key does. */
export const kindOfOld = (key: OldKey): OldKind =>
  key.kind ?? keys.find(({ path }) => path === key.to[0])?.leaf.kind ?? 'text'
