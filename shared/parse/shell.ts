/** The `shell` of a step or of `defaults.run`. Source: actions/runner ScriptHandlerHelpers.cs. */
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import { nearest } from './near.ts'
import type { Problems } from './problems.ts'
import { literalText } from './token.ts'

const SHELLS = ['bash', 'sh', 'pwsh', 'powershell', 'python', 'cmd']

/** A shell with an expression in it is checked when the step runs, or refused already where none may stand. */
export function checkShell(token: TemplateToken | undefined, problems: Problems): void {
  const shell = literalText(token)?.trim()
  if (shell === undefined || shell === '' || shell.includes('{0}') || SHELLS.includes(shell)) return
  if (shell.includes('${{')) return
  const near = nearest(shell, SHELLS)
  const format = `write a command with {0} where the script's path goes, for example \`${shell} {0}\``
  problems.add(
    token,
    `\`${shell}\` is neither a known shell nor a command with {0} in it`,
    near === undefined ? format : `did you mean \`${near}\`? Otherwise ${format}`,
  )
}
