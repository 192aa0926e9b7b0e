/** The dispatcher on Node: listens, and sweeps for as long as it does. */
import type { AddressInfo } from 'node:net'
import { serve as listen } from '@hono/node-server'
import { pause } from '../../shared/clock.ts'
import { createDispatcher, type Ports } from '../app.ts'
import { openDispatcher } from '../dispatcher.ts'
import { SWEEP_INTERVAL_MS } from '../limit.ts'
import { probeStore } from '../probe.ts'
import { sweepRuns } from '../sweep.ts'

/** Where to listen. */
export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number
  readonly host: string
}

/** A dispatcher that listens. */
export interface Server {
  readonly url: string
  /** Ends polls and viewers, and the sweep; resolves when nothing of it is left. Idempotent. */
  close(): Promise<void>
}

/** Rejects with `store-unfit` (never) for a store that cannot keep facts, and with Node's own error when it cannot listen. */
export async function serve(ports: Ports, { port, host }: ServeOptions): Promise<Server> {
  await probeStore(ports.store, ports.random)
  const app = createDispatcher(ports)
  const { server, address } = await new Promise<{ server: ReturnType<typeof listen>; address: AddressInfo }>(
    (resolve, reject) => {
      const server = listen({ fetch: app.fetch, port, hostname: host }, (address) => resolve({ server, address }))
      server.once('error', reject)
    },
  )
  const over = new AbortController()
  const swept = keepSweeping(ports, over.signal)
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${name}:${address.port}`,
    async close() {
      over.abort()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await swept
    },
  }
}

/** At once, for what the last process left half done, and then again and again. */
async function keepSweeping(ports: Ports, signal: AbortSignal): Promise<void> {
  const dispatcher = openDispatcher(ports)
  while (!signal.aborted) {
    await sweepRuns(dispatcher).catch((failure: unknown) => ports.report?.(failure))
    await pause(ports.clock, SWEEP_INTERVAL_MS, signal)
  }
}
