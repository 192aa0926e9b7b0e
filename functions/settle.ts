/**
 * Takes a run as far as its facts allow: decide (write once), then act (send), then mark. Whoever finds half of it done completes it, so it may be called
 * at any time and by any number of processes at once.
 */
import { advance, type Decision, type RunView } from '../shared/run.ts'
import { jobSpec } from '../shared/spec.ts'
import { mayFollow, nextOffer, type TryEntry, type TryRef, tryState } from '../shared/try.ts'
import { type Dispatcher, signMessage } from './dispatcher.ts'
import { closedKey, openKey, SENT, tryName } from './keys.ts'
import type { KnownRun } from './ledger.ts'
import { OFFER_EXPIRES_MS } from './limit.ts'

/** Decisions written at once: enough to hide a store's latency, few enough for its connections. */
const DECISIONS_AT_ONCE = 16

/** The run as it stands then; undefined where there is none. */
export async function settleRun(dispatcher: Dispatcher, run: number): Promise<Settled | undefined> {
  for (;;) {
    const known = await dispatcher.ledger.load(run)
    if (known === undefined) return undefined
    const view = advance(known.plan, known.facts)
    remember(dispatcher, known, view)
    if (known.closed !== undefined) {
      await dispatcher.ports.store.delete(openKey(run, known.facts.runAttempt))
      return { known, view }
    }
    if (!(await decideAll(dispatcher, known, view.decisions))) return { known, view }
  }
}

function remember({ cancels }: Dispatcher, known: KnownRun, view: RunView): void {
  const { run } = known.plan
  if (known.closed !== undefined || view.cancels.length === 0) cancels.delete(run)
  else cancels.set(run, new Set(view.cancels.map(({ ref }) => tryName(ref))))
}

/** A run after everything that could be decided was written. */
export interface Settled {
  readonly known: KnownRun
  readonly view: RunView
}

/** True when the facts are others now. */
async function decideAll(dispatcher: Dispatcher, known: KnownRun, decisions: readonly Decision[]): Promise<boolean> {
  let moved = false
  for (let at = 0; at < decisions.length; at += DECISIONS_AT_ONCE) {
    const some = decisions.slice(at, at + DECISIONS_AT_ONCE)
    const answers = await Promise.all(some.map((decision) => decide(dispatcher, known, decision)))
    moved ||= answers.includes(true)
  }
  return moved
}

async function decide(dispatcher: Dispatcher, known: KnownRun, decision: Decision): Promise<boolean> {
  const { ports, ledger } = dispatcher
  const atMs = ports.clock.nowMs()
  switch (decision.kind) {
    case 'offer':
      return offer(dispatcher, known, decision.ref)
    case 'conclude': {
      const { ref, conclusion, cause } = decision
      const why = cause === undefined ? {} : { cause }
      return conclude(dispatcher, ref, { kind: 'concluded', conclusion, ...why, atMs })
    }
    case 'close': {
      const { run } = known.plan
      await ledger.write(run, closedKey(run, known.facts.runAttempt), { conclusion: decision.conclusion, atMs })
      return true
    }
  }
}

async function offer(dispatcher: Dispatcher, known: KnownRun, ref: TryRef): Promise<boolean> {
  const { clock, config } = dispatcher.ports
  const spec = jobSpec(known.plan, known.facts, ref)
  const atMs = clock.nowMs()
  if (!spec.ok) return conclude(dispatcher, ref, { kind: 'concluded', conclusion: 'failure', cause: spec.cause, atMs })
  const cluster = config.clusters[0].name
  const { appended, index } = await dispatcher.ledger.append(ref, (log) => {
    const expiresMs = atMs + OFFER_EXPIRES_MS
    const entry: TryEntry = { kind: 'offered', offer: nextOffer(tryState(log)), cluster, atMs, expiresMs }
    return mayFollow(log, entry).ok ? entry : undefined
  })
  if (appended?.kind === 'offered') await sendOffer(dispatcher, known, ref, index, appended)
  return appended !== undefined
}

/** What was decided on older facts is dropped where it may not follow any more: somebody else was first. */
async function conclude(dispatcher: Dispatcher, ref: TryRef, entry: TryEntry): Promise<boolean> {
  const { appended } = await dispatcher.ledger.append(ref, (log) => (mayFollow(log, entry).ok ? entry : undefined))
  return appended !== undefined
}

/** Sends what was written, then marks it as sent. Sent twice where somebody died in between: the queue promises no less. */
export async function sendOffer(
  dispatcher: Dispatcher,
  known: KnownRun,
  ref: TryRef,
  index: number,
  offered: TryEntry & { readonly kind: 'offered' },
): Promise<void> {
  const message = await signMessage(dispatcher.ports, known, ref, offered)
  await dispatcher.ports.queue.send(offered.cluster, message, known.plan.ref.repository)
  await dispatcher.ledger.mark(ref, index, SENT)
}
