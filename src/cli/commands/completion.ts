import { defineCommand, noArgs } from '../command.ts'
import { completionScripts, type Shell } from '../completion/scripts.ts'

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
    flags: {},
    run: async () => {},
    show: (_result, _input, { stdout }) => stdout.write(completionScripts[shell]),
  })
