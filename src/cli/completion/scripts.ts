/** The script that a shell loads. It asks the program itself (`__complete`), so it need not be renewed with it. */
export const completionScripts = {
  bash: `# Completion of bacalhau for bash.
__bacalhau_complete() {
  local words=() word answer line current
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    # bash cuts words at "=" and ":"; flags and addresses are put together again.
    if ((\${#words[@]} > 1)) && [[ $word == [=:] || \${words[-1]} == *[=:] ]]; then words[-1]+=$word; else words+=("$word"); fi
  done
  COMPREPLY=()
  answer=$("\${words[0]}" __completeNoDesc "\${words[@]:1}" 2>/dev/null) || return
  current=\${COMP_WORDS[COMP_CWORD]}
  [[ $current == [=:] ]] && current=
  while IFS= read -r line; do
    if [[ $line == :0 && \${#COMPREPLY[@]} -eq 0 ]]; then compopt -o default 2>/dev/null; fi
    if [[ -n $line && $line != :* ]]; then COMPREPLY+=("$line"); fi
  done <<<"$answer"
}
complete -F __bacalhau_complete bacalhau
`,
  zsh: `#compdef bacalhau
# Completion of bacalhau for zsh.
_bacalhau() {
  local line flag rest
  local -a found
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :*) rest=$line ;;
      *) found+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${(M)line:#*$'\\t'*}:+:\${line#*$'\\t'}}") ;;
    esac
  done
  [[ \${words[CURRENT]} == -*=* ]] && compset -P '*='
  if (( \${#found} )); then _describe 'bacalhau' found; elif [[ $rest == :0 ]]; then _files; fi
}
if [[ $funcstack[1] == _bacalhau ]]; then _bacalhau; else compdef _bacalhau bacalhau; fi
`,
  fish: `# Completion of bacalhau for fish.
function __bacalhau_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l prefix (string match -r -- '^-[^=]*=' $current)
  set -q prefix[1]; or set prefix ''
  set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
  set -l found (string match -v -r -- '^(:\\d+)?$' $lines)
  if test (count $found) -gt 0
    printf '%s\\n' $prefix$found
  else if contains -- :0 $lines
    __fish_complete_path $current
  end
end
complete -c bacalhau -e
complete -c bacalhau -f -a '(__bacalhau_complete)'
`,
  powershell: `# Completion of bacalhau for PowerShell.
Register-ArgumentCompleter -Native -CommandName 'bacalhau' -ScriptBlock {
  param($begun, $line, $cursor)
  $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -le $cursor } | ForEach-Object { $_.ToString() })
  $program = $words[0]
  $before = @($words | Select-Object -Skip 1)
  if ($begun -ne '') { $before = @($before | Select-Object -SkipLast 1) }
  $prefix = if ($begun -match '^-[^=]*=') { $Matches[0] } else { '' }
  & $program __complete @before $(if ($begun -eq '') { '""' } else { $begun }) 2>$null |
    Where-Object { $_ -ne '' -and $_ -notmatch '^:\\d+$' } |
    ForEach-Object {
      $word, $about = $_ -split "\`t", 2
      if (-not $about) { $about = $word }
      [System.Management.Automation.CompletionResult]::new("$prefix$word", $word, 'ParameterValue', $about)
    }
}
`,
} as const

export type Shell = keyof typeof completionScripts
