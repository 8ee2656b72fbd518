import type { Settings } from './tree.ts'

type Auth = Settings['API']['Auth']

/** Whether an identity provider is configured, be it in part. */
export const hasProvider = ({ Oauth2 }: Auth): boolean =>
  Object.values(Oauth2).some((value) => value !== '' && value !== 0 && !(Array.isArray(value) && value.length === 0))

/** Whether anybody who reaches the API may do everything. */
export const isOpen = (auth: Auth): boolean =>
  auth.Users.length === 0 && auth.AccessPolicyPath === '' && !hasProvider(auth)
