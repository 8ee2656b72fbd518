import { matches } from './subjects.ts'

export type NodeSubjects = {
  isSaid(subject: string): boolean
  isHeard(pattern: string): boolean
}

/** What a node of any generation says and listens to; of what all say alike, the hearer is told whose word it is. */
export function nodeSubjects(node: string): NodeSubjects {
  const said = [
    `bacalhau.global.compute.${node}.out.>`,
    `node.management.${node}.>`,
    'node.orchestrator.*.>',
    'heartbeat',
    `_LOGS.${node}.*`,
  ]
  const heard = [`_INBOX.${node}.>`, `bacalhau.global.compute.${node}.in.>`, `node.compute.${node}.>`]
  return {
    isSaid: (subject) => said.some((each) => matches(each, subject)),
    isHeard: (pattern) => heard.some((each) => matches(each, pattern)),
  }
}

/**
 * NATS clients name their inboxes by 22 characters, of which one process draws the first 12 by chance and counts in the
 * rest. Nobody else can guess them; the orchestrator's own inboxes have another form.
 */
const inboxPattern = /^(?:_INBOX|_SINBOX|_HEARTBEAT\._SINBOX)\.([0-9A-Za-z]{12})[0-9A-Za-z]{10}(?:\.|$)/

/** The process whose inbox this is; undefined = it is no inbox of a client. */
export const processOf = (inbox: string): string | undefined => inboxPattern.exec(inbox)?.[1]
