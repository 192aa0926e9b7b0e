/** A dispatcher elsewhere, as the flags or the environment name it. */
import { type Client, createClient } from './client.ts'
import { UsageError } from './exit.ts'
import type { ServerOptions } from './program.ts'

export function clientOf(options: ServerOptions): Client {
  if (options.server === undefined) throw new UsageError('--server (or LONGSHORE_SERVER) says where the run is')
  if (options.token === undefined)
    throw new UsageError('--token (or LONGSHORE_TOKEN) is missing: the dispatcher asks for one')
  return createClient({ url: serverUrl(options.server), token: options.token, fetch: (request) => fetch(request) })
}

function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageError('--server wants a URL: https://longshore.example.com')
  return url.origin
}

/** A run's number, as a user types it. */
export function runNumber(text: string): number {
  const run = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(run)) throw new UsageError(`RUN is a number; "${text}" is not`)
  return run
}
