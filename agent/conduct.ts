/** A placed job up to an end that the dispatcher acknowledged. Only then is its pod removed, which holds the record. */
import { LongshoreError } from '../shared/error.ts'
import type { Cause } from '../shared/try.ts'
import type { ActiveJob } from './active.ts'
import { named } from './agent-log.ts'
import type { Pod } from './backend.ts'
import type { JobEnd } from './job.ts'
import { runJob } from './job.ts'
import type { Placement } from './placement.ts'
import type { AgentPorts } from './ports.ts'
import { untilReached } from './retry.ts'
import { SET_UP_NAME, SET_UP_STEP } from './step/set-up.ts'
import { formatTimestamp } from './timestamp.ts'

/** Rejects with what made this agent let go: `superseded`, or the reason of `letGo`. Then the pod is left as it is. */
export async function conductJob(
  ports: AgentPorts,
  job: ActiveJob,
  placement: Exclude<Placement, { kind: 'left' }>,
): Promise<void> {
  const { dispatcher, clock, backend, log } = ports
  const signal = job.letGo.signal
  try {
    await untilReached(() => dispatcher.started(job.owner, signal), clock, signal)
    const end =
      placement.kind === 'placed'
        ? await runPlaced(ports, job, placement)
        : await endImpossible(ports, job, placement.cause)
    job.phase = 'ending'
    await untilReached(() => dispatcher.ended(job.owner, end, signal), clock, signal)
    log.write('info', 'job-ended', {
      ...named(job.owner.ref),
      conclusion: end.conclusion,
      cause: end.cause?.code ?? '',
    })
  } catch (error) {
    if (placement.pod !== undefined) await release(ports, placement.pod, error)
    throw error
  } finally {
    if (placement.kind === 'placed') placement.supervisor.close()
  }
  if (placement.pod !== undefined) await backend.remove(placement.pod)
}

/**
 * A job that is over, or another agent's: its pod goes unless that agent has it already, which the backend knows by the epoch. A job that this agent
 * only lets go of keeps its pod.
 */
export async function release(ports: AgentPorts, pod: Pod, error: unknown): Promise<void> {
  if (error instanceof LongshoreError && error.code === 'superseded') await ports.backend.remove(pod)
}

async function runPlaced(
  ports: AgentPorts,
  job: ActiveJob,
  placed: Extract<Placement, { kind: 'placed' }>,
): Promise<JobEnd> {
  const { owner, asked, letGo } = job
  const { supervisor, journal, held } = placed
  const close = (): void => supervisor.close()
  letGo.signal.addEventListener('abort', close, { once: true })
  try {
    return await runJob(ports, { owner, supervisor, journal, held, asked, letGo: letGo.signal })
  } finally {
    letGo.signal.removeEventListener('abort', close)
  }
}

/** The cause stands where a user looks for it: in the log, and as an annotation. */
async function endImpossible(ports: AgentPorts, job: ActiveJob, cause: Cause): Promise<JobEnd> {
  const atMs = ports.clock.nowMs()
  const { signal } = job.letGo
  const step = SET_UP_STEP
  const name = SET_UP_NAME
  const text = `${formatTimestamp(atMs)} ##[error]${cause.message}\n`
  const outcome = 'failure'
  const said = [
    { kind: 'step-started', step, name, atMs },
    { kind: 'log', step, offset: 0, text },
    { kind: 'annotation', step, level: 'error', message: cause.message },
    { kind: 'step-ended', step, name, outcome, conclusion: outcome, atMs },
  ] as const
  await untilReached(() => ports.dispatcher.events(job.owner, 0, said, signal), ports.clock, signal)
  return { conclusion: 'failure', outputs: {}, cause }
}

/** Why an agent that is told to stop lets go of its jobs: they go on elsewhere. */
export function stopping(): LongshoreError {
  return new LongshoreError('agent-stopping', 'never', 'this agent stops; another one goes on with the job')
}
