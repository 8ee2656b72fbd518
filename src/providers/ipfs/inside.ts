/**
 * Whether a symbolic link in a folder `depth` levels below a root leads nowhere but below that root, whatever other such links lie on
 * its way: it may climb only at its start, and not above the root.
 */
export function staysInside(target: string, depth: number): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false
  const steps = target.split('/').filter((step) => step !== '' && step !== '.')
  const climbs = steps.findIndex((step) => step !== '..')
  const ups = climbs < 0 ? steps.length : climbs
  return ups <= depth && !steps.slice(ups).includes('..')
}

/** Whether a text can name an entry of a folder and nothing else. */
export const isEntryName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && Buffer.byteLength(name) <= 255
