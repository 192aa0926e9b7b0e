/** What people and CI ask. Routes only: who asks, parse, one use case, one status. */
import type { Context, Hono } from 'hono'
import { advance } from '../shared/run.ts'
import { rerunSchema, triggerSchema } from '../shared/trigger.ts'
import type { TryRef } from '../shared/try.ts'
import { sha256 } from './access.ts'
import { assertOwnBundle, getBundle, putBundle } from './bundle.ts'
import { cancelRun, knownRun, rerun } from './change.ts'
import { type Cursor, parseCursor } from './cursor.ts'
import { describeRun, listRuns } from './describe.ts'
import type { Dispatcher } from './dispatcher.ts'
import { type FrameFormat, frameBytes } from './frame.ts'
import { parseRange, readLog } from './job-log.ts'
import { BUNDLE_BYTES_MAX, IDEMPOTENCY_KEY_MAX, REQUEST_BYTES_MAX, TRIGGER_BYTES_MAX } from './limit.ts'
import { RefusedError } from './refusal.ts'
import { bodyOf, countIn, numberOf, parseBody, personOf, personOrJobOf } from './request.ts'
import { startRun } from './trigger.ts'
import { followRun } from './viewer.ts'

export function addRunRoutes(app: Hono, dispatcher: Dispatcher): void {
  const { url } = dispatcher.ports.config
  app.post('/v1/runs', async (c) => {
    const by = await personOf(dispatcher, c)
    const body = await bodyOf(c, TRIGGER_BYTES_MAX)
    const trigger = parseBody(triggerSchema, body)
    const run = await startRun(dispatcher, { trigger, requestSha256: await sha256(body), ...idempotencyKeyOf(c), by })
    return c.json(triggered(url, run, 1), 202)
  })
  app.get('/v1/runs', async (c) => {
    await personOf(dispatcher, c)
    return c.json(await listRuns(dispatcher, c.req.query('after')))
  })
  app.get('/v1/runs/:run', async (c) => {
    await personOf(dispatcher, c)
    return c.json(describeRun(await knownRun(dispatcher, numberOf(c.req.param('run'))), url))
  })
  app.post('/v1/runs/:run/cancel', async (c) => {
    const by = await personOf(dispatcher, c)
    await cancelRun(dispatcher, numberOf(c.req.param('run')), by)
    return c.json({}, 202)
  })
  app.post('/v1/runs/:run/rerun', async (c) => {
    const by = await personOf(dispatcher, c)
    const { jobs } = parseBody(rerunSchema, await bodyOf(c, REQUEST_BYTES_MAX))
    const run = numberOf(c.req.param('run'))
    return c.json(triggered(url, run, await rerun(dispatcher, run, jobs, by)), 202)
  })
  addStreamRoutes(app, dispatcher)
  addBundleRoutes(app, dispatcher)
}

function idempotencyKeyOf(c: Context): { readonly idempotencyKey?: string } {
  const idempotencyKey = c.req.header('idempotency-key')
  if (idempotencyKey === undefined) return {}
  if (idempotencyKey === '' || idempotencyKey.length > IDEMPOTENCY_KEY_MAX)
    throw new RefusedError('bad-request', `an Idempotency-Key has 1 to ${IDEMPOTENCY_KEY_MAX} characters`)
  return { idempotencyKey }
}

function triggered(url: string, run: number, runAttempt: number): object {
  const self = `${url}/v1/runs/${run}`
  return { run, runAttempt, urls: { self, events: `${self}/events`, cancel: `${self}/cancel` } }
}

function addStreamRoutes(app: Hono, dispatcher: Dispatcher): void {
  app.get('/v1/runs/:run/events', async (c) => {
    await personOf(dispatcher, c)
    const run = numberOf(c.req.param('run'))
    const cursor = await cursorOf(dispatcher, c, run)
    const format: FrameFormat = c.req.header('accept')?.includes('text/event-stream') === true ? 'sse' : 'ndjson'
    const type = format === 'sse' ? 'text/event-stream' : 'application/x-ndjson'
    const over = new AbortController()
    const signal = AbortSignal.any([c.req.raw.signal, over.signal])
    const bytes = eventBytes(dispatcher, run, cursor, format, signal)
    return c.body(streamOf(bytes, over), 200, { 'content-type': type, 'cache-control': 'no-store' })
  })
  app.get('/v1/runs/:run/jobs/:job/log', async (c) => {
    await personOf(dispatcher, c)
    const ref = await tryOf(dispatcher, numberOf(c.req.param('run')), c.req.param('job'), countIn(c, 'runAttempt'))
    const { logOffset: size } = await dispatcher.streams.head(ref)
    const range = parseRange(c.req.header('range'), size)
    if (range === 'outside') {
      c.header('content-range', `bytes */${size}`)
      throw new RefusedError('range', `the log has ${size} bytes`)
    }
    const { start, end } = range === 'all' ? { start: 0, end: size } : range
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'accept-ranges': 'bytes' }
    const partial = range === 'all' ? {} : { 'content-range': `bytes ${start}-${end - 1}/${size}` }
    const bytes = readLog(dispatcher.streams, ref, { start, end })
    const body = streamOf(bytes, new AbortController())
    return c.body(body, range === 'all' ? 200 : 206, { ...headers, ...partial, 'content-length': String(end - start) })
  })
}

/** Where to go on: `?cursor=`, or what a browser's EventSource sends by itself; else the start of the run attempt asked for, or of the latest. */
async function cursorOf(dispatcher: Dispatcher, c: Context, run: number): Promise<Cursor> {
  const runAttempt = countIn(c, 'runAttempt')
  const known = await knownRun(dispatcher, run, runAttempt)
  const given = c.req.query('cursor') ?? c.req.header('last-event-id')
  if (given === undefined) return { runAttempt: known.facts.runAttempt, phase: 'before', jobs: new Map() }
  const cursor = parseCursor(given)
  if (cursor === undefined) throw new RefusedError('bad-request', '`cursor` is not one that was given out here')
  return cursor
}

async function* eventBytes(
  dispatcher: Dispatcher,
  run: number,
  cursor: Cursor,
  format: FrameFormat,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const ports = { ...dispatcher, wake: dispatcher.ports.wake }
  for await (const frames of followRun(ports, run, cursor, signal)) {
    const bytes = frameBytes(frames, format)
    if (bytes.byteLength > 0) yield bytes
  }
}

/** Read at the reader's pace. A reader that goes away ends it; so does a failure, which the reader sees as a cut connection. */
function streamOf(source: AsyncGenerator<Uint8Array>, over: AbortController): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const next = await source.next()
      if (next.done === true) controller.close()
      else controller.enqueue(next.value)
    },
    async cancel() {
      over.abort()
      await source.return(undefined).catch(() => undefined)
    },
  })
}

async function tryOf(dispatcher: Dispatcher, run: number, job: string, runAttempt?: number): Promise<TryRef> {
  const known = await knownRun(dispatcher, run, runAttempt)
  const view = advance(known.plan, known.facts).jobs.find((row) => row.job === job)
  if (view === undefined) throw new RefusedError('not-found', 'the run has no such job')
  return view.ref
}

function addBundleRoutes(app: Hono, dispatcher: Dispatcher): void {
  const address = '/v1/bundles/:owner{[\\w.-]{1,100}}/:name{[\\w.-]{1,100}}/:sha256{[0-9a-f]{64}}'
  const repositoryOf = (c: Context): string => `${c.req.param('owner')}/${c.req.param('name')}`
  app.put(address, async (c) => {
    await personOf(dispatcher, c)
    const body = await bodyOf(c, BUNDLE_BYTES_MAX)
    const { created } = await putBundle(dispatcher, repositoryOf(c), c.req.param('sha256'), body)
    return c.json({}, created ? 201 : 200)
  })
  app.get(address, async (c) => {
    const asking = await personOrJobOf(dispatcher, c)
    const hash = c.req.param('sha256')
    if ('run' in asking) await assertOwnBundle(dispatcher, asking, repositoryOf(c), hash)
    const body = await getBundle(dispatcher, repositoryOf(c), hash)
    return c.body(body as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'application/gzip' })
  })
}
