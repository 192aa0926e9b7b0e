/** Where the runs of `longshore run` happen: in this process, or on a server. */
import type { Client } from './client.ts'

export interface Host {
  readonly client: Client
  /** Ends what was started for the runs, in order. Idempotent. */
  close(): Promise<void>
  /** Ends it at once: running steps are killed. No process and no temporary file is left when it resolves. Idempotent. */
  kill(): Promise<void>
}

/** A server lives on without us; leaving it changes nothing there. */
export function remoteHost(client: Client): Host {
  return { client, close: async () => undefined, kill: async () => undefined }
}
