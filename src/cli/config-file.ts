import { dirname } from 'node:path'
import { load } from '#config/load.ts'
import { holdsSecret } from '#config/secrets.ts'
import type { StoredSetting } from '#config/set.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { setInYaml } from '#lib/yaml/edit-yaml.ts'
import { readSettings } from '#lib/yaml/read-settings.ts'
import type { Host } from './host.ts'
import { warn } from './tell.ts'

/**
 * Writes settings into a configuration file, whole or not at all: what else is in it stays as it is written. Nobody
 * else may read it when it holds a secret. Settings with which it could no longer be read are refused.
 */
export async function writeSettings(path: string, settings: readonly StoredSetting[], host: Host): Promise<void> {
  const before = Buffer.from((await touching(path, host.disk.readFile(path))) ?? '').toString('utf8')
  let text = before
  let isRewritten = false
  try {
    for (const setting of settings) {
      const edited = setInYaml(text, setting.path, setting.value)
      text = edited.text
      isRewritten ||= edited.isRewritten
    }
  } catch (error) {
    throw broken(path, error)
  }
  refuseNewContradiction(path, before, text, host)
  if (isRewritten) warn(host.stderr, `${path} was written anew; comments in it are lost`)
  await touching(path, host.disk.makeDirectory(dirname(path)))
  await touching(path, host.disk.replaceFile(path, text, holdsSecret(readSettings(text)) ? 0o600 : 0o644))
}

async function touching<Value>(path: string, work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (error) {
    throw new Fault('Forbidden', `cannot write ${path} (${(error as NodeJS.ErrnoException).code})`, {
      component: 'Config',
      hint: 'The data folder (--data-dir) must be a folder, and what is in it writable by this user.',
      cause: error,
    })
  }
}

/** A file that was wrong before may become better step by step. */
function refuseNewContradiction(path: string, before: string, after: string, { home }: Host): void {
  const problemIn = (text: string): unknown => {
    try {
      for (const side of ['client', 'node'] as const)
        load({ side, home, files: [{ path, values: readSettings(text) }] })
      return undefined
    } catch (error) {
      return error
    }
  }
  const problem = problemIn(after)
  if (problem !== undefined && problemIn(before) === undefined) throw problem
}

const broken = (path: string, error: unknown): Fault =>
  new Fault('ValidationError', `opening config file "${path}": While parsing config: ${messageOf(error)}`, {
    component: 'Config',
    cause: error,
    ...(error instanceof Fault && error.hint ? { hint: error.hint } : {}),
  })
