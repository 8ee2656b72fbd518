import { formatDuration } from '#lib/duration.ts'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { cast } from './cast.ts'
import { findKey, isOldKey } from './flatten.ts'
import { isNoKey, storedSetting } from './set.ts'

type Given = { key: string; value?: string; values?: string[] }

const lists = ['compute.allowlistedlocalpaths', 'api.auth.oauth2.scopes']
const structures = ['api.auth.methods', 'api.auth.users']

/**
 * Of these we do more on purpose: no empty items, no word too many, exact numbers only, a value is checked when it is
 * given, a bare key is a switch only.
 */
function isChecked({ in: { key, value, values } }: VectorCase): boolean {
  const lower = key.toLowerCase()
  const text = String(value ?? values ?? '')
  if (value === undefined && values === undefined) return true
  if (structures.includes(lower) || lower === 'jobadmissioncontrol.locality') return true
  if (lower.startsWith('compute.allocatedcapacity.')) return !/^\d{1,4}(\.\d)?%?$/.test(text)
  if (lower === 'api.port' && /^-\d+$/.test(text)) return true
  if (lists.includes(lower)) return text === '' || /^\s|,\s|,,|^,$/.test(values?.[0] ?? '')
  return (values?.length ?? 0) > 1 || (lower.endsWith('.size') && text === '9223372036854775808')
}

/** Texts as `-c key=value` reads them, or words as `config set` does: to the stored value, as text. */
describeVectors(
  'config-cast.v1.9.3.json',
  ({ key, value, values }: Given) => {
    const found = findKey(key, 'client')
    if (!found || isOldKey(found)) throw isNoKey(key)
    if (values) return storedSetting(key, values).value
    return cast(found.leaf, found.path, value)
  },
  {
    skip: isChecked,
    isSame: (ours, theirs) => asText(ours) === asText((theirs as { value: unknown }).value),
  },
)

const asText = (value: unknown): string => {
  if (typeof value === 'bigint') return formatDuration(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
