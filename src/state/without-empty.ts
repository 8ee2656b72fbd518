/** Leaves out what its reader puts back: empty text, zero, null and what is missing. */
export function withoutEmpty(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const full: Record<string, unknown> = {}
  for (const key in record) {
    const value = record[key]
    if (value === '' || value === 0 || value === 0n || value === null || value === undefined) continue
    full[key] = value
  }
  return full
}
