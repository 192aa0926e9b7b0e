/** Follows a run to its end, across lost connections and restarts of the dispatcher. */
import { type Clock, pause } from '../shared/clock.ts'
import { LongshoreError } from '../shared/error.ts'
import type { Client } from './client.ts'
import { EXIT, type ExitStatus, exitOf } from './exit.ts'
import type { Presenter } from './presenter.ts'
import { emptyView, foldEvent } from './view.ts'

/** How long a dispatcher may be away before the run's end counts as not known, in milliseconds. The run itself goes on without it. */
const PATIENCE_MS = 10 * 60_000

/** Between two tries to reach it, in milliseconds. */
const RETRY_MS = 500

/** How to follow, and who shows it. */
export interface FollowOptions {
  readonly client: Client
  readonly clock: Clock
  readonly presenter: Presenter
  /** Stops following at once; the answer is then `cancelled`. */
  readonly signal: AbortSignal
}

export async function followRun(run: number, { client, clock, presenter, signal }: FollowOptions): Promise<ExitStatus> {
  let view = emptyView
  let cursor: string | undefined
  let heardMs = clock.nowMs()
  while (!signal.aborted) {
    try {
      for await (const event of client.events(run, cursor, signal)) {
        heardMs = clock.nowMs()
        cursor = event.cursor
        view = foldEvent(view, event)
        presenter.show(run, view, event)
        if (event.kind === 'run-ended') return exitOf(event.conclusion)
      }
    } catch (error) {
      if (signal.aborted) break
      if (!isPassing(error) || clock.nowMs() - heardMs > PATIENCE_MS) throw error
    }
    await pause(clock, RETRY_MS, signal)
  }
  return EXIT.cancelled
}

/** The connection broke or the dispatcher is away: a `TypeError` is how fetch's streams tell. */
function isPassing(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof LongshoreError && error.retry === 'later')
}
