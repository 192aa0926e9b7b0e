/** Where the runs of `longshore run` happen: in this process, or on a server. */
import type { Client } from './client.ts'

/** Where the runs of one command happen, until `close` or `kill`. */
export interface Host {
  readonly client: Client
  /** Rejects when what runs the jobs has failed: no run will end any more. Never resolves. */
  readonly failed: Promise<never>
  cancel(run: number): Promise<void>
  /** Ends what was started for the runs, in order. Idempotent. */
  close(): Promise<void>
  /** Ends it at once: running steps are killed. No process and no temporary file is left when it resolves. Idempotent. */
  kill(): Promise<void>
}

/** A server lives on without us; leaving it changes nothing there. */
export function remoteHost(client: Client): Host {
  return {
    client,
    failed: new Promise<never>(() => undefined),
    cancel: (run) => client.cancel(run),
    close: async () => undefined,
    kill: async () => undefined,
  }
}
