import type { Labels } from './match.ts'
import { checkRequirement } from './requirement.ts'

/** Checks every key and value of a set of labels. Throws Fault('BadRequest') for the first wrong one, in the order of keys. */
export function checkLabels(labels: Labels): void {
  for (const key of Object.keys(labels).sort()) {
    checkRequirement({ Key: key, Operator: '=', Values: [labels[key] as string] })
  }
}
