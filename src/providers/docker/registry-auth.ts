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
  return { 'X-Registry-Auth': Buffer.from(JSON.stringify(login)).toString('base64url') }
}
