import { resolve } from 'node:path'
import type { Settings } from '#config/tree.ts'
import type { Disk } from '#contracts/disk.ts'
import type { Store } from '#contracts/store.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { LoginSettings, ServerSettings } from '#server/settings.ts'

type Auth = Settings['API']['Auth']
type PolicyFile = NonNullable<ServerSettings['accessPolicy']>
type AccessSettings = Pick<ServerSettings, 'accessPolicy' | 'loginMethods' | 'tokenKey'>

const keyFact = 'api-token-key'

/** Policies as they lie on the disk, and the key of tokens, which is kept so that logins outlive a restart. */
export const accessSettings = async (auth: Auth, disk: Disk, store: Store): Promise<AccessSettings> => ({
  ...(auth.AccessPolicyPath ? { accessPolicy: await policyFile(auth.AccessPolicyPath, disk) } : {}),
  loginMethods: await Promise.all(methodsIn(auth.Methods).map((method) => loginSettings(method, disk))),
  tokenKey: {
    pem: await store.fact(keyFact),
    async keep(pem) {
      const outcome = await store.commit({ putFacts: { [keyFact]: pem } })
      if (outcome.kind === 'applied') await outcome.durable
    },
  },
})

type Method = { name: string; Type: string; PolicyPath?: string }

/** By name; and one method alone as release 1.4 takes it on its command line: `{Method: name, Policy: {…}}`. */
function methodsIn(methods: Auth['Methods']): Method[] {
  const { Method, Policy } = methods as { Method?: unknown; Policy?: Auth['Methods'][string] }
  if (typeof Method === 'string' && Policy) return [{ ...Policy, name: Method }]
  return Object.entries(methods).map(([name, method]) => ({ ...method, name }))
}

async function loginSettings({ name, ...given }: Method, disk: Disk): Promise<LoginSettings> {
  const fields = new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), String(value ?? '')]))
  const path = fields.get('policypath') ?? ''
  return { name, type: fields.get('type') ?? '', ...(path ? { policy: await policyFile(path, disk) } : {}) }
}

/** A file, or a folder with one file in it. */
async function policyFile(given: string, disk: Disk): Promise<PolicyFile> {
  const path = resolve(given)
  try {
    return { path, bytes: await disk.readFile(path) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw unreadable(path, messageOf(error))
  }
  const [only, ...others] = (await disk.list(path)).filter((name) => /\.(?:rego|wasm|ya?ml)$/.test(name))
  if (only === undefined || others.length > 0) throw unreadable(path, 'a folder of a policy has one file in it')
  return policyFile(`${path}/${only}`, disk)
}

const unreadable = (path: string, why: string): Fault =>
  new Fault('ValidationError', `invalid config: cannot read the policy ${path}: ${why}`, { component: 'Config' })
