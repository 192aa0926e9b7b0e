/** One job's journal in use: what another agent wrote before, and what this one adds. */
import type { JournalEntry, Supervisor } from '../channel.ts'
import { JOURNAL_ENTRY_BYTES_MAX } from '../supervisor/limit.ts'
import type { StartCommand, StepState } from '../supervisor/protocol.ts'
import { type Entry, type EntryOf, entriesOf, type StepResult } from './entry.ts'

/** A job's own journal: what an agent before decided, and what this one does. */
export interface JobJournal {
  /** Entries about this step from before, in order. */
  past<K extends Exclude<Entry['kind'], 'job' | 'finished'>>(kind: K, step: number): readonly EntryOf<K>[]
  /** What a step left behind, where that is already known. */
  finished(step: number): StepResult | undefined
  /** Resolves when the entry is durable. */
  append(entry: Entry): Promise<void>
  /** Written along with the next start or entry, unless it is too large: it can be worked out again from the records. */
  defer(entry: Entry): void
  /** Notes that the step begins and starts its process, in one round trip. A process that was started before is not started again. */
  start(command: StartCommand, step: number, atMs: number): Promise<StepState>
}

export function createJobJournal(supervisor: Supervisor, past: readonly Entry[]): JobJournal {
  const finishedSteps = past.flatMap((entry) => (entry.kind === 'finished' ? [entry.result] : []))
  let deferred: Entry[] = []
  const take = (): Entry[] => {
    const taken = deferred
    deferred = []
    return taken
  }
  return {
    past: (kind, step) => entriesOf(past, kind, step),
    finished: (step) => finishedSteps.find((result) => result.step === step),
    append: async (entry) => {
      const before = take().map((one) => supervisor.append(plain(one)))
      await Promise.all([...before, supervisor.append(plain(entry))])
    },
    defer: (entry) => {
      if (Buffer.byteLength(JSON.stringify(entry)) <= JOURNAL_ENTRY_BYTES_MAX) deferred.push(entry)
    },
    start: (command, step, atMs) => {
      const begun = entriesOf(past, 'begun', step).length > 0
      const entries: readonly Entry[] = begun ? take() : [...take(), { kind: 'begun', step, atMs }]
      return supervisor.start(command, entries.map(plain))
    },
  }
}

/** Entries have no undefined members and no prototypes, so they are what JSON gives back. */
function plain(entry: Entry): JournalEntry {
  return { ...entry }
}
