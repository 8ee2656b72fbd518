/**
 * Resolves when the condition holds; looks again each time the event loop has turned. Fails after `limitMs`: a machine that is busy
 * may take long, and this comes before the end of any test, so that it is told what was waited for.
 */
export const until = async (
  what: string,
  condition: () => Promise<boolean> | boolean,
  limitMs = 50_000,
): Promise<void> => {
  const endsAt = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
