import { readFile } from 'node:fs/promises'
import { Fault, messageOf } from '#lib/fault.ts'
import { askHelper } from './credential-helper.ts'
import type { ImageRef } from './image-ref.ts'
import { findLogin, type LoginsFile, type RegistryLogin } from './registry-logins.ts'
import { secretJson } from './secret-json.ts'
import type { DockerSettings } from './settings.ts'

export type LoginSources = Pick<DockerSettings, 'credentials' | 'loginsFile'>

/**
 * Header with the login of exactly the registry that the image names; none for any other (X9). What the settings
 * say goes before the file, which is read each time, so that a new login counts at once. Throws a Fault when that cannot be read.
 */
export async function registryAuth(
  { domain }: Pick<ImageRef, 'domain'>,
  sources: LoginSources,
): Promise<Record<string, string>> {
  const given = Object.hasOwn(sources.credentials, domain) ? sources.credentials[domain] : undefined
  const login = given ?? (await loginInFile(sources.loginsFile, domain))
  return login ? { 'X-Registry-Auth': paddedBase64Url(JSON.stringify(login)) } : {}
}

async function loginInFile(path: string, domain: string): Promise<RegistryLogin | undefined> {
  try {
    const found = findLogin(await read(path), domain)
    if (!found) return undefined
    return 'login' in found ? found.login : await askHelper(found.helper, found.server)
  } catch (error) {
    throw new Fault('ServiceUnavailable', `cannot look up the login of ${domain}: ${messageOf(error)}`, {
      component: 'Docker',
      hint: `Check ${path} of the node and the credential helpers it names`,
      details: { FailureClass: 'node' },
      cause: error,
    })
  }
}

async function read(path: string): Promise<LoginsFile> {
  if (path === '') return {}
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  return secretJson<LoginsFile>(text, 'the file of logins')
}

/** The engine takes a login without its padding for none at all. */
const paddedBase64Url = (text: string): string =>
  Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
