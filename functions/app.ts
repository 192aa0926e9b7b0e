/** The dispatcher as a web-standard app: the same on Node, Lambda and Workers. */
import { Hono } from 'hono'

import { LongshoreError } from '../shared/error.ts'
import { addAgentRoutes } from './agent-routes.ts'
import { openDispatcher } from './dispatcher.ts'
import { openApi } from './openapi.ts'
import type { Ports } from './ports.ts'
import { RefusedError, refusalOf } from './refusal.ts'
import { addRunRoutes } from './run-routes.ts'

export type { DispatcherConfig, Ports } from './ports.ts'

/** All routes; `openapi.json` describes them. Errors are RFC 9457 and repeat nothing of what was sent. */
export function createDispatcher(ports: Ports): Hono {
  const app = new Hono()
  const dispatcher = openDispatcher(ports)
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/openapi.json', (c) => c.json(openApi(ports.config.url)))
  addRunRoutes(app, dispatcher)
  addAgentRoutes(app, dispatcher)
  app.notFound(() => answer(new RefusedError('not-found', 'there is no such address')))
  app.onError((error, c) => {
    const refused = refusedOf(error)
    if (refused.code === 'internal' || refused.code === 'unavailable') ports.report?.(error)
    return answer(refused, c.res.headers)
  })
  return app
}

function refusedOf(error: unknown): RefusedError {
  if (error instanceof RefusedError) return error
  if (error instanceof LongshoreError && error.retry === 'later') return new RefusedError('unavailable', 'try again')
  return new RefusedError('internal', 'the failure was recorded')
}

function answer(refused: RefusedError, headers = new Headers()): Response {
  const refusal = refusalOf(refused)
  headers.set('content-type', 'application/problem+json')
  return new Response(JSON.stringify(refusal), { status: refusal.status, headers })
}
