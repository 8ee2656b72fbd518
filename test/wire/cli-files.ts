import type { CliCase } from './cli-cases.ts'

/** What lies in the working directory afterwards, where that was recorded. */
export function fileDifferences(
  golden: CliCase,
  ours: ReadonlyMap<string, string>,
  mask: (text: string) => string,
): string[] {
  const wanted = (golden.after?.files ?? []).flatMap((file) => (typeof file === 'string' ? [] : [file]))
  const [here, there] = [[...ours.keys()].map(mask), wanted.map(({ path }) => mask(path))]
  const out = there.filter((path) => !here.includes(path)).map((path) => `files: ${path} is missing`)
  out.push(...here.filter((path) => !there.includes(path)).map((path) => `files: ${path} is new`))
  const byName = new Map([...ours].map(([path, text]) => [mask(path), text]))
  for (const { path, text } of wanted) {
    const mine = byName.get(mask(path))
    if (text !== undefined && mine !== undefined && mine !== text)
      out.push(`files: ${path} holds ${JSON.stringify(mine)}`)
  }
  return out
}
