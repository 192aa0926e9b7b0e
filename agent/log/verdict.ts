/**
 * What a command asks for, decided without doing it. Rules and wording: actions/runner ActionCommandManager.cs; messages a user may
 * search for are the official ones.
 */
import { posix } from 'node:path'
import { COMMAND_BYTES_MAX, COMMAND_VALUES_BYTES_MAX, MASK_BYTES_MAX } from '../../shared/limit.ts'
import { BLOCKED_IN_COMMAND, isBlockedName } from '../step/file-command.ts'
import { type Annotation, annotationOf } from './annotation.ts'
import { type Command, type CommandName, isCommandName, parseCommand } from './command.ts'
import type { Effect } from './effect.ts'

/** What a line means. */
export type Verdict =
  /** A line as it is. */
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'debug'; readonly text: string }
  /** `line`: what the log says in place of the message. */
  | { readonly kind: 'annotation'; readonly annotation: Annotation; readonly line?: string }
  /** `command`: by its name alone. */
  | { readonly kind: 'mask'; readonly value: string; readonly command: string }
  | { readonly kind: 'effect'; readonly effect: Effect; readonly command: string }
  | { readonly kind: 'echo'; readonly on: boolean }
  | { readonly kind: 'stop'; readonly token: string }
  | { readonly kind: 'resume' }
  /** Absolute path of a matcher file, and the line that names it. */
  | { readonly kind: 'add-matchers' | 'remove-file'; readonly path: string; readonly command: string }
  | { readonly kind: 'remove-matchers'; readonly owners: readonly string[] }
  /** A value cannot be hidden: nothing more of the step's output may be shown. */
  | { readonly kind: 'withhold' }
  /** The command has a mistake in it: two error annotations, and the step fails. */
  | { readonly kind: 'mistake'; readonly command: string; readonly message: string }

/** What the job allows its commands, and what `echo` says now. */
export interface Rules {
  readonly workspace: string
  readonly echo: boolean
  readonly allowUnsecureCommands: boolean
  readonly allowUnsecureStopTokens: boolean
}

/** While commands are stopped only the token's own name is a command: see `tokenVerdicts`. */
export function judge(command: Command, line: string, rules: Rules): readonly Verdict[] {
  if (!isCommandName(command.name)) return []
  const verdicts = judgeNamed(command.name, command, line, rules)
  return rules.echo && !SILENT.has(command.name) ? [{ kind: 'say', text: line }, ...verdicts] : verdicts
}

/** The line that ends a stop is printed. */
export function tokenVerdicts(line: string): readonly Verdict[] {
  return [{ kind: 'say', text: line }, { kind: 'resume' }, { kind: 'debug', text: 'Resume processing commands' }]
}

/** A command over the limit, by its beginning: named without its data, which may be secret. */
export function tooLong(beginning: string): readonly Verdict[] {
  const name = parseCommand(beginning)?.name ?? ''
  const verdict = mistake(name, `The command is longer than the limit of ${COMMAND_BYTES_MAX} bytes.`)
  return name === 'add-mask' ? [verdict, { kind: 'withhold' }] : [verdict]
}

/** A value for which there is no room any more. */
export function tooMuch(verdict: Extract<Verdict, { kind: 'mask' | 'effect' }>): readonly Verdict[] {
  const message = `The step has set more than the limit of ${COMMAND_VALUES_BYTES_MAX} bytes by workflow commands.`
  const first = mistake(verdict.command, message)
  return verdict.kind === 'mask' ? [first, { kind: 'withhold' }] : [first]
}

/** Never echoed: their data is printed anyway, or must not be. `stop-commands` prints itself. */
const SILENT: ReadonlySet<CommandName> = new Set<CommandName>([
  'add-mask',
  'debug',
  'error',
  'notice',
  'stop-commands',
  'warning',
])

function judgeNamed(name: CommandName, command: Command, line: string, rules: Rules): readonly Verdict[] {
  switch (name) {
    case 'notice':
    case 'warning':
    case 'error': {
      const annotation = annotationOf(name, command.properties, command.data, rules.workspace)
      return [{ kind: 'annotation', annotation }]
    }
    case 'debug':
      return [{ kind: 'debug', text: command.data }]
    case 'group':
      return [{ kind: 'say', text: `##[group]${command.data}` }]
    case 'endgroup':
      return [{ kind: 'say', text: '##[endgroup]' }]
    case 'add-mask':
      return judgeMask(command, rules)
    case 'echo':
      return judgeEcho(command, line)
    case 'stop-commands':
      return judgeStop(command, line, rules)
    case 'set-output':
    case 'save-state':
      return judgeDeprecated(name, command, line)
    case 'set-env':
    case 'add-path':
      return rules.allowUnsecureCommands ? judgeUnsecure(name, command, line) : [mistake(line, disabled(name))]
    case 'add-matcher':
    case 'remove-matcher':
      return judgeMatcher(name, command, line, rules)
  }
}

function judgeMask(command: Command, rules: Rules): readonly Verdict[] {
  if (command.data.trim() === '') return [warning("Can't add secret mask for empty string in ##[add-mask] command.")]
  if (Buffer.byteLength(command.data) > MASK_BYTES_MAX) {
    const verdict = mistake(command.name, `The value is longer than the limit of ${MASK_BYTES_MAX} bytes.`)
    return [verdict, { kind: 'withhold' }]
  }
  const echo: readonly Verdict[] = rules.echo ? [{ kind: 'say', text: '::add-mask::***' }] : []
  return [...echo, { kind: 'mask', value: command.data, command: command.name }]
}

function judgeEcho(command: Command, line: string): readonly Verdict[] {
  const value = command.data.trim().toLowerCase()
  if (value === 'on' || value === 'off') {
    return [
      { kind: 'echo', on: value === 'on' },
      { kind: 'debug', text: `Setting echo command value to '${value}'` },
    ]
  }
  if (command.data === '') return [mistake(line, missing('value'))]
  const allowed = "Possible values can be: 'on', 'off'."
  return [mistake(line, `Invalid echo command value. ${allowed} Current value is: '${command.data}'.`)]
}

function judgeStop(command: Command, line: string, rules: Rules): readonly Verdict[] {
  const token = command.data
  const invalid = ['', 'pause-logging'].includes(token.toLowerCase()) || isCommandName(token.toLowerCase())
  if (invalid && !rules.allowUnsecureStopTokens) return [mistake(line, INVALID_TOKEN)]
  const mask: readonly Verdict[] =
    token.length > STOP_TOKEN_SHOWN_MAX ? [{ kind: 'mask', value: token, command: command.name }] : []
  return [
    { kind: 'stop', token },
    ...mask,
    { kind: 'say', text: line },
    { kind: 'debug', text: 'Paused processing commands until the token you called ::stopCommands:: with is received' },
  ]
}

/** Longest stop token that is not masked, in characters. Source: ActionCommandManager.TryProcessCommand. */
const STOP_TOKEN_SHOWN_MAX = 6

function judgeDeprecated(name: 'set-output' | 'save-state', command: Command, line: string): readonly Verdict[] {
  const key = command.properties.get('name') ?? ''
  if (key === '') return [warning(deprecated(name)), mistake(line, missingField('name', name))]
  const kind = name === 'set-output' ? 'output' : 'state'
  const debug = name === 'set-output' ? `Set output ${key} = ` : `Save intra-action state ${key} = `
  return [
    warning(deprecated(name)),
    { kind: 'effect', command: line, effect: { kind, name: key, value: command.data } },
    { kind: 'debug', text: `${debug}${command.data}` },
  ]
}

function judgeUnsecure(name: 'set-env' | 'add-path', command: Command, line: string): readonly Verdict[] {
  if (name === 'add-path') {
    if (command.data === '') return [mistake(line, missing('path'))]
    return [{ kind: 'effect', command: line, effect: { kind: 'path', folder: command.data } }]
  }
  const key = command.properties.get('name') ?? ''
  if (key === '') return [mistake(line, missingField('name', name))]
  if (isBlockedName(key)) {
    return [{ kind: 'annotation', annotation: { level: 'error', message: BLOCKED_IN_COMMAND } }]
  }
  return [
    { kind: 'effect', command: line, effect: { kind: 'env', name: key, value: command.data } },
    { kind: 'debug', text: `${key}='${command.data}'` },
  ]
}

function judgeMatcher(
  name: 'add-matcher' | 'remove-matcher',
  command: Command,
  line: string,
  rules: Rules,
): readonly Verdict[] {
  const path = command.data === '' ? '' : posix.resolve(rules.workspace, command.data)
  if (name === 'add-matcher') {
    return path === '' ? [warning('File path must be specified.')] : [{ kind: 'add-matchers', path, command: line }]
  }
  const owner = command.properties.get('owner') ?? ''
  if (owner !== '' && path !== '') {
    return [
      warning('Either specify an owner name or a file path in ##[remove-matcher] command. Both values cannot be set.'),
    ]
  }
  if (owner !== '') return [{ kind: 'remove-matchers', owners: [owner] }]
  if (path !== '') return [{ kind: 'remove-file', path, command: line }]
  return [warning('Either an owner name or a file path must be specified in ##[remove-matcher] command.')]
}

function mistake(command: string, message: string): Verdict {
  return { kind: 'mistake', command, message }
}

function warning(message: string): Verdict {
  return { kind: 'annotation', annotation: { level: 'warning', message } }
}

function missing(parameter: string): string {
  return `Value cannot be null. (Parameter '${parameter}')`
}

function missingField(field: string, name: string): string {
  return `Required field '${field}' is missing in ##[${name}] command.`
}

function deprecated(name: string): string {
  return `The \`${name}\` command is deprecated and will be disabled soon. Please upgrade to using Environment Files. For more information see: https://github.blog/changelog/2022-10-11-github-actions-deprecating-save-state-and-set-output-commands/`
}

function disabled(name: string): string {
  return `The \`${name}\` command is disabled. Please upgrade to using Environment Files or opt into unsecure command execution by setting the \`ACTIONS_ALLOW_UNSECURE_COMMANDS\` environment variable to \`true\`. For more information see: https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/`
}

const INVALID_TOKEN =
  "You cannot use a endToken that is an empty string, the string 'pause-logging', or another workflow command. For more information see: https://docs.github.com/actions/learn-github-actions/workflow-commands-for-github-actions#example-stopping-and-starting-workflow-commands or opt into insecure command execution by setting the `ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS` environment variable to `true`."
