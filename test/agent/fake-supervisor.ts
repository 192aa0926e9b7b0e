/**
 * A job's supervisor in memory, stricter than the real one: it refuses a stale epoch at once, entries that are not plain JSON, and a
 * key that comes back with another command. What a step does is a `Program`; everything lasts across connections.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { JournalEntry, Supervisor, TreeEntry } from '../../agent/channel.ts'
import { createNotice } from '../../agent/notice.ts'
import type {
  ExitRecord,
  OutputRecord,
  RunnerFacts,
  StartCommand,
  StepSignal,
  StepState,
} from '../../agent/supervisor/protocol.ts'
import { LongshoreError } from '../../shared/error.ts'

/** What a step's process does: it prints these, then ends; or waits for a signal where it `hangs`. */
export interface Program {
  readonly output?: readonly string[]
  readonly code?: number
  readonly files?: { readonly [variable: string]: string }
  /** Lasts until one of these comes. */
  readonly hangs?: readonly StepSignal[]
}

export interface FakePod {
  /** Keys in the order in which their processes were started: each once. */
  readonly starts: readonly string[]
  readonly commands: ReadonlyMap<string, StartCommand>
  readonly signals: readonly (readonly [key: string, signal: StepSignal])[]
  readonly entries: readonly JournalEntry[]
  readonly files: ReadonlyMap<string, string>
  /** Journals an entry as an earlier controller did. */
  place(entry: JournalEntry): void
  /** Takes control: whoever had it with a lower epoch is refused from now on. `interrupt` runs before every answer and may reject. */
  connect(epoch: number, interrupt?: () => Promise<void>): Supervisor
  /** The runner and all in it are gone. */
  destroy(): void
}

export const FAKE_FACTS: RunnerFacts = {
  paths: {
    workspace: '/github/workspace',
    temp: '/runner/temp',
    toolCache: '/opt/hostedtoolcache',
    home: '/github/home',
    workflow: '/github/workflow',
  },
  os: 'Linux',
  arch: 'X64',
  env: { PATH: '/usr/bin:/bin', HOME: '/github/home' },
  shells: { bash: '/usr/bin/bash', sh: '/usr/bin/sh' },
}

interface FakeStep {
  readonly command: StartCommand
  readonly startedMs: number
  readonly records: readonly OutputRecord[]
  readonly program: Program
  exit?: ExitRecord
}

/** Times follow from the order of the steps alone, so two runs of the same job can be compared. */
export function createFakePod(program: (command: StartCommand) => Program): FakePod {
  return new Pod(program)
}

/** When the step that is started as the nth begins, in milliseconds since the epoch. */
const FIRST_START_MS = Date.UTC(2026, 0, 2, 3, 4, 5)
const BETWEEN_STARTS_MS = 1_000

class Pod implements FakePod {
  readonly starts: string[] = []
  readonly commands = new Map<string, StartCommand>()
  readonly signals: (readonly [string, StepSignal])[] = []
  readonly entries: JournalEntry[] = []
  readonly files = new Map<string, string>()
  readonly #steps = new Map<string, FakeStep>()
  readonly #changed = createNotice()
  readonly #program: (command: StartCommand) => Program
  #epoch = 0
  #gone = false

  constructor(program: (command: StartCommand) => Program) {
    this.#program = program
  }

  place(entry: JournalEntry): void {
    this.#note(entry)
  }

  destroy(): void {
    this.#gone = true
    this.#changed.notify()
  }

  connect(epoch: number, interrupt: () => Promise<void> = async () => undefined): Supervisor {
    assert.ok(epoch > this.#epoch, 'the epoch is higher than the last')
    this.#epoch = epoch
    this.#changed.notify()
    const closed = new AbortController()
    const reached = async (): Promise<void> => {
      await interrupt()
      closed.signal.throwIfAborted()
      this.#check(epoch)
    }
    return {
      facts: FAKE_FACTS,
      journal: async () => {
        await reached()
        return [...this.entries]
      },
      append: async (entry) => {
        await reached()
        this.#note(entry)
        await interrupt()
      },
      start: async (command, entries) => {
        await reached()
        for (const entry of entries) this.#note(entry)
        const state = this.#start(command)
        await interrupt()
        return state
      },
      output: (key, from) => this.#output(key, from, reached, closed.signal),
      ended: (key) => this.#ended(key, reached, closed.signal),
      signal: async (key, signal) => {
        await reached()
        this.#signal(key, signal)
      },
      hashFiles: async (patterns) => {
        await reached()
        return createHash('sha256').update(patterns.join('\n')).digest('hex')
      },
      readFile: async (path) => {
        await reached()
        const text = this.files.get(path)
        return text === undefined ? undefined : Buffer.from(text)
      },
      writeTree: async (root, entries) => {
        await reached()
        await this.#write(root, entries)
      },
      close: () => closed.abort(new LongshoreError('closed', 'never', 'the connection was closed')),
    }
  }

  #check(epoch: number): void {
    if (this.#gone) throw new LongshoreError('pod-gone', 'never', 'the pod was deleted')
    if (epoch < this.#epoch) throw new LongshoreError('superseded', 'never', 'another agent owns this job')
  }

  #note(entry: JournalEntry): void {
    const copy: JournalEntry = JSON.parse(JSON.stringify(entry))
    assert.deepEqual(copy, { ...entry }, 'an entry is plain JSON')
    this.entries.push(copy)
  }

  #start(command: StartCommand): StepState {
    assert.match(command.key, /^[A-Za-z0-9_.-]{1,64}$/)
    const known = this.#steps.get(command.key)
    if (known !== undefined) {
      assert.deepEqual(command.argv, known.command.argv, 'a key is asked again with the same command')
      return stateOf(known)
    }
    this.starts.push(command.key)
    this.commands.set(command.key, command)
    const program = this.#program(command)
    const startedMs = FIRST_START_MS + this.starts.length * BETWEEN_STARTS_MS
    const step: FakeStep = { command, startedMs, program, records: recordsOf(program.output ?? [], startedMs) }
    if (program.hangs === undefined) step.exit = this.#exit(step, program.code ?? 0)
    this.#steps.set(command.key, step)
    return { kind: 'running', startedMs }
  }

  #exit(step: FakeStep, code: number, signal?: string): ExitRecord {
    const files = Object.keys(step.command.fileCommands).map((name) => [
      name,
      { text: step.program.files?.[name] ?? '' },
    ])
    return {
      startedMs: step.startedMs,
      endedMs: step.startedMs + step.records.length,
      code,
      ...(signal === undefined ? {} : { signal }),
      outOfMemory: false,
      files: Object.fromEntries(files),
      recordBytes: step.records.at(-1)?.next ?? 0,
    }
  }

  async *#output(
    key: string,
    from: number,
    reached: () => Promise<void>,
    closed: AbortSignal,
  ): AsyncGenerator<readonly OutputRecord[]> {
    const step = this.#step(key)
    const start = from === 0 ? 0 : step.records.findIndex((record) => record.next === from) + 1
    assert.ok(from === 0 || start > 0, 'reading goes on at a record boundary')
    for (const record of step.records.slice(start)) {
      await reached()
      yield [record]
    }
    while (step.exit === undefined) {
      await reached()
      await this.#changed.wait(closed)
    }
    await reached()
  }

  async #ended(
    key: string,
    reached: () => Promise<void>,
    closed: AbortSignal,
  ): Promise<Exclude<StepState, { kind: 'running' }>> {
    const step = this.#step(key)
    while (step.exit === undefined) {
      await reached()
      await this.#changed.wait(closed)
    }
    await reached()
    return { kind: 'exited', record: step.exit }
  }

  #signal(key: string, signal: StepSignal): void {
    const step = this.#step(key)
    if (step.exit !== undefined) return
    this.signals.push([key, signal])
    if (step.program.hangs?.includes(signal) !== true) return
    step.exit = this.#exit(step, 128 + { SIGINT: 2, SIGTERM: 15, SIGKILL: 9 }[signal], signal)
    this.#changed.notify()
  }

  async #write(root: string, entries: AsyncIterable<TreeEntry>): Promise<void> {
    for await (const entry of entries) {
      if (entry.kind === 'file') this.files.set(`${root}/${entry.path}`, Buffer.from(entry.bytes).toString())
    }
  }

  #step(key: string): FakeStep {
    const step = this.#steps.get(key)
    assert.ok(step, `step ${key} was started`)
    return step
  }
}

function stateOf(step: FakeStep): StepState {
  return step.exit === undefined
    ? { kind: 'running', startedMs: step.startedMs }
    : { kind: 'exited', record: step.exit }
}

/** One record per text, a millisecond apart. */
function recordsOf(output: readonly string[], startedMs: number): readonly OutputRecord[] {
  let next = 0
  return output.map((text, index) => {
    const bytes = Buffer.from(text)
    next += bytes.length + 16
    return { atMs: startedMs + index + 1, stream: 'stdout', bytes, next }
  })
}
