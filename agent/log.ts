/**
 * One step's log: output records in, log text, annotations and effects of commands out.
 *
 *   record ──lines──▶ command? ──▶ matcher? ──▶ mask ──▶ stamp ──▶ sink
 *
 * A line carries the time of the record that ended it (a piece of a long line: of the record that completed the piece), so the same records
 * give the same bytes whoever reads them. Commands are looked for in the raw line, each stream's lines apart, in the order in which lines end; a
 * mask holds from the next line on. Calls come one at a time: `write` is awaited before the next call.
 */
import { COMMAND_BYTES_MAX, LOG_LINE_BYTES_MAX } from '../shared/limit.ts'
import type { AnnotationCounts } from './annotation.ts'
import {
  type Assembly,
  type AssemblyState,
  assemblyState,
  characterBoundary,
  createAssembly,
  hold,
  release,
  takeParts,
} from './log/assembly.ts'
import { type CommandEffects, createEffects, type Effects, type EffectsState } from './log/effect.ts'
import { decideLine, defang, isCommand, mayHoldCommand } from './log/line.ts'
import { createPrinter, type LogSink, type Printer } from './log/printer.ts'
import { tooLong, type Verdict } from './log/verdict.ts'
import type { Masks } from './mask.ts'
import {
  type MatcherConfig,
  type MatcherRun,
  type Matchers,
  type OpenMatches,
  openMatches,
  parseMatcherFile,
  resumeMatchers,
  runMatchers,
} from './matcher.ts'
import type { OutputRecord } from './supervisor/protocol.ts'

export interface StepLog {
  /** Feeds the next record. Resolves when it is taken (it may have to read a matcher file); rejects only when `readFile` does. */
  write(record: OutputRecord): Promise<void>
  /** The end of both streams: unfinished lines are lines too. */
  end(atMs: number): Promise<void>
  /** A line of the agent's own, for example `##[error]Process completed with exit code 1.`; masked and stamped like any other. */
  say(line: string, atMs: number): void
  /** An annotation of the agent's own, limited, masked and logged like the step's: for a mistake in a file command, for example. */
  annotate(level: 'notice' | 'warning' | 'error', message: string, atMs: number): void
  /** What commands have set so far; `failed` when one was bad. A live view. */
  readonly effects: CommandEffects
  /** JSON to go on from at this record boundary. With the same masks and records the rest of the log is the same, byte for byte. */
  state(): LogState
}

export interface LogState {
  readonly echo: boolean
  /** While commands are stopped: what ends it. */
  readonly stopToken?: string
  readonly stdout: AssemblyState
  readonly stderr: AssemblyState
  /** The job's matchers and how far those of several lines have come. */
  readonly matchers: { readonly configs: readonly MatcherConfig[]; readonly open: OpenMatches }
  readonly effects: EffectsState
  readonly annotations: AnnotationCounts
}

export interface StepLogOptions {
  readonly masks: Masks
  readonly sink: LogSink
  /** Absolute, as the step sees it. */
  readonly workspace: string
  /** Reads a matcher file by its absolute path; undefined where there is none. */
  readFile(path: string): Promise<string | undefined>
  readonly debug: boolean
  /** ACTIONS_ALLOW_UNSECURE_COMMANDS is `true`. */
  readonly allowUnsecureCommands: boolean
  /** ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS is `true`. */
  readonly allowUnsecureStopTokens: boolean
  /** The job's: what a step adds, later steps have. */
  readonly matchers: Matchers
  /** A state of this step's log; restores `matchers` too. Masks are the caller's to restore. */
  readonly resume?: LogState
}

export function createStepLog(options: StepLogOptions): StepLog {
  const log = openLog(options)
  const { printer, streams, effects } = log
  return {
    write: async (record) => {
      printer.setTime(record.atMs)
      await takeRecord(log, streams[record.stream], record.bytes)
      printer.flush()
    },
    end: async (atMs) => {
      printer.setTime(atMs)
      for (const assembly of [streams.stdout, streams.stderr]) {
        if (assembly.mode !== 'line' || assembly.heldBytes > 0) await takeLong(log, assembly, release(assembly))
      }
      printer.flush()
    },
    say: (line, atMs) => {
      printer.setTime(atMs)
      printer.say(line)
      printer.flush()
    },
    annotate: (level, message, atMs) => {
      printer.setTime(atMs)
      printer.annotate({ level, message })
      printer.flush()
    },
    effects,
    state: () => ({
      echo: log.echo,
      ...(log.stopToken === undefined ? {} : { stopToken: log.stopToken }),
      stdout: assemblyState(streams.stdout),
      stderr: assemblyState(streams.stderr),
      matchers: { configs: options.matchers.configs, open: openMatches(log.runs) },
      effects: effects.toState(),
      annotations: printer.counts,
    }),
  }
}

/** Mutable: millions of lines pass here. `state()` is its immutable form. */
interface Log {
  readonly options: StepLogOptions
  readonly printer: Printer
  readonly effects: Effects
  readonly streams: { readonly stdout: Assembly; readonly stderr: Assembly }
  echo: boolean
  stopToken: string | undefined
  runs: readonly MatcherRun[]
}

function openLog(options: StepLogOptions): Log {
  const { masks, sink, debug, matchers, resume } = options
  if (resume !== undefined) matchers.restore(resume.matchers.configs)
  return {
    options,
    printer: createPrinter(masks, sink, debug, resume?.annotations),
    effects: createEffects(resume?.effects),
    streams: { stdout: createAssembly(resume?.stdout), stderr: createAssembly(resume?.stderr) },
    echo: resume?.echo ?? debug,
    stopToken: resume?.stopToken,
    runs: resumeMatchers(matchers.configs, resume?.matchers.open ?? {}),
  }
}

async function takeRecord(log: Log, assembly: Assembly, bytes: Uint8Array): Promise<void> {
  for (const part of takeParts(assembly, bytes)) {
    if (part.kind === 'long') await takeLong(log, assembly, part.bytes)
    else await takeLines(log, part.bytes.toString('utf8'))
  }
  await spill(log, assembly)
}

/** Whole lines. Those that can be neither commands nor matches go on in one piece. */
async function takeLines(log: Log, raw: string): Promise<void> {
  const text = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
  if (log.runs.length === 0 && !mayHoldCommand(text)) {
    log.printer.lines(text)
    return
  }
  let plainFrom = 0
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at) + 1
    const verdicts = decide(log, text.slice(at, next - 1))
    if (verdicts !== undefined) {
      log.printer.lines(text.slice(plainFrom, at))
      await apply(log, verdicts)
      plainFrom = next
    }
    at = next
  }
  log.printer.lines(text.slice(plainFrom))
}

/** A line as long as LOG_LINE_BYTES_MAX, or what is left of it, or the last line of all, up to its end. */
async function takeLong(log: Log, assembly: Assembly, bytes: Buffer): Promise<void> {
  if (assembly.mode === 'line') assembly.mode = modeOf(log, bytes)
  if (assembly.mode === 'line') await takeLines(log, `${bytes.toString('utf8')}\n`)
  else if (assembly.mode === 'pieces') printPieces(log, assembly, bytes, true)
  else if (assembly.mode === 'command') await takeLongCommand(log, assembly, bytes)
  assembly.mode = 'line'
  assembly.covered = 0
}

async function takeLongCommand(log: Log, assembly: Assembly, bytes: Buffer): Promise<void> {
  if (bytes.length > COMMAND_BYTES_MAX) {
    await apply(log, [tooLong(bytes.toString('utf8', 0, LOG_LINE_BYTES_MAX))])
    return
  }
  const verdicts = decide(log, bytes.toString('utf8'))
  if (verdicts === undefined) printPieces(log, assembly, bytes, true)
  else await apply(log, verdicts)
}

/** After each record: an unfinished line that has grown long is not waited for, unless it is a command. */
async function spill(log: Log, assembly: Assembly): Promise<void> {
  if (assembly.heldBytes < LOG_LINE_BYTES_MAX) return
  if (assembly.mode === 'line') {
    const bytes = release(assembly)
    assembly.mode = modeOf(log, bytes)
    hold(assembly, bytes)
  }
  if (assembly.mode === 'pieces' && assembly.heldBytes > LOG_LINE_BYTES_MAX + lookaheadBytes(log)) {
    hold(assembly, printPieces(log, assembly, release(assembly), false))
  }
  if (assembly.mode === 'command' && assembly.heldBytes > COMMAND_BYTES_MAX) {
    assembly.mode = 'dropped'
    await apply(log, [tooLong(release(assembly).toString('utf8', 0, LOG_LINE_BYTES_MAX))])
  }
}

/** Decided by the first LOG_LINE_BYTES_MAX bytes alone, so that it does not matter when. */
function modeOf(log: Log, bytes: Buffer): Assembly['mode'] {
  if (bytes.length < LOG_LINE_BYTES_MAX) return 'line'
  const beginning = bytes.toString('utf8', 0, LOG_LINE_BYTES_MAX)
  return isCommand(beginning, log.stopToken) ? 'command' : 'pieces'
}

/** Prints what can be cut off now, or with `all` everything, and answers with the rest. */
function printPieces(log: Log, assembly: Assembly, bytes: Buffer, all: boolean): Buffer {
  const lookahead = lookaheadBytes(log)
  let rest = bytes
  while (rest.length > LOG_LINE_BYTES_MAX + lookahead) {
    const cut = characterBoundary(rest, LOG_LINE_BYTES_MAX)
    printPiece(log, assembly, rest.toString('utf8', 0, cut), rest.toString('utf8', cut, cut + lookahead))
    rest = rest.subarray(cut)
  }
  if (!all) return rest
  printPiece(log, assembly, rest.toString('utf8'), '')
  return rest.subarray(rest.length)
}

function printPiece(log: Log, assembly: Assembly, piece: string, after: string): void {
  const safe = defang(piece)
  const masked = log.options.masks.maskPiece(safe + after, safe.length, assembly.covered)
  assembly.covered = masked.covered
  log.printer.masked(masked.text)
}

/** Bytes past a cut that must be seen to know every secret that crosses it: a UTF-16 unit takes three at most, and one may be broken. */
function lookaheadBytes(log: Log): number {
  return log.options.masks.longest * 3 + 3
}

function decide(log: Log, line: string): readonly Verdict[] | undefined {
  const { options, echo, stopToken, runs } = log
  return decideLine(line, { rules: { ...options, echo }, stopToken, runs })
}

async function apply(log: Log, verdicts: readonly Verdict[]): Promise<void> {
  for (const verdict of verdicts) await applyOne(log, verdict)
}

async function applyOne(log: Log, verdict: Verdict): Promise<void> {
  const { printer, options } = log
  switch (verdict.kind) {
    case 'say':
      return printer.say(verdict.text)
    case 'debug':
      return printer.debug(verdict.text)
    case 'annotation':
      return printer.annotate(verdict.annotation, verdict.line)
    case 'mask':
      return options.masks.add(verdict.value)
    case 'effect':
      return log.effects.add(verdict.effect)
    case 'echo':
      log.echo = verdict.on
      return
    case 'stop':
      log.stopToken = verdict.token
      return
    case 'resume':
      log.stopToken = undefined
      return
    case 'add-matchers':
      return addMatchers(log, verdict)
    case 'remove-matchers':
      return removeMatchers(log, verdict.owners)
    case 'remove-file':
      return removeFile(log, verdict)
    case 'mistake':
      return fail(log, verdict.command, verdict.message)
  }
}

function fail(log: Log, command: string, message: string): void {
  const first = `Unable to process command '${command}' successfully.`
  log.printer.annotate({ level: 'error', message: first })
  log.printer.annotate({ level: 'error', message })
  log.effects.add({ kind: 'failed', message: log.options.masks.mask(`${first} ${message}`) })
}

async function addMatchers(log: Log, verdict: { readonly path: string; readonly command: string }): Promise<void> {
  const configs = await readMatchers(log, verdict)
  if (configs.length === 0) return
  log.options.matchers.add(configs)
  log.runs = runMatchers(log.options.matchers.configs, log.runs)
  const owners = configs.map((config) => `'${config.owner}'`).join(', ')
  log.printer.debug(
    `Added matchers: ${owners}. Problem matchers scan action output for known warning or error strings and report these inline.`,
  )
}

function removeMatchers(log: Log, owners: readonly string[]): void {
  const removed = log.options.matchers.remove(owners)
  log.runs = runMatchers(log.options.matchers.configs, log.runs)
  log.printer.debug(`Removed matchers: ${removed.map((owner) => `'${owner}'`).join(', ')}`)
}

async function removeFile(log: Log, verdict: { readonly path: string; readonly command: string }): Promise<void> {
  const configs = await readMatchers(log, verdict)
  if (configs.length > 0)
    removeMatchers(
      log,
      configs.map((config) => config.owner),
    )
}

/** What the file has; its mistake is the command's. */
async function readMatchers(
  log: Log,
  { path, command }: { readonly path: string; readonly command: string },
): Promise<readonly MatcherConfig[]> {
  const text = await log.options.readFile(path)
  if (text === undefined) {
    fail(log, command, `Could not find file '${path}'.`)
    return []
  }
  const parsed = parseMatcherFile(text)
  if (!parsed.ok) {
    fail(log, command, parsed.message)
    return []
  }
  for (const owner of parsed.slow) log.printer.annotate({ level: 'warning', message: leftOut(owner) })
  return parsed.configs
}

function leftOut(owner: string): string {
  return `Problem matcher '${owner}' is left out: its patterns cannot be matched in linear time (look-ahead, back-references and large counted repetitions cannot).`
}
