/** A job's log as a person reads it: without the time stamps, groups and annotations drawn. */
import { type Paint, type Style, safeLine } from './ansi.ts'

/** `2026-01-02T03:04:05.1234567Z ` at the start of every line of a job's log. */
const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z /

/** `##[error]text` and its like; a workflow command has become one when the line gets here. Source: actions/runner ExecutionContext. */
const TAG = /^##\[(group|endgroup|error|warning|notice|debug|command|section)\](.*)$/s

/** Lines inside a group are indented under its title. Carried from one piece of a log to the next. */
export interface LogPosition {
  readonly inGroup: boolean
}

/** At the beginning of a step. */
export const logStart: LogPosition = { inGroup: false }

/** How lines are drawn: in colour or not. */
export interface LogLook {
  readonly colour: boolean
  readonly paint: Paint
}

/** A piece of a log (whole lines) as lines to show. */
export function readableLog(
  text: string,
  before: LogPosition,
  look: LogLook,
): { readonly lines: readonly string[]; readonly after: LogPosition } {
  const lines: string[] = []
  let inGroup = before.inGroup
  for (const raw of text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined)) {
    const line = raw.replace(STAMP, '')
    const [, tag, rest = ''] = TAG.exec(line) ?? []
    if (tag === 'group') inGroup = true
    if (tag === 'endgroup') {
      inGroup = false
      continue
    }
    const indent = inGroup && tag !== 'group' ? '    ' : ''
    lines.push(indent + (tag === undefined ? safeLine(line, look.colour) : tagged(tag, rest, look)))
  }
  return { lines, after: { inGroup } }
}

/** What stands before the text of a tagged line, and its style. */
const TAGS: { readonly [tag: string]: readonly [style: Style, prefix: string] } = {
  group: ['bold', '▾ '],
  error: ['red', 'Error: '],
  warning: ['yellow', 'Warning: '],
  notice: ['blue', 'Notice: '],
  debug: ['dim', 'Debug: '],
  command: ['cyan', '$ '],
  section: ['green', ''],
}

function tagged(tag: string, rest: string, { paint }: LogLook): string {
  const [style, prefix] = TAGS[tag] ?? ['bold', '']
  return paint(style, prefix + safeLine(rest, false))
}
