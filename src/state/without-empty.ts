/**
 * Leaves out what its reader puts back: empty text, zero, null and what is missing. It is undefined, which JSON does not
 * write, in a copy of the same shape: V8 makes and writes that in half the time of a record put together key by key.
 */
export function withoutEmpty(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const full: Record<string, unknown> = { ...record }
  for (const key in full) {
    const value = full[key]
    if (value === '' || value === 0 || value === 0n || value === null) full[key] = undefined
  }
  return full
}
