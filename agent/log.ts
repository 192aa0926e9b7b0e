/**
 * One step's log: output records in, log text, annotations and effects of commands out.
 *
 *   record ──lines──▶ command? ──▶ matcher? ──▶ mask ──▶ stamp ──▶ sink
 *
 * A line carries the time of the record that ended it (a piece of a long line: of the record that completed the piece), so the same records
 * give the same bytes whoever reads them. Commands are looked for in the raw line, each stream's lines apart, in the order in which lines end; a
 * mask holds from the next line on. Calls come one at a time: `write` is awaited before the next call.
 */
import type { AnnotationCounts } from './log/annotation.ts'
import { type AssemblyState, assemblyState, createAssembly } from './log/assembly.ts'
import { type CommandEffects, createEffects, type EffectsState } from './log/effect.ts'
import type { Masks } from './log/mask.ts'
import { type MatcherConfig, type Matchers, type OpenMatches, openMatches, resumeMatchers } from './log/matcher.ts'
import type { OpenLog } from './log/open-log.ts'
import { createPrinter, type LogSink } from './log/printer.ts'
import { takeEnd, takeRead } from './log/reading.ts'
import type { OutputRecord } from './supervisor/protocol.ts'

/** One step's output on its way into the job's log. Fed in order; at the end it is ended once. */
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
  /**
   * JSON to go on from at this record boundary, a few MiB at most (COMMAND_VALUES_BYTES_MAX and its neighbours). With the same masks and
   * records the rest of the log is the same, byte for byte. Holds output and values unmasked: for the job's own journal only.
   */
  state(): LogState
}

/** Between two records: with it, another log goes on to the same bytes. */
export interface LogState {
  readonly echo: boolean
  /** While commands are stopped: what ends it. */
  readonly stopToken?: string
  /** A value could not be masked: the step's output is read no more. */
  readonly withheld: boolean
  readonly stdout: AssemblyState
  readonly stderr: AssemblyState
  /** The job's matchers and how far those of several lines have come. */
  readonly matchers: { readonly configs: readonly MatcherConfig[]; readonly open: OpenMatches }
  readonly effects: EffectsState
  readonly annotations: AnnotationCounts
}

/** What a step's log works with; `resume` comes from the checkpoint of an agent before. */
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
      await takeRead(log, streams[record.stream], record.bytes)
      printer.flush()
    },
    end: async (atMs) => {
      printer.setTime(atMs)
      for (const assembly of [streams.stdout, streams.stderr]) await takeEnd(log, assembly)
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
      withheld: log.withheld,
      stdout: assemblyState(streams.stdout),
      stderr: assemblyState(streams.stderr),
      matchers: { configs: options.matchers.configs, open: openMatches(log.runs) },
      effects: effects.toState(),
      annotations: printer.counts,
    }),
  }
}

function openLog(options: StepLogOptions): OpenLog {
  const { masks, sink, debug, matchers, resume } = options
  if (resume !== undefined) matchers.restore(resume.matchers.configs)
  return {
    masks,
    matchers,
    rules: options,
    readFile: options.readFile,
    printer: createPrinter(masks, sink, debug, resume?.annotations),
    effects: createEffects(resume?.effects),
    streams: { stdout: createAssembly(resume?.stdout), stderr: createAssembly(resume?.stderr) },
    echo: resume?.echo ?? debug,
    stopToken: resume?.stopToken,
    withheld: resume?.withheld ?? false,
    runs: resumeMatchers(matchers.configs, resume?.matchers.open ?? {}),
    matchWork: 0,
  }
}
