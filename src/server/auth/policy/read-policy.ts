import { basename } from 'node:path'
import { Fault } from '#lib/fault.ts'
import { readLoginFile } from './login-file.ts'
import type { LoginRules } from './login-rules.ts'
import { type AccessRules, type Shipped, shippedByName, shippedByText } from './shipped.ts'

/** A policy as the configuration names it, and what lies there. */
export type PolicyFile = { path: string; bytes: Uint8Array | undefined }
export type Compiled = { kind: 'compiled'; path: string; bytes: Uint8Array }

const wasmMagic = '\0asm'

/** Throws a Fault ValidationError for what is no policy of access. */
export function readAccess(file: PolicyFile): AccessRules | Compiled {
  const found = compiledIn(file) ?? shippedIn(file)
  if ('kind' in found) return found
  if (found.for === 'access') return found.rules
  throw wrong(`${file.path} says who may log in, not who may do what`, 'API.Auth.AccessPolicyPath takes the latter.')
}

export function readLogin(file: PolicyFile): LoginRules | Compiled {
  if (file.bytes && /\.ya?ml$/.test(file.path)) return readLoginFile(textOf(file.bytes), file.path)
  const found = compiledIn(file) ?? shippedIn(file)
  if ('kind' in found) return found
  if (found.for === 'login') return found.rules
  throw wrong(`${file.path} says who may do what, not who may log in`, 'API.Auth.Methods takes the latter.')
}

const compiledIn = ({ path, bytes }: PolicyFile): Compiled | undefined =>
  bytes && textOf(bytes.subarray(0, 4)) === wasmMagic ? { kind: 'compiled', path, bytes } : undefined

function shippedIn({ path, bytes }: PolicyFile): Shipped {
  const shipped = bytes ? shippedByText(textOf(bytes)) : shippedByName(basename(path))
  if (shipped) return shipped
  if (!bytes) throw wrong(`there is no policy ${path}`, 'Name a file, or a policy that is shipped: policy_ns_anon.')
  throw wrong(
    `the policy ${path} is not compiled`,
    'Compile it and name what comes out: `opa build -t wasm -e bacalhau/authz/allow -e bacalhau/authz/token_valid` for ' +
      'access, `-e bacalhau/authn/token -e bacalhau/authn/schema` for a login; `tar xzf bundle.tar.gz /policy.wasm` takes it out.',
  )
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

const wrong = (message: string, hint: string): Fault =>
  new Fault('ValidationError', `invalid config: ${message}`, { component: 'Config', hint })
