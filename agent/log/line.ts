/** What becomes of one line of output: a command, a match, or plain text. Changes nothing but the matchers' own progress. */
import { MATCHER_LINE_MAX } from '../../shared/limit.ts'
import { type Annotation, type AnnotationLevel, insideWorkspace, parseNumber } from './annotation.ts'
import { parseCommand } from './command.ts'
import { type Match, type MatcherRun, matchLine, withoutColours } from './matcher.ts'
import { judge, type Rules, tokenVerdicts, type Verdict } from './verdict.ts'

/** What a line's meaning depends on besides its text. */
export interface LineContext {
  readonly rules: Rules
  /** While commands are stopped. Empty: for good, which only unsecure tokens allow. */
  readonly stopToken: string | undefined
  readonly runs: readonly MatcherRun[]
}

/** What happens instead of printing the line; undefined for plain output. */
export function decideLine(line: string, context: LineContext): readonly Verdict[] | undefined {
  const held = mayHoldCommand(line)
  return (held ? decideCommand(line, context) : undefined) ?? decideMatch(defang(line), context) ?? defanged(line)
}

/** A quick look, true for every line or text of lines that has a command in it. */
export function mayHoldCommand(text: string): boolean {
  return text.includes('::') || text.includes('##[')
}

/** Whether a line that begins so is a command now. */
export function isCommand(beginning: string, stopToken: string | undefined): boolean {
  const command = parseCommand(beginning, stopToken)
  if (command === undefined || stopToken === undefined) return command !== undefined
  return stopToken !== '' && command.name === stopToken.toLowerCase()
}

/** The runner's own marks of where an action begins and ends, when a step prints them. Source: actions/runner OutputManager. */
export function defang(text: string): string {
  if (!text.includes('##[')) return text
  return text.replaceAll('##[start-action', '##[\\start-action').replaceAll('##[end-action', '##[\\end-action')
}

function decideCommand(line: string, { rules, stopToken }: LineContext): readonly Verdict[] | undefined {
  const command = isCommand(line, stopToken) ? parseCommand(line, stopToken) : undefined
  if (command === undefined) return undefined
  return stopToken === undefined ? judge(command, line, rules) : tokenVerdicts(line)
}

function decideMatch(line: string, { rules, runs }: LineContext): readonly Verdict[] | undefined {
  if (runs.length === 0) return undefined
  const stripped = withoutColours(line)
  if (stripped.length > MATCHER_LINE_MAX) return undefined
  const annotation = matchLine(runs, stripped, (match) => annotationOfMatch(match, rules.workspace))
  return annotation === undefined ? undefined : [{ kind: 'annotation', annotation, line: stripped }]
}

function defanged(line: string): readonly Verdict[] | undefined {
  const text = defang(line)
  return text === line ? undefined : [{ kind: 'say', text }]
}

/** Undefined without a message or with a severity nobody knows: then the next matcher has its turn. Source: OutputManager.ConvertToIssue. */
function annotationOfMatch(match: Match, workspace: string): Annotation | undefined {
  const level = levelOf(match.severity ?? '')
  const message = match.message ?? ''
  if (level === undefined || message.trim() === '') return undefined
  const file =
    (match.file ?? '').trim() === '' ? undefined : insideWorkspace(workspace, match.file ?? '', match.fromPath)
  const [line, column] = [digits(match.line), digits(match.column)]
  return {
    level,
    message,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  }
}

function levelOf(severity: string): AnnotationLevel | undefined {
  const levels: readonly AnnotationLevel[] = ['notice', 'warning', 'error']
  return severity === '' ? 'error' : levels.find((level) => level === severity.toLowerCase())
}

/** Without sign or space, unlike in commands. */
function digits(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? parseNumber(text) : undefined
}
