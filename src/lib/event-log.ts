/** The node's log as its parts know it: a constant name of what happened, and its fields (`nodeId`, `reason`, `error` …). */
export type EventLog = (event: string, fields: Record<string, unknown>) => void
