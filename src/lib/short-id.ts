/** `j-<uuid>` or a bare uuid, judged loosely as the reference does: word characters, not only hex digits. */
const fullId = /^(?:[A-Za-z]-)?[A-Za-z0-9_]{8}(?=(?:-[A-Za-z0-9_]{4}){3}-[A-Za-z0-9_]{12}$)/
const peerId = /^Qm[A-Za-z0-9]{44}$/

/** How ids of jobs, executions and nodes stand in tables: `j-1a2b3c4d`; the names of nodes stay, old peer ids (`Qm…`) are cut to 8. */
export function shortId(id: string): string {
  if (peerId.test(id)) return id.slice(0, 8)
  return fullId.exec(id)?.[0] ?? id
}
