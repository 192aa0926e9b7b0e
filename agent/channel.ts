/**
 * A job's supervisor, as its one controller sees it. The implementation keeps one connection, opens it anew under the same epoch when it
 * breaks, and goes on with every stream from its last record boundary: callers never see a lost connection. Every call rejects
 * with `LongshoreError('superseded', 'never')` once another epoch took over, and with `pod-gone` once the pod cannot come back.
 */
import type { OutputRecord, RunnerFacts, StartCommand, StepSignal, StepState } from './supervisor/protocol.ts'

/** JSON, at most JOURNAL_ENTRY_BYTES_MAX. What it means is the agent's business; the supervisor keeps order and bytes. */
export type JournalEntry = { readonly kind: string; readonly [field: string]: unknown }

export interface Supervisor {
  readonly facts: RunnerFacts
  /** The whole journal, in order. Empty: the job was never placed. */
  journal(): Promise<readonly JournalEntry[]>
  /** Resolves when the entry is durable in the supervisor's volume. Entries and starts take effect in the order of the calls. */
  append(entry: JournalEntry): Promise<void>
  /** Starts the step unless its key is known; answers with its state. `entries` are journaled before it starts, in the same round trip. */
  start(command: StartCommand, entries: readonly JournalEntry[]): Promise<StepState>
  /** Output from a record boundary (0: all of it), in order, until the step exited and its pipes were drained. Back-pressure: read at leisure. */
  output(key: string, from: number): AsyncIterable<readonly OutputRecord[]>
  /** Resolves with `exited` or `refused`; also for a key that ended long ago. */
  ended(key: string): Promise<Exclude<StepState, { kind: 'running' }>>
  /** To the step's process group. No effect on a step that ended. */
  signal(key: string, signal: StepSignal): Promise<void>
  /** `hashFiles(patterns…)` under the workspace: lower-case hex, or '' where nothing matches. */
  hashFiles(patterns: readonly string[], followSymlinks: boolean, signal: AbortSignal): Promise<string>
  /** Undefined where there is no such file. Rejects when it is larger than `maxBytes`. Relative paths are below the workspace. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array | undefined>
  /** Writes a tree below the workspace, RUNNER_TEMP or the folder of `event.json`; paths that would leave `root`, by `..` or by a link, are refused. */
  writeTree(root: string, entries: AsyncIterable<TreeEntry>): Promise<void>
  /** Closes the connection; the job goes on in its pod. */
  close(): void
}

/** Paths are relative, with `/`. */
export type TreeEntry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
