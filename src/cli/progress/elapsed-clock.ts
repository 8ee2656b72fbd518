/** How long a step took: `0.4s`, `12.3s`, `01m02.5s`. Tenths are cut off, hours are not shown. */
export function stepTime(elapsedMs: number): string {
  const tenths = Math.floor(elapsedMs / 100)
  const seconds = `${Math.floor(tenths / 10) % 60}.${tenths % 10}s`
  const minutes = Math.floor(tenths / 600) % 60
  return tenths < 600 ? seconds : `${String(minutes).padStart(2, '0')}m${seconds.padStart(5, '0')}`
}
