/** From reads of the step's pipes to lines, and from lines to what becomes of them. */
import { setImmediate } from 'node:timers/promises'
import { COMMAND_BYTES_MAX, LOG_LINE_BYTES_MAX } from '../../shared/limit.ts'
import { apply } from './action.ts'
import { type Assembly, characterBoundary, hold, release, takeParts } from './assembly.ts'
import { decideLine, defang, isCommand, mayHoldCommand } from './line.ts'
import type { OpenLog } from './open-log.ts'
import { tooLong, type Verdict } from './verdict.ts'

/** Takes one read of one stream. */
export async function takeRead(log: OpenLog, assembly: Assembly, bytes: Uint8Array): Promise<void> {
  if (log.withheld) return
  for (const part of takeParts(assembly, bytes)) {
    if (part.kind === 'long') await takeLong(log, assembly, part.bytes)
    else await takeLines(log, part.bytes.toString('utf8'))
  }
  await spill(log, assembly)
}

/** Takes what is left of one stream: an unfinished line is a line too. */
export async function takeEnd(log: OpenLog, assembly: Assembly): Promise<void> {
  if (!log.withheld && (assembly.mode !== 'line' || assembly.heldBytes > 0)) {
    await takeLong(log, assembly, release(assembly))
  }
}

/** Whole lines. Those that can be neither commands nor matches go on in one piece. */
async function takeLines(log: OpenLog, raw: string): Promise<void> {
  if (log.withheld) return
  const text = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
  if (log.runs.length === 0 && !mayHoldCommand(text)) {
    log.printer.lines(text)
    return
  }
  let plainFrom = 0
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at) + 1
    if (log.runs.length > 0 && isTurnOver(log, next - at)) await setImmediate()
    const verdicts = decide(log, text.slice(at, next - 1))
    if (verdicts !== undefined) {
      log.printer.lines(text.slice(plainFrom, at))
      await apply(log, verdicts)
      plainFrom = next
      if (log.withheld) return
    }
    at = next
  }
  log.printer.lines(text.slice(plainFrom))
}

/** At the worst 23 ns each: 0.1 s of matching before others have their turn. */
const MATCH_WORK_MAX = 4_000_000

/** A hostile pattern may take long for a line, though never for ever; the agent's other jobs must not wait for more than one. */
function isTurnOver(log: OpenLog, characters: number): boolean {
  log.matchWork += characters * log.runs.reduce((sum, run) => sum + run.size, 0)
  if (log.matchWork < MATCH_WORK_MAX) return false
  log.matchWork = 0
  return true
}

/** A line as long as LOG_LINE_BYTES_MAX, or what is left of it, or the last line of all, up to its end. */
async function takeLong(log: OpenLog, assembly: Assembly, bytes: Buffer): Promise<void> {
  if (log.withheld) return
  if (assembly.mode === 'line') assembly.mode = modeOf(log, bytes)
  if (assembly.mode === 'line') await takeLines(log, `${bytes.toString('utf8')}\n`)
  else if (assembly.mode === 'pieces') printPieces(log, assembly, bytes, true)
  else if (assembly.mode === 'command') await takeLongCommand(log, assembly, bytes)
  assembly.mode = 'line'
  assembly.covered = 0
}

async function takeLongCommand(log: OpenLog, assembly: Assembly, bytes: Buffer): Promise<void> {
  if (bytes.length > COMMAND_BYTES_MAX) {
    await apply(log, tooLong(bytes.toString('utf8', 0, LOG_LINE_BYTES_MAX)))
    return
  }
  const verdicts = decide(log, bytes.toString('utf8'))
  if (verdicts === undefined) printPieces(log, assembly, bytes, true)
  else await apply(log, verdicts)
}

/** After each record: an unfinished line that has grown long is not waited for, unless it is a command. */
async function spill(log: OpenLog, assembly: Assembly): Promise<void> {
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
    await apply(log, tooLong(release(assembly).toString('utf8', 0, LOG_LINE_BYTES_MAX)))
  }
}

/** Decided by the first LOG_LINE_BYTES_MAX bytes alone, so that it does not matter when. */
function modeOf(log: OpenLog, bytes: Buffer): Assembly['mode'] {
  if (bytes.length < LOG_LINE_BYTES_MAX) return 'line'
  const beginning = bytes.toString('utf8', 0, LOG_LINE_BYTES_MAX)
  return isCommand(beginning, log.stopToken) ? 'command' : 'pieces'
}

/** Prints what can be cut off now, or with `all` everything, and answers with the rest. */
function printPieces(log: OpenLog, assembly: Assembly, bytes: Buffer, all: boolean): Buffer {
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

function printPiece(log: OpenLog, assembly: Assembly, piece: string, after: string): void {
  const safe = defang(piece)
  const masked = log.masks.maskPiece(safe + after, safe.length, assembly.covered)
  assembly.covered = masked.covered
  log.printer.masked(masked.text)
}

/** Bytes past a cut that must be seen to know every secret that crosses it; the last character among them may be broken. */
function lookaheadBytes(log: OpenLog): number {
  return log.masks.longest + 3
}

function decide(log: OpenLog, line: string): readonly Verdict[] | undefined {
  const { rules, echo, stopToken, runs } = log
  return decideLine(line, { rules: { ...rules, echo }, stopToken, runs })
}
