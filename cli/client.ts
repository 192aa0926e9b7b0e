/** The dispatcher's API, as the command line uses it: over the network, or the `fetch` of a dispatcher in this process. */
import type * as z from 'zod'
import { LongshoreError } from '../shared/error.ts'
import { type RunEvent, runEventSchema } from '../shared/event.ts'
import { parseJson } from '../shared/json.ts'
import { refusalSchema } from '../shared/protocol.ts'
import { type RunDescription, runSchema, type TriggerRequest, triggeredSchema } from '../shared/trigger.ts'
import { RefusedError } from './exit.ts'
import { linesOf } from './text.ts'

/** Where a dispatcher is, and as whom to speak to it. */
export interface ClientOptions {
  /** Of the dispatcher, without a path. */
  readonly url: string
  readonly token: string
  readonly fetch: (request: Request) => Promise<Response>
}

/** Every call rejects with `RefusedError` (422, 400, 404, 409), or with `LongshoreError`: `unreachable` (later), `unauthorized` (never). */
export interface Client {
  putBundle(repository: string, sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  trigger(request: TriggerRequest, idempotencyKey: string): Promise<{ readonly run: number }>
  describe(run: number): Promise<RunDescription>
  /** The events after `cursor` (none: from the start), until the run's end or the connection's. */
  events(run: number, cursor: string | undefined, signal: AbortSignal): AsyncGenerator<RunEvent>
  log(run: number, job: string): Promise<AsyncIterable<Uint8Array>>
  cancel(run: number): Promise<void>
  rerun(run: number, jobs: 'all' | 'failed' | readonly string[]): Promise<void>
}

export function createClient(options: ClientOptions): Client {
  const call = (method: string, path: string, init: RequestInit = {}): Promise<Response> =>
    ask(options, method, path, init)
  return {
    async putBundle(repository, sha256, bytes) {
      await call('PUT', `/v1/bundles/${repository}/${sha256}`, { body: bytes })
    },
    async trigger(request, idempotencyKey) {
      const headers = { 'idempotency-key': idempotencyKey, 'content-type': 'application/json' }
      const answer = await call('POST', '/v1/runs', { headers, body: JSON.stringify(request) })
      return parsed(triggeredSchema, await answer.json())
    },
    async describe(run) {
      return parsed(runSchema, await (await call('GET', `/v1/runs/${run}`)).json())
    },
    async *events(run, cursor, signal) {
      const after = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`
      const headers = { accept: 'application/x-ndjson' }
      const answer = await call('GET', `/v1/runs/${run}/events${after}`, { headers, signal })
      // What a broken connection leaves of the last line is dropped here, and asked for again from the cursor.
      for await (const lines of linesOf(answer.body ?? emptyBody())) {
        for (const line of lines) if (line !== '') yield parsed(runEventSchema, parseJson(line))
      }
    },
    async log(run, job) {
      return (await call('GET', `/v1/runs/${run}/jobs/${encodeURIComponent(job)}/log`)).body ?? emptyBody()
    },
    async cancel(run) {
      await call('POST', `/v1/runs/${run}/cancel`)
    },
    async rerun(run, jobs) {
      const headers = { 'content-type': 'application/json' }
      await call('POST', `/v1/runs/${run}/rerun`, { headers, body: JSON.stringify({ jobs }) })
    },
  }
}

async function ask(options: ClientOptions, method: string, path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${options.token}`)
  const request = new Request(new URL(path, options.url), { ...init, method, headers })
  const answer = await options.fetch(request).catch((error: unknown) => {
    if (init.signal?.aborted) throw error
    throw new LongshoreError('unreachable', 'later', `${options.url} does not answer`, { cause: error })
  })
  if (answer.ok) return answer
  throw await refusalOf(answer, options.url)
}

async function refusalOf(answer: Response, url: string): Promise<Error> {
  const text = await answer.text()
  if (answer.status >= 500) return new LongshoreError('unreachable', 'later', `${url} answers ${answer.status}`)
  if (answer.status === 401 || answer.status === 403)
    return new LongshoreError('unauthorized', 'never', `${url} does not accept the token (--token, LONGSHORE_TOKEN)`)
  const refusal = refusalSchema.safeParse(parseJson(text))
  if (!refusal.success) return new RefusedError(`${url} answers ${answer.status}`, [])
  const { title, detail, problems } = refusal.data
  return new RefusedError(detail === undefined ? title : `${title}: ${detail}`, problems ?? [])
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new LongshoreError('protocol', 'never', 'the dispatcher answers what this version does not understand', {
    cause: result.error,
  })
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}
