import type { Clock } from '#lib/clock.ts'
import type { ServerSettings } from '../settings.ts'
import { LoginLimit } from './login-limit.ts'
import { JwtCheck } from './oidc.ts'
import type { Gate } from './rights.ts'
import { UserGate } from './user-gate.ts'
import { readUsers } from './users.ts'

/** The gate that the settings ask for; undefined = everybody is let in. Throws a Fault for settings that make no sense. */
export function makeGate({ users = [], oauth2 }: ServerSettings, clock: Clock): Gate | undefined {
  const known = readUsers(users)
  if (known.length === 0 && !oauth2) return undefined
  return new UserGate(known, oauth2 && new JwtCheck(oauth2, clock), new LoginLimit(clock))
}
