/** The jobs an agent has now, side by side. */
import type { TryRef } from '../shared/try.ts'
import type { Ownership } from './dispatcher.ts'
import { createNotice, type Notice } from './notice.ts'

/** A job from its claim, or its adoption, to the end of what this agent does for it. */
export interface ActiveJob {
  readonly owner: Ownership
  /** Aborted with the reason when somebody wants the job cancelled. */
  readonly asked: AbortController
  /** Aborted when this agent is to let go of the job. */
  readonly letGo: AbortController
  /**
   * `placing`: only its message would bring it back. `placed`: its pod holds it, or its adoption found it there. `ending`: its end is being
   * reported, so that the dispatcher calls it over is no news.
   */
  phase: 'placing' | 'placed' | 'ending'
}

/** The jobs this agent holds, each once. */
export interface ActiveJobs {
  readonly all: readonly ActiveJob[]
  /** Notified whenever a job comes or goes. */
  readonly changed: Notice
  find(ref: TryRef): ActiveJob | undefined
  /** Takes the job in for as long as `body` runs. `letGo` is aborted with the agent's own. */
  hold<T>(owner: Ownership, body: (job: ActiveJob) => Promise<T>): Promise<T>
}

/** Empty at first. */
export function createActiveJobs(): ActiveJobs {
  const jobs = new Set<ActiveJob>()
  const changed = createNotice()
  return {
    get all() {
      return [...jobs]
    },
    changed,
    find: (ref) => [...jobs].find(({ owner }) => isSameTry(owner.ref, ref)),
    hold: async (owner, body) => {
      const job: ActiveJob = { owner, asked: new AbortController(), letGo: new AbortController(), phase: 'placing' }
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
