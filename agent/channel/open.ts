/** A `Supervisor` over connections that break: what was asked and not answered is asked again on the next one, in the same order. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../shared/clock.ts'
import { LongshoreError } from '../../shared/error.ts'
import type { JournalEntry, Supervisor } from '../channel.ts'
import { FrameError, jsonFrame } from '../supervisor/frame.ts'
import { JOURNAL_ENTRY_BYTES_MAX } from '../supervisor/limit.ts'
import type { NumberedEntry, Request } from '../supervisor/message.ts'
import type { RunnerFacts } from '../supervisor/protocol.ts'
import {
  type Answer,
  parseFile,
  parseJournalPage,
  parseRead,
  parseStepEnd,
  parseStepState,
  parseText,
} from './answer.ts'
import { type Identity, type Link, openLink } from './link.ts'
import { treeRequests } from './tree.ts'

/** Connects to the supervisor once. Rejects with a `LongshoreError`: `never` when no later call can succeed either. */
export type Dial = (signal: AbortSignal) => Promise<Duplex>

/** Between two attempts to connect, in milliseconds: doubles from the first to the last. */
const RECONNECT_MIN_MS = 5
const RECONNECT_MAX_MS = 1_000

/** A request without its id. */
type Question = DistributiveOmit<Exclude<Request, { kind: 'ping' | 'cancel' }>, 'id'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

interface Pending {
  readonly frame: Uint8Array
  readonly raw: Uint8Array | undefined
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Resolves when the supervisor said welcome. `signal` ends the waiting for that, nothing later. */
export async function openChannel(
  dial: Dial,
  identity: Identity,
  clock: Clock,
  signal: AbortSignal,
): Promise<Supervisor> {
  const pending = new Map<number, Pending>()
  const ended = new AbortController()
  const welcome = Promise.withResolvers<RunnerFacts>()
  let link: Link | undefined
  let ready = false
  let over: unknown
  let lastId = 0
  let lastNumber = 0

  function finish(error: unknown): void {
    if (over !== undefined) return
    over = error
    ended.abort(error)
    link?.close()
    welcome.reject(error)
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }

  const events = {
    welcome(facts: RunnerFacts, number: number) {
      lastNumber = Math.max(lastNumber, number)
      for (const { frame, raw } of pending.values()) link?.send(frame, raw)
      ready = true
      welcome.resolve(facts)
    },
    answer(id: number, answer: Answer) {
      pending.get(id)?.resolve(answer)
      pending.delete(id)
    },
    error(id: number, code: string, message: string) {
      pending.get(id)?.reject(new LongshoreError(code, 'never', message))
      pending.delete(id)
    },
  }

  async function stayConnected(): Promise<void> {
    let waitMs = RECONNECT_MIN_MS
    for (let attempt = clock.nowMs(); ; attempt += 1) {
      try {
        const stream = await dial(ended.signal)
        link = openLink(stream, identity, attempt, events, clock)
        if (ended.signal.aborted) link.close()
        await link.closed
        waitMs = ready ? RECONNECT_MIN_MS : waitMs
      } catch (error) {
        if (error instanceof LongshoreError && error.retry === 'never') throw error
      }
      ready = false
      ended.signal.throwIfAborted()
      await clock.sleep(waitMs, ended.signal)
      waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS)
    }
  }

  async function ask(question: Question, raw?: Uint8Array, signal?: AbortSignal): Promise<Answer> {
    if (over !== undefined) throw over
    signal?.throwIfAborted()
    lastId += 1
    const id = lastId
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const frame = requestFrame({ ...question, id })
    pending.set(id, { frame, raw, resolve, reject })
    if (ready) link?.send(frame, raw)
    const cancel = (): void => {
      if (!pending.delete(id)) return
      if (ready) link?.send(requestFrame({ kind: 'cancel', id }))
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    return promise.finally(() => signal?.removeEventListener('abort', cancel))
  }

  function number(entry: JournalEntry): NumberedEntry {
    const bytes = Buffer.byteLength(JSON.stringify(entry))
    if (bytes > JOURNAL_ENTRY_BYTES_MAX)
      throw new LongshoreError('too-large', 'never', `a journal entry of ${bytes} bytes`)
    lastNumber += 1
    return { number: lastNumber, entry }
  }

  async function journal(): Promise<readonly JournalEntry[]> {
    const entries: JournalEntry[] = []
    for (let from = 0; ; ) {
      const page = parseJournalPage(await ask({ kind: 'journal', from }))
      entries.push(...page.entries)
      if (page.next <= from) return entries
      from = page.next
    }
  }

  async function* output(key: string, from: number) {
    const left = new AbortController()
    const read = (position: number) => {
      const answer = ask({ kind: 'read', key, from: position }, undefined, left.signal)
      const parsed = answer.then((arrived) => parseRead(arrived, position))
      // Asked for ahead of its reader, who may never come back for it.
      parsed.catch(() => undefined)
      return parsed
    }
    try {
      for (let next = read(from); ; ) {
        const { over, records, next: position } = await next
        if (!over) next = read(position)
        if (records.length > 0) yield records
        if (over) return
      }
    } finally {
      left.abort(new LongshoreError('closed', 'never', 'the output is not read any more'))
    }
  }

  const cancelled = (): void => finish(signal.reason)
  signal.addEventListener('abort', cancelled, { once: true })
  if (signal.aborted) cancelled()
  stayConnected().catch(finish)
  const facts = await welcome.promise.finally(() => signal.removeEventListener('abort', cancelled))

  return {
    facts,
    journal,
    output,
    append: async (entry) => void (await ask({ kind: 'append', entries: [number(entry)] })),
    start: async (command, entries) =>
      parseStepState(await ask({ kind: 'start', entries: entries.map(number), command })),
    ended: async (key) => parseStepEnd(await ask({ kind: 'end', key })),
    signal: async (key, name) => void (await ask({ kind: 'signal', key, signal: name })),
    hashFiles: async (patterns, follow, signal) =>
      parseText(await ask({ kind: 'hash', patterns, follow }, undefined, signal)),
    readFile: async (path, maxBytes) => parseFile(await ask({ kind: 'file', path, maxBytes })),
    async writeTree(root, entries) {
      for await (const { pieces, raw } of treeRequests(entries)) {
        await ask({ kind: 'tree', root, pieces, raw: raw.length }, raw)
      }
    },
    close: () => finish(new LongshoreError('closed', 'never', 'the channel was closed')),
  }
}

/** Made once, before anything waits for it: what no supervisor would take must not be sent again and again. */
function requestFrame(request: Request): Uint8Array {
  try {
    return jsonFrame(request)
  } catch (cause) {
    if (!(cause instanceof FrameError)) throw cause
    throw new LongshoreError('too-large', 'never', 'more than a pod takes in one request', { cause })
  }
}
