/** What the placeholders of a publisher's key stand for. */
export type PublisherKeyFacts = {
  executionID: string
  jobID: string
  nodeID: string
  /** `YYYYMMDD`, local time of publishing. */
  date: string
  /** `HHMMSS`. */
  time: string
}

/**
 * The key of a published result: placeholders `{jobID}` … replaced, other braces kept; one object ends in `.tar.gz`, a
 * folder in `/`.
 */
export function publisherKey(key: string, facts: PublisherKeyFacts, isArchive: boolean): string {
  const filled = key.replace(
    /\{(executionID|jobID|nodeID|date|time)\}/g,
    (_, name: keyof PublisherKeyFacts) => facts[name],
  )
  const end = isArchive ? '.tar.gz' : '/'
  return filled.endsWith(end) ? filled : filled + end
}
