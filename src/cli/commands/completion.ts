import { defineCommand, noArgs } from '../command.ts'
import { completionScripts, type Shell } from '../completion/scripts.ts'
import { bool } from '../flags.ts'

const loading: Readonly<Record<Shell, string>> = {
  bash: 'source <(bacalhau completion bash)',
  zsh: 'source <(bacalhau completion zsh)',
  fish: 'bacalhau completion fish | source',
  powershell: 'bacalhau completion powershell | Out-String | Invoke-Expression',
}

/** Prints the completion script of a shell. */
export const completionCommand = (shell: Shell) =>
  defineCommand({
    use: '',
    long:
      `Prints a script that completes commands, flags, jobs and nodes in ${shell}. Load it in the profile of the shell:` +
      `\n\n  ${loading[shell]}`,
    args: noArgs,
    completes: 'nothing',
    flags: { 'no-descriptions': bool(false, 'Offer the words alone') },
    run: async ({ flags }) =>
      flags['no-descriptions']
        ? completionScripts[shell].replace(' __complete ', ' __completeNoDesc ')
        : completionScripts[shell],
    show: (script, _input, { stdout }) => stdout.write(script),
  })
