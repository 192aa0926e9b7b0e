/**
 * Takes messages while there are free slots. A message is deleted when its job is placed, or when that it can never be was heard by the dispatcher;
 * until then it is hidden from others. One that comes again while its job is being placed is left alone: it may be needed yet.
 *
 *   receive ─▶ verify ─▶ claim ─▶ place (agent/placement.ts) ─▶ delete ─▶ run
 *      │          │        └ busy, gone: delete
 *      │          └ expired: delete · unknown key: comes back · refused: said aloud, left to the dead-letter queue
 *      └ the dispatcher is away: pauses, and no message is asked for while one waits for its claim
 */
import { LongshoreError } from '../shared/error.ts'
import { UNVERIFIED_RECEIVES_MAX, VISIBILITY_TIMEOUT_S } from '../shared/limit.ts'
import type { JobMessage } from '../shared/message.ts'
import type { TryRef } from '../shared/try.ts'
import type { ActiveJob } from './active.ts'
import { described, named } from './agent-log.ts'
import { conductJob } from './conduct.ts'
import type { ClaimAnswer } from './dispatcher.ts'
import { placeJob } from './placement.ts'
import type { AgentPorts } from './ports.ts'
import type { ReceivedMessage } from './queue.ts'
import { untilReached } from './retry.ts'
import type { Running } from './running.ts'
import { judgeMessage } from './verification.ts'

/** Until the signal, then resolves; jobs that were taken run on, and `running` has them. */
export async function receiveJobs(ports: AgentPorts, running: Running, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const free = await freeSlots(ports, signal)
      const messages = await untilReached(() => ports.queue.receive(free, signal), ports.clock, signal)
      await Promise.all(messages.map((message) => takeMessage(ports, message, running, signal)))
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
  }
}

async function freeSlots(ports: AgentPorts, signal: AbortSignal): Promise<number> {
  while (ports.jobs.all.length >= ports.slots) await ports.jobs.changed.wait(signal)
  return ports.slots - ports.jobs.all.length
}

/** Resolves when the message is claimed or let go. */
async function takeMessage(
  ports: AgentPorts,
  received: ReceivedMessage,
  running: Running,
  signal: AbortSignal,
): Promise<void> {
  const judged = await judgeMessage(received.body, ports.trusted, ports.cluster, ports.clock)
  switch (judged.kind) {
    case 'wait':
      return ports.log.write('warning', 'message-waits', { why: judged.why, receives: received.receives })
    case 'expired':
      ports.log.write('warning', 'message-expired', { receives: received.receives })
      return deleteMessage(ports, received)
    case 'refused':
      return refuse(ports, received, judged.why)
    case 'job':
      return claimJob(ports, received, judged.message, running, signal)
  }
}

async function refuse(ports: AgentPorts, received: ReceivedMessage, why: string): Promise<void> {
  ports.log.write('error', 'message-refused', { why, receives: received.receives })
  if (received.receives >= UNVERIFIED_RECEIVES_MAX) await deleteMessage(ports, received)
}

async function claimJob(
  ports: AgentPorts,
  received: ReceivedMessage,
  message: JobMessage,
  running: Running,
  signal: AbortSignal,
): Promise<void> {
  const ref = tryOf(message)
  const held = ports.jobs.find(ref)
  if (held !== undefined) return held.phase === 'placing' ? undefined : deleteMessage(ports, received)
  const hidden = keepHidden(ports, received)
  const claim = await untilReached(() => ports.dispatcher.claim(ref, message.offer, signal), ports.clock, signal).catch(
    (error: unknown) => {
      hidden.end()
      if (!(error instanceof LongshoreError)) throw error
      ports.log.write('error', 'claim-refused', { ...named(ref), code: error.code })
      return undefined
    },
  )
  if (claim === undefined) return
  if (claim.kind !== 'yours') {
    hidden.end()
    ports.log.write('info', 'message-over', { ...named(ref), why: claim.kind })
    return deleteMessage(ports, received)
  }
  running.add(carry(ports, received, message, claim, hidden))
}

/** From the claim to the end of the job. What goes wrong is the job's, or another agent's now: it never ends the agent. */
async function carry(
  ports: AgentPorts,
  received: ReceivedMessage,
  message: JobMessage,
  claim: Extract<ClaimAnswer, { kind: 'yours' }>,
  hidden: Hidden,
): Promise<void> {
  const ref = tryOf(message)
  const owner = { ref, epoch: claim.epoch, token: claim.token }
  const over = async (job: ActiveJob): Promise<void> => {
    if (job.phase === 'placing') job.phase = 'placed'
    hidden.end()
    await deleteMessage(ports, received)
  }
  await ports.jobs.hold(owner, async (job) => {
    try {
      const placed = await placeJob(ports, job, message)
      if (placed.kind === 'left') return
      // What has no pod is brought back by its message alone, until its end is acknowledged.
      if (placed.kind === 'placed') await over(job)
      await conductJob(ports, job, placed)
      if (placed.kind === 'impossible') await over(job)
    } catch (error) {
      ports.log.write('error', 'job-left', { ...named(ref), ...described(error) })
    } finally {
      hidden.end()
    }
  })
}

/** Where it fails, the message comes back and is known to be placed. */
async function deleteMessage(ports: AgentPorts, received: ReceivedMessage): Promise<void> {
  try {
    await ports.queue.delete(received)
  } catch (error) {
    if (!(error instanceof LongshoreError)) throw error
    ports.log.write('warning', 'message-not-deleted', described(error))
  }
}

interface Hidden {
  end(): void
}

/** Renews the message's visibility at a third until `end`, also through an outage of the queue. */
function keepHidden(ports: AgentPorts, received: ReceivedMessage): Hidden {
  const over = new AbortController()
  const renew = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await ports.clock.sleep((VISIBILITY_TIMEOUT_S * 1_000) / 3, over.signal)
      await untilReached(() => ports.queue.extend(received), ports.clock, over.signal)
    }
  }
  renew().catch((error: unknown) => {
    if (!over.signal.aborted) ports.log.write('warning', 'message-not-hidden', described(error))
  })
  return { end: () => over.abort() }
}

function tryOf({ run, runAttempt, job, try: number }: JobMessage): TryRef {
  return { run, runAttempt, job, try: number }
}
