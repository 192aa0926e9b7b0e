/**
 * Which program runs a step's script, and with which arguments.
 * Source: actions/runner ScriptHandlerHelpers.cs, ScriptHandler.cs (semantics.md, section 1).
 */

/** How a script is run. `{0}` in an argument stands for the script's path, which the supervisor fills in. */
export interface ShellCommand {
  readonly argv: readonly string[]
  readonly script: { readonly text: string; readonly extension: string }
  /** As the log shows it: `/usr/bin/bash -e {0}`. */
  readonly display: string
}

interface KnownShell {
  readonly args: string
  readonly extension: string
}

/** What a bare name means. */
const KNOWN_SHELLS: { readonly [name: string]: KnownShell } = {
  bash: { args: '--noprofile --norc -e -o pipefail {0}', extension: '.sh' },
  sh: { args: '-e {0}', extension: '.sh' },
  python: { args: '{0}', extension: '.py' },
  pwsh: { args: `-command ". '{0}'"`, extension: '.ps1' },
  powershell: { args: `-command ". '{0}'"`, extension: '.ps1' },
  cmd: { args: '/D /E:ON /V:OFF /S /C "CALL "{0}""', extension: '.cmd' },
}

/** What the runner says of a shell it cannot use. */
export const INVALID_SHELL =
  "Invalid shell option. Shell must be a valid built-in (bash, sh, cmd, powershell, pwsh) or a format string containing '{0}'"

/**
 * The command for `shell` (undefined or empty: not specified anywhere), or undefined where it is neither a known name nor has a `{0}`.
 * `shells` are the absolute paths found on the runner's PATH.
 */
export function shellCommand(
  shell: string | undefined,
  script: string,
  shells: { readonly [name: string]: string },
): ShellCommand | undefined {
  if (shell === undefined || shell === '') return unspecified(script, shells)
  const gap = shell.trim().indexOf(' ')
  const program = gap < 0 ? shell.trim() : shell.trim().slice(0, gap)
  const known = KNOWN_SHELLS[program]
  const args = gap < 0 ? (known?.args ?? '') : shell.trim().slice(gap + 1)
  if (!args.includes('{0}')) return undefined
  return command(shells[program] ?? program, args, frame(program, script), known?.extension ?? '')
}

/** Source: ScriptHandler.cs: bash where there is one, else sh, either with the arguments of sh. */
function unspecified(script: string, shells: { readonly [name: string]: string }): ShellCommand {
  return command(shells['bash'] ?? shells['sh'] ?? 'sh', '-e {0}', script, '.sh')
}

function command(program: string, args: string, text: string, extension: string): ShellCommand {
  return { argv: [program, ...splitArguments(args)], script: { text, extension }, display: `${program} ${args}` }
}

/** Source: ScriptHandlerHelpers.FixUpScriptContents. */
function frame(program: string, script: string): string {
  switch (program) {
    case 'cmd':
      return `@echo off\n${script}`
    case 'pwsh':
    case 'powershell':
      return `$ErrorActionPreference = 'stop'\n${script}\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }`
  }
  return script
}

/** Splits at spaces outside double quotes, as .NET starts a process. Source: System.Diagnostics.Process.Unix, ParseArgumentsIntoList. */
function splitArguments(args: string): string[] {
  const found = args.match(/(?:[^\s"\\]|\\"|\\|"(?:[^"\\]|\\"|\\)*("|$))+/g) ?? []
  return found.map((argument) => argument.replace(/\\"|"/g, (quote) => (quote === '"' ? '' : '"')))
}
