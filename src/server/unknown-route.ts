/** What is answered before a request has come to a group of routes. */
export const ungroupedType = 'application/json; charset=UTF-8'

const groupPattern = /^\/api\/v1(?:\/([^/?]*))?(?:[/?]|$)/

/** The reference answers what it does not know in the manner of the group it would belong to. */
export function contentTypeOfUnknown(url: string, groups: ReadonlySet<string>): string {
  const parts = groupPattern.exec(url)
  if (parts === null) return ungroupedType
  return groups.has(parts[1] ?? '') ? 'application/json' : 'text/plain'
}
