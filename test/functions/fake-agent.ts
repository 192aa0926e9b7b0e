/**
 * An agent that speaks the protocol and runs nothing: a test says what its jobs do. Stricter than the real one: every answer is held against its schema,
 * every message is verified, and an answer that was not asked for fails the test.
 */
import assert from 'node:assert/strict'
import type { Hono } from 'hono'
import type * as z from 'zod'
import type { JobEvent } from '../../shared/event.ts'
import { type JobMessage, jobMessageSchema } from '../../shared/message.ts'
import {
  AGENT_PATHS,
  claimAnswerSchema,
  eventsAnswerSchema,
  heartbeatAnswerSchema,
  refusalSchema,
  takenOverAnswerSchema,
} from '../../shared/protocol.ts'
import { type SigningKey, sign, type VerifyKey, verify } from '../../shared/sign.ts'
import type { TryRef } from '../../shared/try.ts'

export interface FakeAgentOptions {
  readonly app: Hono
  readonly id: string
  readonly cluster: string
  readonly key: SigningKey
  /** Of the dispatcher. */
  readonly issuer: string
  readonly dispatcherKeys: readonly VerifyKey[]
  readonly nowMs: () => number
}

/** What the dispatcher answered when it said no. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  readonly body: z.infer<typeof refusalSchema>

  constructor(status: number, body: z.infer<typeof refusalSchema>) {
    super(`${status} ${body.title}: ${body.detail}`)
    this.status = status
    this.code = body.type.replace('urn:longshore:', '')
    this.body = body
  }
}

/** A try this agent holds. */
export interface Held {
  readonly ref: TryRef
  readonly epoch: number
  token: string
  /** Number of the next event. */
  next: number
  logOffset: number
}

export class FakeAgent {
  readonly #options: FakeAgentOptions

  constructor(options: FakeAgentOptions) {
    this.#options = options
  }

  async ownToken(over: object = {}): Promise<string> {
    const { id, cluster, issuer, key, nowMs } = this.#options
    const claims = { iss: id, cluster, aud: issuer, exp: Math.floor(nowMs() / 1_000) + 300, ...over }
    return sign(claims, key, 'longshore-agent+jwt')
  }

  /** The answer's JSON. Rejects with `Refused`. */
  async post(path: string, token: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: text, ...(signal === undefined ? {} : { signal }) }
    const answer = await this.#options.app.request(path, init)
    if (answer.ok) return answer.json()
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    throw new Refused(answer.status, refusalSchema.parse(await answer.json()))
  }

  /** A message's claims, verified as the real agent does. */
  async open(body: string): Promise<JobMessage> {
    const { issuer, cluster, dispatcherKeys, nowMs } = this.#options
    const expected = { type: 'longshore-job+jwt', nowMs: nowMs(), audience: cluster, issuer } as const
    const verified = await verify(body, dispatcherKeys, expected)
    assert.ok(verified.ok, 'the message is signed by the dispatcher, for this cluster')
    return jobMessageSchema.parse(verified.claims)
  }

  async claim(message: JobMessage): Promise<z.infer<typeof claimAnswerSchema>> {
    const asked = { ...refOf(message), offer: message.offer }
    return claimAnswerSchema.parse(await this.post(AGENT_PATHS.claim, await this.ownToken(), asked))
  }

  /** Claims what must be there to have. */
  async hold(message: JobMessage): Promise<Held> {
    const answer = await this.claim(message)
    assert.equal(answer.kind, 'yours')
    assert.ok(answer.kind === 'yours')
    return { ref: refOf(message), epoch: answer.epoch, token: answer.token, next: 0, logOffset: 0 }
  }

  async takeOver(ref: TryRef, epoch: number): Promise<Held & { readonly discrete: number }> {
    const answer = await this.post(AGENT_PATHS.takenOver, await this.ownToken(), { ...ref, epoch })
    const { token, nextEvent, discrete, logOffset } = takenOverAnswerSchema.parse(answer)
    return { ref, epoch, token, next: nextEvent, discrete, logOffset }
  }

  async started({ ref, epoch, token }: Held): Promise<void> {
    await this.post(AGENT_PATHS.started, token, { ...ref, epoch })
  }

  /** Posts these as the next events. */
  async events(held: Held, events: readonly JobEvent[]): Promise<z.infer<typeof eventsAnswerSchema>> {
    const answer = await this.eventsFrom(held, held.next, events)
    assert.equal(answer.next, held.next + events.length)
    held.next = answer.next
    return answer
  }

  async eventsFrom(
    { ref, epoch, token }: Held,
    from: number,
    events: readonly JobEvent[],
  ): Promise<z.infer<typeof eventsAnswerSchema>> {
    return eventsAnswerSchema.parse(await this.post(AGENT_PATHS.events, token, { ...ref, epoch, from, events }))
  }

  /** A log event that stands where the log ends. */
  line(held: Held, text: string): JobEvent {
    const event: JobEvent = { kind: 'log', step: 1, offset: held.logOffset, text: `${text}\n` }
    held.logOffset += new TextEncoder().encode(event.text).byteLength
    return event
  }

  async ended(
    { ref, epoch, token }: Held,
    conclusion: 'success' | 'failure' | 'cancelled',
    outputs: { readonly [name: string]: string } = {},
  ): Promise<void> {
    await this.post(AGENT_PATHS.ended, token, { ...ref, epoch, conclusion, outputs })
  }

  async heartbeat(held: readonly Held[]): Promise<z.infer<typeof heartbeatAnswerSchema>['jobs']> {
    const jobs = held.map(({ ref, epoch }) => ({ ...ref, epoch }))
    const asked = { version: '0.1.0', slots: 4, keys: [], jobs }
    const answer = heartbeatAnswerSchema.parse(await this.post(AGENT_PATHS.heartbeat, await this.ownToken(), asked))
    assert.equal(answer.jobs.length, held.length, 'one answer per job')
    return answer.jobs
  }

  /** Claim, start, one line, end. */
  async run(message: JobMessage, conclusion: 'success' | 'failure' | 'cancelled' = 'success'): Promise<void> {
    const held = await this.hold(message)
    await this.started(held)
    await this.events(held, [this.line(held, `this is ${message.job}`)])
    await this.ended(held, conclusion)
  }
}

export function refOf({ run, runAttempt, job, try: number }: TryRef): TryRef {
  return { run, runAttempt, job, try: number }
}
