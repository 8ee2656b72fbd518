/** Resolves when the condition holds; looks again each time the event loop has turned. Fails after `limitMs`. */
export const until = async (
  what: string,
  condition: () => Promise<boolean> | boolean,
  limitMs = 10_000,
): Promise<void> => {
  const endsAt = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > endsAt) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
