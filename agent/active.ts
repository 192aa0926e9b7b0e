/** The jobs an agent has now, side by side. */
import type { TryRef } from '../shared/try.ts'
import type { Ownership } from './dispatcher.ts'
import { createNotice, type Notice } from './notice.ts'

export interface ActiveJob {
  readonly owner: Ownership
  /** Aborted with the reason when somebody wants the job cancelled. */
  readonly asked: AbortController
  /** Aborted when this agent is to let go of the job. */
  readonly letGo: AbortController
  /** Its end is being reported: that the dispatcher calls it over is no news then. */
  ending: boolean
}

export interface ActiveJobs {
  readonly all: readonly ActiveJob[]
  /** Notified whenever a job comes or goes. */
  readonly changed: Notice
  has(ref: TryRef): boolean
  /** Takes the job in for as long as `body` runs. `letGo` is aborted with the agent's own. */
  hold<T>(owner: Ownership, body: (job: ActiveJob) => Promise<T>): Promise<T>
}

export function createActiveJobs(): ActiveJobs {
  const jobs = new Set<ActiveJob>()
  const changed = createNotice()
  return {
    get all() {
      return [...jobs]
    },
    changed,
    has: (ref) => [...jobs].some(({ owner }) => isSameTry(owner.ref, ref)),
    hold: async (owner, body) => {
      const job = { owner, asked: new AbortController(), letGo: new AbortController(), ending: false }
      jobs.add(job)
      changed.notify()
      try {
        return await body(job)
      } finally {
        jobs.delete(job)
        changed.notify()
      }
    },
  }
}

function isSameTry(a: TryRef, b: TryRef): boolean {
  return a.run === b.run && a.runAttempt === b.runAttempt && a.job === b.job && a.try === b.try
}
