/**
 * The log of one job try: who has it and how it ended. Appended to at the next index, if absent; the loser of a race reads
 * what won and goes on from there.
 *
 *   absent ──▶ offered ──▶ claimed ──▶ started ──▶ ended
 *     │         ▲ │ │       │ │ ▲ │      │ ▲ └───▶ lost (nobody can say how it ended)
 *     │         │ │ └───┐   │ │ │ │      │ └ taken-over (a higher epoch)
 *     │      revoked ◀──┼───┘ │ └ claimed, taken-over (a higher epoch)
 *     │         │       │     └──▶ ended (given up before its start)
 *     └─────────┴───────┴────────▶ concluded (also from claimed; never after started)
 *
 * Failover exists only before `started`; after it a silent cluster ends the job as lost, never elsewhere. Epochs rise through
 * the whole log, over offers too: whoever held the try before can always be told from whoever holds it now.
 */
import * as z from 'zod'
import { assert } from './assert.ts'

/** Which execution of which job: `job` is a job id, or `id.index` for a leg of a matrix. */
export interface TryRef {
  readonly run: number
  /** `github.run_attempt`; from 1. Changed by a rerun only. */
  readonly runAttempt: number
  readonly job: string
  /** From 0. Raised by an infrastructure retry only. */
  readonly try: number
}

/** Why a job ended as it did when its steps alone do not say: a stable code and a sentence for the log. */
const cause = z.object({ code: z.string(), message: z.string() }).readonly()
/** Why a job ended as it did where its steps do not say: `code` for machines, `message` for people. */
export type Cause = z.infer<typeof cause>

const atMs = z.number()
const count = z.int().min(0)
const epoch = z.int().min(1)
const outputs = z.record(z.string(), z.string()).readonly()

/** One entry, as stored: JSON, parsed again on every reading. Times are milliseconds since the epoch. */
export const tryEntrySchema = z.discriminatedUnion('kind', [
  /** Meant for one cluster: its message is sent after this is written. Offers count from 0. */
  z.object({ kind: z.literal('offered'), offer: count, cluster: z.string(), atMs, expiresMs: z.number() }).readonly(),
  /** An agent of that cluster has it. Again, with a higher epoch, when another agent of the cluster received the message anew. */
  z
    .object({ kind: z.literal('claimed'), offer: count, cluster: z.string(), agent: z.string(), epoch, atMs })
    .readonly(),
  z.object({ kind: z.literal('started'), epoch, atMs }).readonly(),
  /** Another agent adopted the pod. The epoch may jump: one that took over before it may have died unheard. */
  z.object({ kind: z.literal('taken-over'), agent: z.string(), epoch, atMs }).readonly(),
  /** The owner's word, on evidence. Before `started` it means that the owner gave the job up: nothing of it ran. */
  z
    .object({
      kind: z.literal('ended'),
      epoch,
      conclusion: z.enum(['success', 'failure', 'cancelled']),
      outputs,
      cause: cause.optional(),
      atMs,
    })
    .readonly(),
  /** Taken back from a cluster that did not start it. */
  z.object({ kind: z.literal('revoked'), offer: count, reason: z.string(), atMs }).readonly(),
  /** The dispatcher's word about a job that never started. */
  z
    .object({
      kind: z.literal('concluded'),
      conclusion: z.enum(['failure', 'cancelled', 'skipped']),
      cause: cause.optional(),
      atMs,
    })
    .readonly(),
  /** Started, and nobody will ever say how it ended. Counts as a failure. */
  z.object({ kind: z.literal('lost'), cause, atMs }).readonly(),
])
/** One entry of the log, as `tryEntrySchema` takes it. */
export type TryEntry = z.infer<typeof tryEntrySchema>

/** What a log folds to. `epoch` is the highest so far; 0 before the first claim. */
export type TryState =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'offered'
      readonly offer: number
      readonly cluster: string
      readonly expiresMs: number
      readonly epoch: number
      readonly atMs: number
    }
  | {
      readonly kind: 'claimed' | 'started'
      readonly offer: number
      readonly cluster: string
      readonly agent: string
      readonly epoch: number
      /** Of the entry that made it so: the first claim, the start. */
      readonly atMs: number
    }
  | {
      readonly kind: 'revoked'
      readonly offer: number
      readonly cluster: string
      readonly epoch: number
      readonly atMs: number
    }
  | {
      readonly kind: 'done'
      /** Which entry ended it. */
      readonly by: 'ended' | 'concluded' | 'lost'
      readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped'
      readonly outputs: { readonly [name: string]: string }
      readonly cause?: Cause
      readonly atMs: number
      /** Where it was last offered; absent when it never was. */
      readonly cluster?: string
    }

type Live = Exclude<TryState, { kind: 'done' }>
type Refusal = { readonly ok: false; readonly why: string }

const no = (why: string): Refusal => ({ ok: false, why })

/** May `entry` be appended to `log`? `why` is a sentence for whoever sent the fact; a stale epoch is refused here. */
export function mayFollow(log: readonly TryEntry[], entry: TryEntry): { readonly ok: true } | Refusal {
  const next = follow(tryState(log), entry)
  return next.ok ? { ok: true } : next
}

/** Folds a log. Total on logs that `mayFollow` built; one that breaks its rules is a bug and crashes. */
export function tryState(log: readonly TryEntry[]): TryState {
  let state: TryState = { kind: 'absent' }
  for (const [index, entry] of log.entries()) {
    const next = follow(state, entry)
    assert(next.ok, `entry ${index} (${entry.kind}) of a job-try log: ${next.ok ? '' : next.why}`)
    state = next.state
  }
  return state
}

/** The number of the next offer of a try: 0, then one more than the last. */
export function nextOffer(state: TryState): number {
  return state.kind === 'offered' || state.kind === 'revoked' ? state.offer + 1 : 0
}

type Followed = { readonly ok: true; readonly state: TryState } | Refusal

function follow(state: TryState, entry: TryEntry): Followed {
  if (state.kind === 'done') return no(`the try is over (${state.conclusion})`)
  switch (entry.kind) {
    case 'offered':
      return offer(state, entry)
    case 'claimed':
      return claim(state, entry)
    case 'started':
      return start(state, entry)
    case 'taken-over':
      return takeOver(state, entry)
    case 'ended':
      return end(state, entry)
    case 'revoked':
      return revoke(state, entry)
    case 'concluded':
      return conclude(state, entry)
    case 'lost':
      return lose(state, entry)
  }
}

function offer(state: Live, entry: TryEntry & { kind: 'offered' }): Followed {
  switch (state.kind) {
    case 'absent':
    case 'revoked': {
      const expected = nextOffer(state)
      if (entry.offer !== expected) return no(`offer ${entry.offer} is not the next one, ${expected}`)
      const { offer, cluster, expiresMs, atMs } = entry
      const epoch = state.kind === 'revoked' ? state.epoch : 0
      return { ok: true, state: { kind: 'offered', offer, cluster, expiresMs, epoch, atMs } }
    }
    case 'offered':
    case 'claimed':
    case 'started':
      return no(`offer ${state.offer} stands until it is revoked`)
  }
}

function claim(state: Live, entry: TryEntry & { kind: 'claimed' }): Followed {
  switch (state.kind) {
    case 'absent':
      return no('it was never offered')
    case 'revoked':
      return no(`offer ${state.offer} was revoked`)
    case 'started':
      return no(`it was started by agent ${state.agent}`)
    case 'offered':
    case 'claimed': {
      if (entry.offer !== state.offer) return no(`offer ${entry.offer} is not the one that stands, ${state.offer}`)
      if (entry.cluster !== state.cluster) return no(`it was offered to cluster ${state.cluster}`)
      if (entry.epoch !== state.epoch + 1) return no(`epoch ${entry.epoch} is not the next one, ${state.epoch + 1}`)
      const { offer, cluster, agent, epoch } = entry
      const atMs = state.kind === 'claimed' ? state.atMs : entry.atMs
      return { ok: true, state: { kind: 'claimed', offer, cluster, agent, epoch, atMs } }
    }
  }
}

function start(state: Live, entry: TryEntry & { kind: 'started' }): Followed {
  switch (state.kind) {
    case 'absent':
    case 'offered':
    case 'revoked':
      return no('nobody holds it')
    case 'started':
      return no('it was started before')
    case 'claimed':
      if (entry.epoch !== state.epoch) return stale(state.epoch, entry.epoch)
      return { ok: true, state: { ...state, kind: 'started', atMs: entry.atMs } }
  }
}

function takeOver(state: Live, entry: TryEntry & { kind: 'taken-over' }): Followed {
  switch (state.kind) {
    case 'absent':
    case 'offered':
    case 'revoked':
      return no('nobody holds it')
    case 'claimed':
    case 'started':
      if (entry.epoch <= state.epoch) return stale(state.epoch, entry.epoch)
      return { ok: true, state: { ...state, agent: entry.agent, epoch: entry.epoch } }
  }
}

function end(state: Live, entry: TryEntry & { kind: 'ended' }): Followed {
  switch (state.kind) {
    case 'absent':
    case 'offered':
    case 'revoked':
      return no('nobody holds it')
    case 'claimed':
      if (entry.conclusion === 'success') return no('it was never started, so it cannot have succeeded')
      return ended(state, entry)
    case 'started':
      return ended(state, entry)
  }
}

function ended(state: Live & { kind: 'claimed' | 'started' }, entry: TryEntry & { kind: 'ended' }): Followed {
  if (entry.epoch !== state.epoch) return stale(state.epoch, entry.epoch)
  const { conclusion, outputs, atMs } = entry
  const { cluster } = state
  return { ok: true, state: { kind: 'done', by: 'ended', conclusion, outputs, ...causeOf(entry), atMs, cluster } }
}

function revoke(state: Live, entry: TryEntry & { kind: 'revoked' }): Followed {
  switch (state.kind) {
    case 'absent':
      return no('it was never offered')
    case 'revoked':
      return no(`offer ${state.offer} was revoked before`)
    case 'started':
      return no('it was started: it ends where it runs')
    case 'offered':
    case 'claimed':
      if (entry.offer !== state.offer) return no(`offer ${entry.offer} is not the one that stands, ${state.offer}`)
      return { ok: true, state: revoked(state, entry.atMs) }
  }
}

function revoked(state: Extract<Live, { kind: 'offered' | 'claimed' | 'started' }>, atMs: number): TryState {
  const { offer, cluster, epoch } = state
  return { kind: 'revoked', offer, cluster, epoch, atMs }
}

function conclude(state: Live, entry: TryEntry & { kind: 'concluded' }): Followed {
  switch (state.kind) {
    case 'absent':
      return { ok: true, state: concluded(entry) }
    case 'offered':
    case 'claimed':
    case 'revoked':
      if (entry.conclusion === 'skipped') return no('it was offered, so it cannot be skipped')
      return { ok: true, state: { ...concluded(entry), cluster: state.cluster } }
    case 'started':
      return no('it was started: only its owner says how it ended')
  }
}

function concluded(entry: TryEntry & { kind: 'concluded' }): TryState & { kind: 'done' } {
  const { conclusion, atMs } = entry
  return { kind: 'done', by: 'concluded', conclusion, outputs: {}, ...causeOf(entry), atMs }
}

function lose(state: Live, entry: TryEntry & { kind: 'lost' }): Followed {
  switch (state.kind) {
    case 'absent':
    case 'offered':
    case 'claimed':
    case 'revoked':
      return no('it never started, so it is not lost: revoke it')
    case 'started': {
      const { cause, atMs } = entry
      const { cluster } = state
      return {
        ok: true,
        state: { kind: 'done', by: 'lost', conclusion: 'failure', outputs: {}, cause, atMs, cluster },
      }
    }
  }
}

function causeOf(entry: { readonly cause?: Cause | undefined }): { readonly cause?: Cause } {
  return entry.cause === undefined ? {} : { cause: entry.cause }
}

function stale(current: number, given: number): Refusal {
  return no(`epoch ${given} does not own it, epoch ${current} does`)
}
