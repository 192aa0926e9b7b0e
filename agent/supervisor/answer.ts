/** What the controller's requests do, each by itself. */
import type { SupervisorConfig } from './folder.ts'
import { hashFiles } from './hash-files.ts'
import type { Journal } from './journal.ts'
import { JOURNAL_ENTRY_BYTES_MAX } from './limit.ts'
import type { NumberedEntry, Request } from './message.ts'
import { readWorkspaceFile } from './read-file.ts'
import { RequestError } from './request-error.ts'
import type { Step } from './step.ts'
import type { Steps } from './steps.ts'
import { writeTreePieces } from './tree.ts'

export interface Answer {
  readonly value: unknown
  readonly raw?: Uint8Array
}

/** The job that requests are about. */
export interface SupervisedJob {
  readonly config: SupervisorConfig
  readonly steps: Steps
  readonly journal: Journal
}

/** A request that wants an answer, and who asks. */
export interface Asked {
  readonly request: Exclude<Request, { kind: 'ping' | 'cancel' }>
  /** The bytes that came with it. */
  readonly raw: Uint8Array
  /** Of the controller. */
  readonly epoch: number
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** `inTurn` runs what must take effect in the order of the requests. Rejects with `RequestError` for what cannot be. */
export async function answerRequest(
  { config, steps, journal }: SupervisedJob,
  { request, raw, epoch, signal }: Asked,
  inTurn: <T>(act: () => T | Promise<T>) => Promise<T>,
): Promise<Answer> {
  switch (request.kind) {
    case 'journal':
      return { value: journal.page(request.from) }
    case 'append':
      await inTurn(() => append(journal, epoch, request.entries))
      return { value: null }
    case 'start':
      return inTurn(async () => {
        append(journal, epoch, request.entries)
        return { value: await steps.start(request.command) }
      })
    case 'read':
      return read(steps, request.key, request.from, signal)
    case 'end':
      return end(steps, request.key, signal)
    case 'signal':
      findStep(steps, request.key).signal(request.signal)
      return { value: null }
    case 'hash':
      return { value: await hashFiles(config.paths.workspace, request.patterns, request.follow, signal) }
    case 'file':
      return readWorkspaceFile(config.paths.workspace, request.path, request.maxBytes)
    case 'tree':
      await writeTreePieces(writable(config), request.root, request.pieces, raw)
      return { value: null }
  }
}

function append(journal: Journal, epoch: number, entries: readonly NumberedEntry[]): void {
  for (const { entry } of entries) {
    const bytes = Buffer.byteLength(JSON.stringify(entry))
    if (bytes > JOURNAL_ENTRY_BYTES_MAX) throw new RequestError('too-large', `a journal entry of ${bytes} bytes`)
  }
  for (const { number, entry } of entries) journal.append(epoch, number, entry)
}

function findStep(steps: Steps, key: string): Step {
  const step = steps.find(key)
  if (step === undefined) throw new RequestError('unknown-step', `no step was started as ${key}`)
  return step
}

async function read(steps: Steps, key: string, from: number, signal: AbortSignal): Promise<Answer> {
  const step = findStep(steps, key)
  await until(step, signal, () => step.output().size > from || step.output().over)
  const { over, size } = step.output()
  const raw = steps.read(key, from)
  if (raw === undefined) throw new RequestError('bad-position', `${from} is no record boundary of ${key}`)
  return { value: { over: over && from + raw.length >= size }, raw }
}

async function end(steps: Steps, key: string, signal: AbortSignal): Promise<Answer> {
  const step = findStep(steps, key)
  await until(step, signal, () => step.output().over)
  return { value: step.state() }
}

/** Where trees may be written: the job's own folders, the one of `event.json` among them. */
function writable({ paths }: SupervisorConfig): readonly string[] {
  return [paths.workspace, paths.temp, paths.workflow]
}

/** Resolves when `done` holds, looked at whenever the step changes. */
async function until(step: Step, signal: AbortSignal, done: () => boolean): Promise<void> {
  while (!done()) {
    signal.throwIfAborted()
    await new Promise<void>((wake) => {
      const changed = (): void => {
        signal.removeEventListener('abort', changed)
        step.unwatch(changed)
        wake()
      }
      signal.addEventListener('abort', changed)
      step.watch(changed)
    })
  }
}
