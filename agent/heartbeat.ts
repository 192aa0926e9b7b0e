/** One request for all jobs of the agent, in time: it renews their tokens and hears of cancels, also where a step says nothing. */
import { pause } from '../shared/clock.ts'
import { LongshoreError } from '../shared/error.ts'
import type { ActiveJob } from './active.ts'
import { described } from './agent-log.ts'
import type { HeartbeatAnswer } from './dispatcher.ts'
import type { AgentPorts } from './ports.ts'

/** Beats until the signal. */
export async function keepBeating(ports: AgentPorts, intervalMs: number, signal: AbortSignal): Promise<void> {
  let away: string | undefined
  while (!signal.aborted) {
    const now = await beatOnce(ports, signal)
    if (now !== undefined && now.code !== away) ports.log.write('warning', 'dispatcher-away', described(now))
    if (now === undefined && away !== undefined) ports.log.write('info', 'dispatcher-back', {})
    away = now?.code
    await pause(ports.clock, intervalMs, signal)
  }
}

/** Why the dispatcher could not be reached; undefined where it was, or where nobody waits for it any more. */
export async function beatOnce(ports: AgentPorts, signal: AbortSignal): Promise<LongshoreError | undefined> {
  // A job that waits for its take-over to be acknowledged has no token yet, and would be called lost.
  const jobs = ports.jobs.all.filter((job) => job.owner.token !== '')
  try {
    const owners = jobs.map((job) => job.owner)
    const answers = await ports.dispatcher.heartbeat(ports.slots, owners, signal)
    for (const [index, job] of jobs.entries()) hear(job, answers[index])
    return undefined
  } catch (error) {
    if (signal.aborted) return undefined
    if (error instanceof LongshoreError && error.retry === 'later') return error
    throw error
  }
}

function hear(job: ActiveJob, answer: HeartbeatAnswer | undefined): void {
  const { owner, asked, letGo } = job
  switch (answer?.kind) {
    case 'run':
      owner.token = answer.token
      return
    case 'cancel':
      owner.token = answer.token
      if (!asked.signal.aborted) asked.abort(answer.reason)
      return
    case 'lost':
      if (job.phase !== 'ending')
        letGo.abort(new LongshoreError('superseded', 'never', 'another agent owns this job now, or it is over'))
      return
    case undefined:
      return
  }
}
