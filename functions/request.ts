/** What routes read off a request: who asks, and bodies no larger than they may be. */
import type { Context } from 'hono'
import type * as z from 'zod'
import { concatBytes } from '../shared/bytes.ts'
import type { Problem } from '../shared/error.ts'
import { parseJsonBytes } from '../shared/json.ts'
import type { Value } from '../shared/template.ts'
import type { Agent, JobToken, Person } from './access.ts'
import type { Dispatcher } from './dispatcher.ts'
import { RefusedError } from './refusal.ts'

function bearer(c: Context): string {
  const match = /^Bearer ([\w.~+/=-]+)$/i.exec(c.req.header('authorization') ?? '')
  if (match === null) throw new RefusedError('unauthorized', 'send `Authorization: Bearer` and a token')
  return match[1] ?? ''
}

function known<T>(who: T | undefined): T {
  if (who === undefined) throw new RefusedError('unauthorized', 'the token is not one that is known here, or no longer')
  return who
}

/** Refuses `unauthorized`. */
export async function personOf({ access }: Dispatcher, c: Context): Promise<Person> {
  return known(await access.person(bearer(c)))
}

/** Refuses `unauthorized`. */
export async function agentOf({ access }: Dispatcher, c: Context): Promise<Agent> {
  return known(await access.agent(bearer(c)))
}

/** The try and epoch that the token speaks for. Refuses `unauthorized`. */
export async function jobOf({ access }: Dispatcher, c: Context): Promise<JobToken> {
  return known(await access.job(bearer(c)))
}

/** Either of them: a source bundle is read by both. */
export async function personOrJobOf({ access }: Dispatcher, c: Context): Promise<Person | JobToken> {
  const token = bearer(c)
  return known((await access.job(token)) ?? (await access.person(token)))
}

/** Refuses `forbidden` unless the token is for this very try and epoch. */
export function assertOwns(token: JobToken, asked: Omit<JobToken, 'agent'>): void {
  const { run, runAttempt, job, try: number, epoch } = asked
  const same = token.run === run && token.runAttempt === runAttempt && token.job === job && token.try === number
  if (!same || token.epoch !== epoch) throw new RefusedError('forbidden', 'the token is for another try or epoch')
}

/** The body, read no further than `bytesMax`. Refuses `too-large`. */
export async function bodyOf(c: Context, bytesMax: number): Promise<Uint8Array> {
  const tooLarge = (): RefusedError => new RefusedError('too-large', `at most ${bytesMax} bytes`)
  const said = c.req.header('content-length')
  if (said !== undefined && Number(said) > bytesMax) throw tooLarge()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of c.req.raw.body ?? []) {
    size += part.byteLength
    if (size > bytesMax) throw tooLarge()
    parts.push(part)
  }
  // Most bodies come in one piece, and a source bundle is too large to be copied for nothing.
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(parts)
}

/** A JSON body by its schema; an empty one is an empty object. Refuses `bad-request` with every problem. */
export function parseBody<S extends z.ZodType>(schema: S, body: Uint8Array): z.output<S> {
  const parsed = schema.safeParse(body.byteLength === 0 ? {} : jsonOf(body))
  if (parsed.success) return parsed.data
  throw new RefusedError('bad-request', 'the body is not what this address takes', {
    problems: parsed.error.issues.map(problemOf),
  })
}

function jsonOf(body: Uint8Array): Value {
  const json = parseJsonBytes(body)
  if (json === undefined) throw new RefusedError('bad-request', 'the body is not JSON in UTF-8')
  return json
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  const where = issue.path.length === 0 ? 'the body' : `\`${issue.path.join('.')}\``
  return { file: 'request', line: 0, column: 0, message: `${where}: ${issue.message}`, remedy: '' }
}

/** A number in the address. Refuses `not-found`. */
export function numberOf(text: string | undefined): number {
  const number = /^\d{1,16}$/.test(text ?? '') ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new RefusedError('not-found', 'there is no such run')
  return number
}

/** A count in the query, from 1; undefined where it is not there. Refuses `bad-request`. */
export function countIn(c: Context, name: string): number | undefined {
  const text = c.req.query(name)
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new RefusedError('bad-request', `\`${name}\` is not a count`)
  return Number(text)
}
