/** Answers the controller's requests. `append` and `start` take effect in the order they came in; the rest as they can. */
import type { Connection } from './connection.ts'
import type { SupervisorConfig } from './folder.ts'
import { hashFiles } from './hash-files.ts'
import type { Journal } from './journal.ts'
import { JOURNAL_ENTRY_BYTES_MAX } from './limit.ts'
import type { NumberedEntry, Request } from './message.ts'
import { readWorkspaceFile } from './read-file.ts'
import type { Step } from './step.ts'
import type { Steps } from './steps.ts'
import { writeTreePieces } from './tree.ts'

export interface Answer {
  readonly value: unknown
  readonly raw?: Uint8Array
}

/** What the caller asked for cannot be; `code` goes back to it. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

type DeskRequest = Exclude<Request, { kind: 'ping' }>

export interface Desk {
  take(connection: Connection, request: DeskRequest, raw: Uint8Array): void
  /** Nobody waits at this connection any more. */
  leave(connection: Connection): void
}

/** `isController` is asked when a request's turn comes: nothing takes effect for one who was superseded meanwhile. */
export function openDesk(
  config: SupervisorConfig,
  steps: Steps,
  journal: Journal,
  isController: (connection: Connection) => boolean,
): Desk {
  let turn: Promise<unknown> = Promise.resolve()
  const waiting = new Map<Connection, Map<number, AbortController>>()

  function inTurn<T>(connection: Connection, act: () => T | Promise<T>): Promise<T> {
    const result = turn.then(() => {
      if (!isController(connection)) throw new RequestError('superseded', 'another controller took over')
      return act()
    })
    turn = result.catch(() => undefined)
    return result
  }

  function append(connection: Connection, entries: readonly NumberedEntry[]): void {
    for (const { entry } of entries) {
      const bytes = Buffer.byteLength(JSON.stringify(entry))
      if (bytes > JOURNAL_ENTRY_BYTES_MAX) throw new RequestError('too-large', `a journal entry of ${bytes} bytes`)
    }
    for (const { number, entry } of entries) journal.append(connection.hello.epoch, number, entry)
  }

  function findStep(key: string): Step {
    const step = steps.find(key)
    if (step === undefined) throw new RequestError('unknown-step', `no step was started as ${key}`)
    return step
  }

  async function read(key: string, from: number, signal: AbortSignal): Promise<Answer> {
    const step = findStep(key)
    await until(step, signal, () => step.output().size > from || step.output().over)
    const { over, size } = step.output()
    const raw = steps.read(key, from)
    if (raw === undefined) throw new RequestError('bad-position', `${from} is no record boundary of ${key}`)
    return { value: { over: over && from + raw.length >= size }, raw }
  }

  async function end(key: string, signal: AbortSignal): Promise<Answer> {
    const step = findStep(key)
    await until(step, signal, () => step.output().over)
    return { value: step.state() }
  }

  async function answer(
    connection: Connection,
    request: Exclude<DeskRequest, { kind: 'cancel' }>,
    raw: Uint8Array,
    signal: AbortSignal,
  ): Promise<Answer> {
    switch (request.kind) {
      case 'journal':
        return { value: journal.page(request.from) }
      case 'append':
        await inTurn(connection, () => append(connection, request.entries))
        return { value: null }
      case 'start':
        return inTurn(connection, async () => {
          append(connection, request.entries)
          return { value: await steps.start(request.command) }
        })
      case 'read':
        return read(request.key, request.from, signal)
      case 'end':
        return end(request.key, signal)
      case 'signal':
        findStep(request.key).signal(request.signal)
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

  async function reply(connection: Connection, request: Exclude<DeskRequest, { kind: 'cancel' }>, raw: Uint8Array) {
    const abort = new AbortController()
    const requests = waiting.get(connection) ?? new Map<number, AbortController>()
    waiting.set(connection, requests.set(request.id, abort))
    try {
      const { value, raw: bytes } = await answer(connection, request, raw, abort.signal)
      if (bytes === undefined) connection.send({ kind: 'answer', id: request.id, value })
      else connection.send({ kind: 'answer', id: request.id, value, raw: bytes.length }, bytes)
    } catch (error) {
      const code = error instanceof RequestError ? error.code : 'failed'
      const message = error instanceof Error ? error.message : 'unknown error'
      connection.send({ kind: 'error', id: request.id, code, message })
    } finally {
      requests.delete(request.id)
    }
  }

  return {
    take(connection, request, raw) {
      if (request.kind === 'cancel') waiting.get(connection)?.get(request.id)?.abort()
      else void reply(connection, request, raw)
    },
    leave(connection) {
      for (const abort of waiting.get(connection)?.values() ?? []) abort.abort()
      waiting.delete(connection)
    },
  }
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
