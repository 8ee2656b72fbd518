import type { ImageRef } from './image-ref.ts'
import type { RegistryCredentials } from './settings.ts'

/** Header with the login of exactly the registry that the image names; none for any other (X9, security.md §8). */
export function registryAuth(
  ref: Pick<ImageRef, 'domain'>,
  credentials: Readonly<Record<string, RegistryCredentials>>,
): Record<string, string> {
  const found = Object.hasOwn(credentials, ref.domain) ? credentials[ref.domain] : undefined
  if (!found?.username || !found.password) return {}
  const login = { username: found.username, password: found.password }
  return { 'X-Registry-Auth': paddedBase64Url(JSON.stringify(login)) }
}

/** The engine takes a login without its padding for none at all. */
const paddedBase64Url = (text: string): string =>
  Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
