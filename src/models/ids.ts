/** Branded ids: text that has been checked to be one. Forms: models of the wire; made by `newId`. */
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type JobId = Branded<'JobId'>
export type ExecutionId = Branded<'ExecutionId'>
export type NodeId = Branded<'NodeId'>

/** `j-<uuid4>` */
export const newJobId = (uuid: string): JobId => `j-${uuid}` as JobId
/** `e-<uuid4>` */
export const newExecutionId = (uuid: string): ExecutionId => `e-${uuid}` as ExecutionId
/** `n-<uuid4>` */
export const newNodeId = (uuid: string): NodeId => `n-${uuid}` as NodeId

const nodeIdPattern = /^[^.*>\s\0]+$/
/** A node id becomes a subject token of the bus: no `.`, `*`, `>`, blanks or NUL. */
export const isNodeId = (text: string): text is NodeId => nodeIdPattern.test(text) && text.length <= 255
