/** One POST with a JSON body to the dispatcher, and what its answer means to an agent. */
import type * as z from 'zod'
import { LongshoreError } from '../shared/error.ts'
import { parseJsonBytes } from '../shared/json.ts'
import { AGENT_ANSWER_BYTES_MAX } from '../shared/limit.ts'
import { refusalSchema } from '../shared/protocol.ts'
import type { Value } from '../shared/template.ts'

/** As the platform has it; an in-process dispatcher is given as its own `fetch`. */
export type Fetch = (request: Request) => Response | Promise<Response>

/** Where the dispatcher is and by what it is reached. */
export interface Endpoint {
  /** Base of the dispatcher's paths. */
  readonly url: string
  readonly fetch: Fetch
}

/**
 * Sends `body` with a bearer token and reads the answer. Rejects with `unreachable` or `unauthorized` (later: nothing could be learnt, a new token may
 * be had), `superseded`, `conflict` or `refused` (never).
 */
export async function post<T>(
  endpoint: Endpoint,
  path: string,
  token: string,
  body: unknown,
  answer: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const request = new Request(new URL(path, endpoint.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  const bytes = await exchange(endpoint, request, AGENT_ANSWER_BYTES_MAX, signal)
  return parseAnswer(bytes, answer, path)
}

/** Sends a request and reads its body whole, at most `maxBytes`. Rejects as `post` does. */
export async function exchange(
  endpoint: Endpoint,
  request: Request,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { status, bytes } = await received(endpoint, request, maxBytes, signal)
  if (status >= 200 && status < 300) return bytes
  throw refusal(status, bytes, new URL(request.url).pathname)
}

async function received(endpoint: Endpoint, request: Request, maxBytes: number, signal: AbortSignal) {
  signal.throwIfAborted()
  const where = new URL(request.url).pathname
  try {
    const response = await endpoint.fetch(request)
    return { status: response.status, bytes: await readUpTo(response, maxBytes) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof LongshoreError) throw error
    throw new LongshoreError('unreachable', 'later', `the dispatcher does not answer ${where}`, { cause: error })
  }
}

async function readUpTo(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.byteLength
    if (size > maxBytes)
      throw new LongshoreError('answer-too-large', 'never', `an answer has more than ${maxBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function parseAnswer<T>(bytes: Uint8Array, schema: z.ZodType<T>, path: string): T {
  const parsed = schema.safeParse(json(bytes))
  if (parsed.success) return parsed.data
  throw new LongshoreError('unreachable', 'later', `the answer to ${path} is not the dispatcher's`)
}

/** Undefined where it is no JSON; an empty body is an empty object. */
function json(bytes: Uint8Array): Value | undefined {
  return bytes.byteLength === 0 ? {} : parseJsonBytes(bytes)
}

/** A proxy in between may answer anything: only what says why it refuses, in the dispatcher's words, ends something. */
function refusal(status: number, bytes: Uint8Array, path: string): LongshoreError {
  const parsed = refusalSchema.safeParse(json(bytes))
  const detail = parsed.success
    ? `${parsed.data.title}${parsed.data.detail ? `: ${parsed.data.detail}` : ''}`
    : `status ${status}`
  const message = `the dispatcher refuses ${path}: ${detail}`
  if (status === 401) return new LongshoreError('unauthorized', 'later', message)
  if (status >= 500 || status === 429 || status === 408 || !parsed.success)
    return new LongshoreError('unreachable', 'later', message)
  return new LongshoreError(refusalCode(parsed.data.type), 'never', message)
}

/** Source: functions/refusal.ts. A run that has closed is over for all who worked for it. */
function refusalCode(type: string): string {
  const code = type.slice(type.lastIndexOf(':') + 1)
  if (code === 'superseded' || code === 'run-closed') return 'superseded'
  return code === 'conflict' ? 'conflict' : 'refused'
}
