import type { LabelSelectorRequirement } from '#models/job.ts'
export const compileRequirements = (list: readonly LabelSelectorRequirement[]) => ({
  text: list.map((r) => `${r.Key} ${r.Operator} ${(r.Values ?? []).join(',')}`).join(' '),
  matches: (labels: Readonly<Record<string, string>>) => list.every((r) => one(r, labels[r.Key])),
})
const one = (r: LabelSelectorRequirement, v: string | undefined): boolean => {
  switch (r.Operator) {
    case 'exists': return v !== undefined
    case '!': return v === undefined
    case 'in': case '=': case '==': return v !== undefined && (r.Values ?? []).includes(v)
    case 'notin': case '!=': return v === undefined || !(r.Values ?? []).includes(v)
    case 'gt': return Number(v) > Number(r.Values?.[0])
    case 'lt': return Number(v) < Number(r.Values?.[0])
    default: return false
  }
}
