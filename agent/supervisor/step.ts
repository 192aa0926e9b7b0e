/**
 * One step, from the launcher's `start` to the end of its pipes:
 *
 *   running ──exit file──▶ draining ──pipes ended, or DRAIN_MS──▶ over ──pipes ended──▶ released
 *      └──pipes ended or launcher gone, and no exit file──▶ over (refused)
 *
 * The end is written down before anybody is told. What a process left behind by the step prints later is read and dropped.
 */
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readFileCommands } from './file-command.ts'
import { readIfThere } from './folder.ts'
import { type Launcher, readExit } from './launcher.ts'
import { DRAIN_MS } from './limit.ts'
import { openOutput } from './output.ts'
import type { StepSignal, StepState } from './protocol.ts'
import type { Row, StepEnd, Table } from './table.ts'

export interface Step {
  state(): StepState
  /** Bytes of records so far, and whether they are all. */
  output(): { readonly size: number; readonly over: boolean }
  /** Calls once when there is more output or the step is over. */
  watch(changed: () => void): void
  unwatch(changed: () => void): void
  signal(signal: StepSignal): void
  /** The launcher says that the step runs. */
  begun(): void
  /** The launcher says that the step ended, or is gone itself: time to look. */
  look(): void
}

/** Follows a step that is in the table and whose pipes exist; after a restart just as after its start. */
export function openStep(row: Row, table: Table, launcher: Launcher): Step {
  const path = (end: string): string => join(launcher.folder, `${row.step}.${end}`)
  let end = table.end(row.step)
  let running = existsSync(path('pid'))
  let exitedMs: number | undefined
  let signals: StepSignal[] = []
  let watchers = new Set<() => void>()

  const output = openOutput({
    records: table.path(row.records),
    base: row.records.base,
    stdout: path('out'),
    stderr: path('err'),
    begun: running,
    over: end === undefined ? undefined : table.size(row),
    grew: wake,
    end: () => (end === undefined ? look() : release()),
  })

  function wake(): void {
    const woken = watchers
    watchers = new Set()
    for (const changed of woken) changed()
  }

  function look(): void {
    if (end !== undefined) return
    if (readExit(launcher.folder, row.step) === undefined) {
      if (output.ended() || !launcher.alive()) conclude()
    } else if (output.ended()) {
      conclude()
    } else if (exitedMs === undefined) {
      exitedMs = Date.now()
      setTimeout(conclude, DRAIN_MS)
    }
  }

  function conclude(): void {
    if (end !== undefined) return
    output.discard()
    end = findEnd(row, launcher, output.size())
    table.setEnd(row.step, end)
    rmSync(path('run'), { force: true })
    rmSync(path('program'), { force: true })
    wake()
    if (output.ended()) release()
  }

  function release(): void {
    launcher.release(row.step)
    for (const name of ['out', 'err', 'end']) rmSync(path(name), { force: true })
  }

  return {
    state: () => end ?? { kind: 'running', startedMs: row.startedMs },
    output: () => ({ size: output.size(), over: end !== undefined }),
    watch: (changed) => watchers.add(changed),
    unwatch: (changed) => watchers.delete(changed),
    signal(signal) {
      if (end !== undefined) return
      if (running) launcher.signal(row.step, signal)
      else signals.push(signal)
    },
    begun() {
      running = true
      rmSync(path('run'), { force: true })
      for (const signal of signals) launcher.signal(row.step, signal)
      signals = []
    },
    look,
  }
}

/** A step whose end was read and whose pipes are gone: nothing happens to it any more. */
export function closedStep(size: number, end: StepEnd): Step {
  return {
    state: () => end,
    output: () => ({ size, over: true }),
    watch: (changed) => setImmediate(changed),
    unwatch() {},
    signal() {},
    begun() {},
    look() {},
  }
}

const NO_DIRECTORY = 'the working directory does not exist'
const NO_PROGRAM = "the program was not found on the step's PATH"

/** Fails closed: without the launcher's complete word, nobody can say how the step ended. */
function findEnd(row: Row, launcher: Launcher, recordBytes: number): StepEnd {
  const exit = readExit(launcher.folder, row.step)
  if (exit === undefined) {
    const message = 'the process that watched the step was killed, so how the step ended cannot be proved'
    return { kind: 'refused', code: 'launcher-gone', message, atMs: Date.now() }
  }
  const endedMs = Math.round(statSync(join(launcher.folder, `${row.step}.exit`)).mtimeMs)
  const refusal = readIfThere(join(launcher.folder, `${row.step}.refused`))?.trim()
  if (refusal === 'no-directory') return { kind: 'refused', code: refusal, message: NO_DIRECTORY, atMs: endedMs }
  if (refusal === 'no-program') return { kind: 'refused', code: refusal, message: NO_PROGRAM, atMs: endedMs }
  const signal = SIGNALS[exit.code - 128]
  return {
    kind: 'exited',
    record: {
      startedMs: row.startedMs,
      endedMs: Math.max(endedMs, row.startedMs),
      code: exit.code,
      ...(signal === undefined ? {} : { signal }),
      outOfMemory: exit.outOfMemory,
      files: readFileCommands(row.files),
      recordBytes,
    },
  }
}

/** Signals that end a process, by number; a shell reports one as 128 + number. Source: signal(7), x86 and ARM. */
const SIGNALS: { readonly [number: number]: string } = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
}
