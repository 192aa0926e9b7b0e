/** Questions to a supervisor and their answers, over connections that break: what has no answer is asked again on the next one, in order. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../shared/clock.ts'
import { LongshoreError } from '../../shared/error.ts'
import { FrameError, jsonFrame } from '../supervisor/frame.ts'
import type { Request } from '../supervisor/message.ts'
import type { RunnerFacts } from '../supervisor/protocol.ts'
import type { Answer } from './answer.ts'
import { type Identity, type Link, openLink } from './link.ts'

/** Connects to the supervisor once. Rejects with a `LongshoreError`: `never` when no later call can succeed either. */
export type Dial = (signal: AbortSignal) => Promise<Duplex>

/** A request without its id. */
export type Question = DistributiveOmit<Exclude<Request, { kind: 'ping' | 'cancel' }>, 'id'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

export interface Asker {
  /** Rejects with the supervisor's error, with `end`'s, or with the signal's reason. */
  ask(question: Question, raw?: Uint8Array, signal?: AbortSignal): Promise<Answer>
  /** What the supervisor says of the runner, and the highest journal number of this epoch. */
  readonly welcome: Promise<{ readonly facts: RunnerFacts; readonly number: number }>
  /** Every question, now and later, is rejected with this. */
  end(error: unknown): void
}

/** Between two attempts to connect, in milliseconds: doubles from the first to the last, and starts again after an answer. */
const RECONNECT_MIN_MS = 5
const RECONNECT_MAX_MS = 1_000

interface Pending {
  readonly frame: Uint8Array
  readonly raw: Uint8Array | undefined
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

export function openAsker(dial: Dial, identity: Identity, clock: Clock): Asker {
  const pending = new Map<number, Pending>()
  const ended = new AbortController()
  const welcome = Promise.withResolvers<{ facts: RunnerFacts; number: number }>()
  let link: Link | undefined
  let ready = false
  let waitMs = RECONNECT_MIN_MS
  let lastId = 0

  function end(error: unknown): void {
    if (ended.signal.aborted) return
    ended.abort(error)
    link?.close()
    welcome.reject(error)
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }

  function take(id: number): Pending | undefined {
    waitMs = RECONNECT_MIN_MS
    const question = pending.get(id)
    pending.delete(id)
    return question
  }

  const events = {
    welcome(facts: RunnerFacts, number: number) {
      for (const { frame, raw } of pending.values()) link?.send(frame, raw)
      ready = true
      welcome.resolve({ facts, number })
    },
    answer: (id: number, answer: Answer) => take(id)?.resolve(answer),
    error: (id: number, code: string, message: string) => take(id)?.reject(new LongshoreError(code, 'never', message)),
  }

  async function stayConnected(): Promise<void> {
    for (let attempt = clock.nowMs(); ; attempt += 1) {
      try {
        const stream = await dial(ended.signal)
        link = openLink(stream, identity, attempt, events, clock)
        if (ended.signal.aborted) link.close()
        await link.closed
      } catch (error) {
        if (error instanceof LongshoreError && error.retry === 'never') throw error
      }
      ready = false
      await clock.sleep(waitMs, ended.signal)
      waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS)
    }
  }

  async function ask(question: Question, raw?: Uint8Array, signal?: AbortSignal): Promise<Answer> {
    ended.signal.throwIfAborted()
    signal?.throwIfAborted()
    lastId += 1
    const id = lastId
    const frame = requestFrame({ ...question, id })
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
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

  stayConnected().catch(end)
  return { ask, welcome: welcome.promise, end }
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
