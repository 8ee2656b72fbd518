import { decisionBugs } from './decisions.ts'
import { messageBugs } from './messages.ts'
import type { Planted } from './plant.ts'

/** By what they do wrong. */
export const plantedBugs: Readonly<Record<string, Planted>> = { ...messageBugs, ...decisionBugs }
