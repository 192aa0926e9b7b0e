/** What agents report of jobs: claim, started, taken over, events, ended, and the heartbeat. Every answer can be asked for again. */
import type * as z from 'zod'
import type {
  claimAnswerSchema,
  claimRequestSchema,
  endedRequestSchema,
  eventsAnswerSchema,
  heartbeatAnswerSchema,
  heartbeatRequestSchema,
  takenOverAnswerSchema,
  takenOverRequestSchema,
} from '../shared/protocol.ts'
import type { RunView } from '../shared/run.ts'
import { mayFollow, type TryEntry, type TryRef, type TryState, tryState } from '../shared/try.ts'
import type { Agent, JobToken } from './access.ts'
import type { Batch } from './batch.ts'
import type { Dispatcher } from './dispatcher.ts'
import { tryName } from './keys.ts'
import { RefusedError } from './refusal.ts'
import { settleRun } from './settle.ts'

type ClaimAnswer = z.infer<typeof claimAnswerSchema>

/**
 * Gives the try to the agent, or says who has it. A message that came back after its first agent died before the start is claimed anew under a higher
 * epoch; so is one whose first agent is merely slow, which then learns that it was superseded.
 */
export async function claim(
  dispatcher: Dispatcher,
  agent: Agent,
  { offer, ...ref }: z.infer<typeof claimRequestSchema>,
): Promise<ClaimAnswer> {
  const settled = await settleRun(dispatcher, ref.run)
  if (settled === undefined) return gone('there is no such run')
  const { known, view } = settled
  if (known.closed !== undefined || known.facts.runAttempt !== ref.runAttempt) return gone('the run has ended')
  const cancel = view.cancels.find((one) => tryName(one.ref) === tryName(ref))
  const atMs = dispatcher.ports.clock.nowMs()
  const { log, appended } = await dispatcher.ledger.append(ref, (entries) => {
    const state = tryState(entries)
    if (!isClaimable(state, agent, offer)) return undefined
    if (cancel !== undefined) return cancelled(cancel.reason, atMs)
    return { kind: 'claimed', offer, cluster: agent.cluster, agent: agent.id, epoch: state.epoch + 1, atMs }
  })
  if (appended?.kind === 'concluded') await settleRun(dispatcher, ref.run)
  return answerClaim(dispatcher, ref, agent, offer, tryState(log))
}

/** Its first agent has not started it and may be dead: it is over here and now, whoever is told of the cancel. */
function cancelled(reason: string, atMs: number): TryEntry {
  return { kind: 'concluded', conclusion: 'cancelled', cause: { code: 'cancelled', message: reason }, atMs }
}

const gone = (why: string): ClaimAnswer => ({ kind: 'gone', why })

async function yours(dispatcher: Dispatcher, ref: TryRef, agent: Agent, epoch: number): Promise<ClaimAnswer> {
  return { kind: 'yours', epoch, token: await dispatcher.access.jobToken({ ...ref, epoch, agent: agent.id }) }
}

/** Offered to the agent's cluster, or held there by another agent that has not started it. */
function isClaimable(
  state: TryState,
  agent: Agent,
  offer: number,
): state is Extract<TryState, { readonly kind: 'offered' | 'claimed' | 'started' }> {
  if (state.kind !== 'offered' && state.kind !== 'claimed') return false
  if (state.offer !== offer || state.cluster !== agent.cluster) return false
  return state.kind === 'offered' || state.agent !== agent.id
}

async function answerClaim(
  dispatcher: Dispatcher,
  ref: TryRef,
  agent: Agent,
  offer: number,
  state: TryState,
): Promise<ClaimAnswer> {
  switch (state.kind) {
    case 'absent':
      return gone('it was never offered')
    case 'revoked':
      return gone('the offer was revoked')
    case 'done':
      return gone('the job is over')
    case 'offered':
      return gone('it was offered to another cluster, or again')
    case 'claimed':
    case 'started':
      if (state.cluster !== agent.cluster || state.offer !== offer) return gone('another cluster has it')
      return state.agent === agent.id ? yours(dispatcher, ref, agent, state.epoch) : { kind: 'busy' }
  }
}

/** Says that the try's steps run now. Repeating it is fine. Refuses `superseded`. */
export async function started(dispatcher: Dispatcher, owner: JobToken): Promise<void> {
  const { ref, epoch } = ownedBy(owner)
  const atMs = dispatcher.ports.clock.nowMs()
  await appendOwned(
    dispatcher,
    ref,
    { kind: 'started', epoch, atMs },
    (state) => state.kind === 'started' && state.epoch === epoch,
  )
  await settleRun(dispatcher, ref.run)
}

/** Says how the try ended. Repeating it is fine, by whoever said it. Refuses `superseded`. */
export async function ended(
  dispatcher: Dispatcher,
  owner: JobToken,
  { conclusion, outputs, cause }: Pick<z.infer<typeof endedRequestSchema>, 'conclusion' | 'outputs' | 'cause'>,
): Promise<void> {
  const { ref, epoch } = ownedBy(owner)
  const why = cause === undefined ? {} : { cause }
  const entry: TryEntry = { kind: 'ended', epoch, conclusion, outputs, ...why, atMs: dispatcher.ports.clock.nowMs() }
  await appendOwned(dispatcher, ref, entry, (_, log) =>
    log.some((past) => past.kind === 'ended' && past.epoch === epoch && past.conclusion === conclusion),
  )
  await settleRun(dispatcher, ref.run)
}

function ownedBy({ run, runAttempt, job, try: number, epoch }: JobToken): {
  readonly ref: TryRef
  readonly epoch: number
} {
  return { ref: { run, runAttempt, job, try: number }, epoch }
}

/** Appends the owner's word; nothing where it stands already. Refuses `superseded` where it may not follow. */
async function appendOwned(
  dispatcher: Dispatcher,
  ref: TryRef,
  entry: TryEntry,
  stands: (state: TryState, log: readonly TryEntry[]) => boolean,
): Promise<void> {
  const { log, appended } = await dispatcher.ledger.append(ref, (entries) =>
    mayFollow(entries, entry).ok ? entry : undefined,
  )
  if (appended !== undefined || stands(tryState(log), log)) return
  const allowed = mayFollow(log, entry)
  throw new RefusedError('superseded', allowed.ok ? 'somebody else owns it' : allowed.why)
}

/**
 * Another agent has adopted the try's pod under `epoch`, which the cluster's own records gave it. Its answer says which events are held. Repeating it is
 * fine. Refuses `superseded`.
 */
export async function takenOver(
  dispatcher: Dispatcher,
  agent: Agent,
  { epoch, ...ref }: z.infer<typeof takenOverRequestSchema>,
): Promise<z.infer<typeof takenOverAnswerSchema>> {
  const before = tryState(await dispatcher.ledger.log(ref))
  if ((before.kind === 'claimed' || before.kind === 'started') && before.cluster !== agent.cluster)
    throw new RefusedError('forbidden', 'another cluster has it')
  const entry: TryEntry = { kind: 'taken-over', agent: agent.id, epoch, atMs: dispatcher.ports.clock.nowMs() }
  await appendOwned(dispatcher, ref, entry, (state) => isHeldBy(state, agent, epoch))
  const token = await dispatcher.access.jobToken({ ...ref, epoch, agent: agent.id })
  const { next, discrete, logOffset } = await dispatcher.streams.head(ref)
  return { token, nextEvent: next, discrete, logOffset }
}

function isHeldBy(state: TryState, agent: Agent, epoch: number): boolean {
  return (state.kind === 'claimed' || state.kind === 'started') && state.agent === agent.id && state.epoch === epoch
}

/** Takes a batch of events. Refuses `superseded`, `gap`, `conflict`. */
export async function takeEvents(
  dispatcher: Dispatcher,
  batch: Batch,
  body: Uint8Array,
): Promise<z.infer<typeof eventsAnswerSchema>> {
  const state = tryState(await dispatcher.ledger.log(batch.ref))
  if (state.kind !== 'claimed' && state.kind !== 'started') throw new RefusedError('superseded', 'the try is over')
  if (state.epoch !== batch.epoch) throw new RefusedError('superseded', 'another epoch owns it')
  const { next } = await dispatcher.streams.append(batch, body)
  return { next, cancel: dispatcher.cancels.get(batch.ref.run)?.has(tryName(batch.ref)) ?? false }
}

/** Says of every job the agent holds whether to go on, and renews its token. */
export async function heartbeat(
  dispatcher: Dispatcher,
  agent: Agent,
  { jobs }: z.infer<typeof heartbeatRequestSchema>,
): Promise<z.infer<typeof heartbeatAnswerSchema>> {
  const views = await viewsOf(dispatcher, new Set(jobs.map(({ run }) => run)))
  return {
    jobs: await Promise.all(
      jobs.map(async ({ epoch, ...ref }) => {
        const state = tryState(await dispatcher.ledger.log(ref))
        if (!isHeldBy(state, agent, epoch)) return { kind: 'lost' as const }
        const token = await dispatcher.access.jobToken({ ...ref, epoch, agent: agent.id })
        const cancel = views.get(ref.run)?.cancels.find((one) => tryName(one.ref) === tryName(ref))
        return cancel === undefined
          ? { kind: 'run' as const, token }
          : { kind: 'cancel' as const, token, reason: cancel.reason }
      }),
    ),
  }
}

/** Awaited as a whole: a store that fails fails the heartbeat, and nothing is left to fail unheard. */
async function viewsOf(
  dispatcher: Dispatcher,
  runs: ReadonlySet<number>,
): Promise<ReadonlyMap<number, RunView | undefined>> {
  return new Map(
    await Promise.all([...runs].map(async (run) => [run, (await settleRun(dispatcher, run))?.view] as const)),
  )
}
