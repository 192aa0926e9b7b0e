/**
 * Walks the open runs and completes what a dead dispatcher left half done: an offer that was written and not sent, a hint that is missing, a run that was
 * not closed. The only place where time passes for a run that nobody reports on.
 */
import { mayFollow, type TryEntry, type TryRef, tryState } from '../shared/try.ts'
import type { Dispatcher } from './dispatcher.ts'
import { OPEN_PREFIX, parseOpenKey } from './keys.ts'
import type { KnownRun, Unmarked } from './ledger.ts'
import { sendOffer, settleRun } from './settle.ts'

/** One walk. What fails for one run is reported and does not stop the others. */
export async function sweepRuns(dispatcher: Dispatcher): Promise<void> {
  for await (const key of dispatcher.ports.store.list(OPEN_PREFIX)) {
    const open = parseOpenKey(key)
    if (open === undefined) continue
    try {
      await sweepRun(dispatcher, open.run)
    } catch (failure) {
      dispatcher.ports.report?.(failure)
    }
  }
}

async function sweepRun(dispatcher: Dispatcher, run: number): Promise<void> {
  const known = await dispatcher.ledger.load(run)
  if (known === undefined) return
  for (const unmarked of known.unmarked) await complete(dispatcher, known, unmarked)
  for (const ref of expired(known, dispatcher.ports.clock.nowMs())) await giveUp(dispatcher, ref)
  await settleRun(dispatcher, run)
}

async function complete(dispatcher: Dispatcher, known: KnownRun, unmarked: Unmarked): Promise<void> {
  const { ref, index, entry } = unmarked
  switch (unmarked.kind) {
    case 'unhinted':
      return dispatcher.ledger.mark(ref, index, entry.kind)
    case 'unsent': {
      const stands = tryState(logOf(known, ref)).kind === 'offered' && index === logOf(known, ref).length - 1
      if (entry.kind === 'offered' && stands) await sendOffer(dispatcher, known, ref, index, entry)
      return
    }
  }
}

function logOf({ facts }: KnownRun, ref: TryRef): readonly TryEntry[] {
  return facts.logs.get(ref.runAttempt)?.get(ref.job)?.[ref.try] ?? []
}

/** Tries whose offer nobody took in time. */
function expired({ plan, facts }: KnownRun, nowMs: number): TryRef[] {
  const { runAttempt } = facts
  const found: TryRef[] = []
  for (const [job, tries] of facts.logs.get(runAttempt) ?? [])
    for (const [number, log] of tries.entries()) {
      const state = tryState(log)
      if (state.kind === 'offered' && state.expiresMs <= nowMs)
        found.push({ run: plan.run, runAttempt, job, try: number })
    }
  return found
}

async function giveUp(dispatcher: Dispatcher, ref: TryRef): Promise<void> {
  const atMs = dispatcher.ports.clock.nowMs()
  const cause = { code: 'queue-timeout', message: 'no agent took the job in time' }
  const entry: TryEntry = { kind: 'concluded', conclusion: 'failure', cause, atMs }
  await dispatcher.ledger.append(ref, (log) => {
    const state = tryState(log)
    return state.kind === 'offered' && state.expiresMs <= atMs && mayFollow(log, entry).ok ? entry : undefined
  })
}
