/**
 * An agent: three loops side by side over the same ports.
 *
 *   receive ─▶ verify ─▶ claim ─▶ place ─▶ run ─▶ ended ─▶ remove        (agent/loop.ts)
 *   orphans ─▶ adopt ─▶ taken over ─▶ go on ─▶ ended ─▶ remove           (agent/adoption.ts)
 *   heartbeat ─▶ tokens, cancels, jobs that are another's now            (agent/heartbeat.ts)
 */
import { HEARTBEAT_INTERVAL_MS } from '../shared/limit.ts'
import { createActiveJobs } from './active.ts'
import { adoptOrphans } from './adoption.ts'
import { stopping } from './conduct.ts'
import { beatOnce, keepBeating } from './heartbeat.ts'
import { receiveJobs } from './loop.ts'
import type { AgentPorts } from './ports.ts'
import { createRunning } from './running.ts'

/** Everything an agent is made of; its jobs are its own. */
export interface AgentOptions extends Omit<AgentPorts, 'jobs'> {
  /** Between two heartbeats; HEARTBEAT_INTERVAL_MS where absent. */
  readonly heartbeatMs?: number
  /** What becomes of running jobs when the agent is told to stop: other agents go on with them, or this one ends them first. `leave` where absent. */
  readonly onStop?: 'leave' | 'finish'
}

/** One agent of a cluster. */
export interface Agent {
  /** Until the signal: takes jobs and runs them side by side. Resolves when all of them are ended or left. */
  run(signal: AbortSignal): Promise<void>
  /** Asks the dispatcher now whether something is to be cancelled. */
  beat(): Promise<void>
  /** Jobs it has now. */
  readonly active: number
}

export function createAgent(options: AgentOptions): Agent {
  const ports: AgentPorts = { ...options, jobs: createActiveJobs() }
  return {
    run: (signal) => runAgent(ports, options, signal),
    beat: async () => {
      await beatOnce(ports, new AbortController().signal)
    },
    get active() {
      return ports.jobs.all.length
    },
  }
}

async function runAgent(ports: AgentPorts, options: AgentOptions, stop: AbortSignal): Promise<void> {
  const running = createRunning(ports.log)
  const failed = new AbortController()
  const taking = AbortSignal.any([stop, failed.signal])
  const silent = new AbortController()
  const beating = keepBeating(ports, options.heartbeatMs ?? HEARTBEAT_INTERVAL_MS, silent.signal)
  const loops = [receiveJobs(ports, running, taking), adoptOrphans(ports, running, taking)]
  try {
    // The heartbeat ends before the loops only by failing.
    await Promise.race([Promise.all(loops), beating])
    if (options.onStop !== 'finish') for (const job of ports.jobs.all) job.letGo.abort(stopping())
    await running.settled()
  } finally {
    failed.abort()
    silent.abort()
    await Promise.allSettled([...loops, beating])
  }
}
