import { readLink } from '#platform/links.ts'

/** The link in a data folder to the profile that is used when none is named. */
export const currentLink = (dataDir: string): string => `${dataDir}/profiles/current`

/** The name of that profile; undefined when there is none. Light, because every command asks. */
export async function currentProfile(dataDir: string): Promise<string | undefined> {
  const target = await readLink(currentLink(dataDir))
  return target === undefined ? undefined : /([^/\\]+)\.yaml$/.exec(target)?.[1]
}
