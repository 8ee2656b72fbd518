import { flatten, isOldKey } from './flatten.ts'
import { printableValue, withoutLogin } from './printable.ts'
import { keys } from './tree.ts'

/** Whether a document of settings holds something that is never shown: a token, a password, a login in an address. */
export const holdsSecret = (document: unknown): boolean =>
  flatten(document, 'node').given.some(({ key, value }) =>
    (isOldKey(key) ? key.to : [key.path]).some((path) => isSecret(path, value)),
  )

function isSecret(path: string, value: unknown): boolean {
  const leaf = keys.find((key) => key.path === path)?.leaf
  if (!leaf || value === null || value === undefined) return false
  if (leaf.isSecret) return printableValue(leaf, value) !== value
  const texts = Array.isArray(value) ? value : [value]
  return texts.some((text) => typeof text === 'string' && withoutLogin(text) !== text)
}
