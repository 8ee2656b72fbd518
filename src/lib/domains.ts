const domainPattern = /^(?:\*?\.)?(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}$/

/** The form domains are stored and compared in. */
export const normalDomain = (domain: string): string => domain.trim().toLowerCase()

/**
 * Whether a text (in its normal form) names a domain, with a leading dot a domain and all below it, with `*.` only
 * what is below it, or an IP address.
 * The whole text counts; the reference is content with a part of it.
 */
export const isDomain = (text: string): boolean => domainPattern.test(text) || isIpAddress(text)

/** Whether a text is an IPv4 or IPv6 address, without port, range or zone. */
export const isIpAddress = (text: string): boolean =>
  text.includes(':')
    ? !/[^0-9a-f:.]/i.test(text) && URL.canParse(`http://[${text}]/`)
    : /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4}$/.test(text) && !text.endsWith('.')

/** Whether `host` is the allowed domain, or lies in it when that begins with a dot or `*.`. */
export function isAllowedDomain(allowed: string, host: string): boolean {
  const [rule, name] = [normalDomain(allowed), normalDomain(host)]
  if (rule.startsWith('*.')) return name.endsWith(rule.slice(1))
  if (!rule.startsWith('.')) return rule === name
  return name === rule || name === rule.slice(1) || name.endsWith(rule)
}

/** The same set without what another entry covers, sorted. */
export function coveringDomains(domains: readonly string[]): string[] {
  const all = [...new Set(domains.map(normalDomain))].sort()
  return all.filter((domain) => !all.some((other) => other !== domain && isAllowedDomain(other, domain)))
}
