/** One connection to a supervisor, from the challenge on. Breaks at the first thing that is not as it should be; open.ts makes a new one. */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../shared/clock.ts'
import { LongshoreError } from '../../shared/error.ts'
import { type Frame, FrameReader, jsonFrame, rawHeader } from '../supervisor/frame.ts'
import { HELLO_PATIENCE_MS, PING_INTERVAL_MS, PING_PATIENCE_MS } from '../supervisor/limit.ts'
import { type Hello, helloText, type Request, type SupervisorMessage } from '../supervisor/message.ts'
import { PROTOCOL_VERSION, type RunnerFacts } from '../supervisor/protocol.ts'
import { type Answer, parseMessage } from './answer.ts'

/** Who speaks to a supervisor. */
export interface Identity {
  readonly pod: string
  readonly epoch: number
  /** Random; the same for every connection of this epoch. */
  readonly session: string
  /** Ed25519 with the controllers' private key, base64. */
  readonly sign: (text: string) => string
}

export interface LinkEvents {
  readonly welcome: (facts: RunnerFacts, number: number) => void
  readonly answer: (id: number, answer: Answer) => void
  readonly error: (id: number, code: string, message: string) => void
}

export interface Link {
  /** A request's JSON frame, and the bytes that go with it. */
  send(frame: Uint8Array, raw?: Uint8Array): void
  /** Resolves when the connection is gone; rejects with the `LongshoreError` that nothing can be done about. */
  readonly closed: Promise<void>
  close(): void
}

const NOTHING = new Uint8Array(0)
const PING = jsonFrame({ kind: 'ping' } satisfies Request)

/** Talks on a fresh connection. `attempt` rises with each one of a session. */
export function openLink(stream: Duplex, identity: Identity, attempt: number, events: LinkEvents, clock: Clock): Link {
  const reader = new FrameReader()
  reader.trust()
  const gone = new AbortController()
  const closed = Promise.withResolvers<void>()
  let announced: { readonly id: number; readonly value: unknown; readonly bytes: number } | undefined
  let welcome = false
  let heardMs = clock.nowMs()

  function send(frame: Uint8Array, raw?: Uint8Array): void {
    if (stream.destroyed) return
    stream.write(frame)
    if (raw === undefined) return
    stream.write(rawHeader(raw.length))
    stream.write(raw)
  }

  function take(message: SupervisorMessage): void {
    switch (message.kind) {
      case 'challenge':
        send(jsonFrame(answerChallenge(identity, message, attempt)))
        return
      case 'welcome':
        welcome = true
        events.welcome(message.facts, message.number)
        return
      case 'refused':
        refused(message.code)
        return
      case 'answer':
        if (message.raw === undefined) events.answer(message.id, { value: message.value, raw: NOTHING })
        else announced = { id: message.id, value: message.value, bytes: message.raw }
        return
      case 'error':
        events.error(message.id, message.code, message.message)
        return
      case 'ping':
        return
    }
  }

  function refused(code: Extract<SupervisorMessage, { kind: 'refused' }>['code']): void {
    // A ghost is an earlier connection of ours: the next attempt is higher and will do.
    if (code !== 'ghost') closed.reject(refusal(code))
    stream.destroy()
  }

  function takeFrame(frame: Frame): void {
    if ((frame.kind === 'raw') !== (announced !== undefined)) return void stream.destroy()
    if (frame.kind === 'json') {
      take(parseMessage(frame.value))
      return
    }
    const answer = announced
    announced = undefined
    if (answer === undefined || answer.bytes !== frame.bytes.length) return void stream.destroy()
    events.answer(answer.id, { value: answer.value, raw: frame.bytes })
  }

  async function ping(): Promise<void> {
    const openedMs = clock.nowMs()
    while (!gone.signal.aborted) {
      await clock.sleep(PING_INTERVAL_MS, gone.signal)
      const silent = clock.nowMs() - heardMs > PING_PATIENCE_MS
      const unwelcome = !welcome && clock.nowMs() - openedMs > HELLO_PATIENCE_MS
      if (silent || unwelcome) stream.destroy()
      else if (welcome) send(PING)
    }
  }

  stream.on('data', (chunk: Uint8Array) => {
    heardMs = clock.nowMs()
    try {
      for (const frame of reader.push(chunk)) takeFrame(frame)
    } catch {
      // A frame that breaks the rules, or an answer that does: the connection is worth nothing any more, a new one may be.
      stream.destroy()
    }
  })
  stream.on('error', () => stream.destroy())
  stream.on('end', () => stream.destroy())
  stream.on('close', () => {
    gone.abort()
    closed.resolve()
  })
  ping().catch(() => undefined)
  return { send, closed: closed.promise, close: () => void stream.destroy() }
}

function answerChallenge(
  identity: Identity,
  challenge: Extract<SupervisorMessage, { kind: 'challenge' }>,
  attempt: number,
): Hello {
  const hello = { version: PROTOCOL_VERSION, epoch: identity.epoch, session: identity.session, attempt }
  // The name signed is the one that was meant, never the one that answers.
  const signature = identity.sign(helloText(challenge.nonce, identity.pod, hello))
  return { kind: 'hello', ...hello, signature }
}

function refusal(code: 'superseded' | 'signature' | 'version'): LongshoreError {
  switch (code) {
    case 'superseded':
      return new LongshoreError('superseded', 'never', 'another agent has taken the job over')
    case 'signature':
      return new LongshoreError('pod-gone', 'never', "the pod's supervisor does not take this cluster's key")
    case 'version':
      return new LongshoreError('pod-gone', 'never', "the pod's supervisor speaks another version of the protocol")
  }
}
