import type { ShownExecution } from '#api/decode/execution.ts'
import { resultFolder } from '#platform/result-folder.ts'
import type { Result } from './results-of.ts'

type Output = NonNullable<ShownExecution['RunOutput']>
/** What is known of a file before it comes: how it begins, and whether that is all. */
type Beginning = { text: string; isWhole: boolean }

const outputs: Readonly<Record<string, (output: Output) => Beginning>> = {
  stdout: ({ Stdout, StdoutTruncated }) => ({ text: Stdout, isWhole: !StdoutTruncated }),
  stderr: ({ stderr, StderrTruncated }) => ({ text: stderr, isWhole: !StderrTruncated }),
  exitCode: ({ ExitCode }) => ({ text: String(ExitCode), isWhole: true }),
}

/**
 * Refuses a folder where something stands in the way of what programs have printed, as far as that is known before anything is
 * fetched: most often these are results of another job. What else is in the way shows when the results are there.
 */
export async function refuseOtherOutput(results: readonly Result[], root: string): Promise<void> {
  const [, ...others] = results
  // Output that an earlier call has joined is joined anew.
  const fetched = await Promise.all(results.map(({ name }) => resultFolder.exists(`${root}/${name}`)))
  if (others.length > 0 && fetched.includes(true)) return
  for (const [name, of] of Object.entries(outputs)) {
    const { text, isWhole } = joined(results.map(({ execution }) => known(execution?.RunOutput, of)))
    await resultFolder.refuseOtherFile(`${root}/${name}`, Buffer.from(text), isWhole)
  }
}

function known(output: Output | null | undefined, of: (output: Output) => Beginning): Beginning {
  if (!output || output.ErrorMsg !== '') return { text: '', isWhole: false }
  const { text, isWhole } = of(output)
  // What is no text is told in part.
  const [sound = ''] = text.split('\uFFFD', 1)
  return { text: sound, isWhole: isWhole && sound === text }
}

function joined(beginnings: readonly Beginning[]): Beginning {
  const open = beginnings.findIndex(({ isWhole }) => !isWhole)
  const texts = (open < 0 ? beginnings : beginnings.slice(0, open + 1)).map(({ text }) => text)
  return { text: texts.join(''), isWhole: open < 0 }
}
