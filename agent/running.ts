/** The work an agent has begun and waits for when it stops. */
import { type AgentLog, described } from './agent-log.ts'

/** Work of an agent that goes on beside its loops. */
export interface Running {
  /** Takes in work that nobody else waits for. Its failure is its own: it is recorded, and the agent goes on. */
  add(work: Promise<void>): void
  /** Resolves when all of it is done. */
  settled(): Promise<void>
}

export function createRunning(log: AgentLog): Running {
  const tasks = new Set<Promise<void>>()
  return {
    add: (work) => {
      const task = work
        .catch((error: unknown) => log.write('error', 'job-left', described(error)))
        .finally(() => tasks.delete(task))
      tasks.add(task)
    },
    settled: async () => {
      await Promise.all(tasks)
    },
  }
}
