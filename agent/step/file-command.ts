/**
 * The files by which a step hands values on: GITHUB_ENV, GITHUB_OUTPUT and GITHUB_STATE hold pairs, GITHUB_PATH holds folders. Pure; sizes are
 * bounded by the supervisor (FILE_COMMAND_BYTES_MAX). Rules and wording: actions/runner FileCommandManager.cs.
 */
import { STEP_SUMMARY_BYTES_MAX } from '../../shared/limit.ts'

/** An assignment of a file such as GITHUB_ENV. */
export type Pair = readonly [name: string, value: string]

/** `pairs` holds what stood before the mistake: the official runner has applied it by then, and so do we. */
export type ParsedPairs =
  | { readonly ok: true; readonly pairs: readonly Pair[] }
  | { readonly ok: false; readonly pairs: readonly Pair[]; readonly message: string }

/**
 * `NAME=value` lines and `NAME<<DELIMITER` blocks, in order; of equal names the last wins, which is left to the reader. Lines end with
 * `\n` only, so values keep a `\r`. A byte order mark at the start is no part of the first name.
 */
export function parseEnvFile(text: string): ParsedPairs {
  const lines = linesOf(text.startsWith('\ufeff') ? text.slice(1) : text)
  const pairs: Pair[] = []
  for (let index = 0; index < lines.length; ) {
    const entry = readEntry(lines, index)
    if (entry.kind === 'mistake') return { ok: false, pairs, message: entry.message }
    if (entry.kind === 'pair') pairs.push(entry.pair)
    index = entry.next
  }
  return { ok: true, pairs }
}

/** One folder a line, in order; empty lines say nothing. Lines end with `\n`, `\r\n` or `\r`. */
export function parsePathFile(text: string): readonly string[] {
  return (text.startsWith('\ufeff') ? text.slice(1) : text).split(/\r\n|\n|\r/).filter((line) => line !== '')
}

/** The name no step may set for later ones, as it would run code in every Node process of theirs. Whatever its case. */
const BLOCKED_NAME = 'NODE_OPTIONS'

/** Whether no step may set it for those after it. */
export function isBlockedName(name: string): boolean {
  return name.toUpperCase() === BLOCKED_NAME
}

/** An error annotation; the step does not fail for it. */
export const BLOCKED_IN_FILE = `Can't store ${BLOCKED_NAME} output parameter using '$GITHUB_ENV' command.`

/** An error annotation; the step does not fail for it. */
export const BLOCKED_IN_COMMAND = `Can't update ${BLOCKED_NAME} environment variable using ::set-env:: command.`

/** The first of two error lines about a file with a mistake in it; the second is the mistake. `kind`: env, output, path, state. */
export function fileCommandFailed(kind: string): string {
  return `Unable to process file command '${kind}' successfully.`
}

/** An error annotation for a summary over the limit; the step does not fail for it. */
export function summaryTooLarge(bytes: number): string {
  const [limit, size] = [STEP_SUMMARY_BYTES_MAX / 1024, Math.floor(bytes / 1024)]
  return `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${limit}k, got ${size}k. For more information see: https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-markdown-summary`
}

type Entry =
  | { readonly kind: 'blank'; readonly next: number }
  | { readonly kind: 'pair'; readonly next: number; readonly pair: Pair }
  | { readonly kind: 'mistake'; readonly message: string }

interface Line {
  readonly text: string
  readonly ended: boolean
}

function linesOf(text: string): readonly Line[] {
  const parts = text.split('\n')
  const lines = parts.map((part, index) => ({ text: part, ended: index < parts.length - 1 }))
  return lines.filter((line) => line.ended || line.text !== '')
}

function readEntry(lines: readonly Line[], index: number): Entry {
  const line = lines[index]?.text ?? ''
  if (line === '') return { kind: 'blank', next: index + 1 }
  const equals = line.indexOf('=')
  const heredoc = line.indexOf('<<')
  if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
    return { kind: 'pair', next: index + 1, pair: [line.slice(0, equals), line.slice(equals + 1)] }
  }
  if (heredoc < 0) return { kind: 'mistake', message: `Invalid format '${line}'` }
  return readHeredoc(lines, index, line.slice(0, heredoc), line.slice(heredoc + 2))
}

function readHeredoc(lines: readonly Line[], index: number, name: string, delimiter: string): Entry {
  if (name === '' || delimiter === '') {
    const message = `Invalid format '${lines[index]?.text}'. Name must not be empty and delimiter must not be empty`
    return { kind: 'mistake', message }
  }
  const value: string[] = []
  for (let at = index + 1; at < lines.length; at += 1) {
    const line = lines[at]
    if (line?.text === delimiter) return { kind: 'pair', next: at + 1, pair: [name, value.join('\n')] }
    if (line?.ended === false) return { kind: 'mistake', message: 'Invalid value. EOF marker missing new line.' }
    value.push(line?.text ?? '')
  }
  return { kind: 'mistake', message: `Invalid value. Matching delimiter not found '${delimiter}'` }
}
