import { readCsvRecord } from '../csv.ts'

/** A part of a value like `s3://b/k,dst=/in,opt=region=x`. `value` is undefined when there is no `=`. */
export type SpecField = { text: string; key: string; value: string | undefined }

/** Cuts a value into its fields: one CSV record, each field cut at its first `=`, the key in lower case. */
export const specFields = (text: string): SpecField[] =>
  readCsvRecord(text).map((field) => {
    const at = field.indexOf('=')
    if (at === -1) return { text: field, key: field, value: undefined }
    return { text: field, key: field.slice(0, at).toLowerCase(), value: field.slice(at + 1) }
  })

/** Adds an option `name=value`; a nameless one is ignored. */
export function addOption(options: Map<string, string>, text: string): void {
  const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(text) ?? []
  if (name !== '') options.set(name, value)
}

/** Without the blanks and quotes around it. */
export const bare = (text: string): string => text.replace(/^[ '"]+|[ '"]+$/g, '')
