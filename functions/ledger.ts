/**
 * The facts of runs, read and appended. Everything kept here in memory is write-once in the store, so it can be old but never wrong; and what is decided
 * on old facts loses at the next key and is decided again on what won.
 */
import type { Plan } from '../shared/plan.ts'
import type { RunFacts } from '../shared/run.ts'
import { mayFollow, type TryEntry, type TryRef } from '../shared/try.ts'
import { type AttemptFact, type ClosedFact, factBody, type PlanFact, parseFact } from './fact.ts'
import * as keys from './keys.ts'
import type { Store } from './store.ts'
import { FACTS, type Wake } from './wake.ts'

/** Runs whose facts are kept in memory: those that are open at once, and a few that are looked at. */
const RUNS_KEPT_MAX = 256

/** `random` makes the nonce of a write: at least 16 bytes. */
export interface LedgerPorts {
  readonly store: Store
  readonly wake: Wake
  readonly random: () => Uint8Array
}

/** A run as the store has it now. */
export interface KnownRun {
  readonly plan: Plan
  readonly requestSha256: string
  readonly facts: RunFacts
  /** When the current run attempt began. */
  readonly attemptAtMs: number
  /** Of the current run attempt. */
  readonly closed?: ClosedFact
  /** Entries without their hint, and offers that nobody marked as sent. */
  readonly unmarked: readonly Unmarked[]
}

/** What a dispatcher that died left undone: the entry stands, its hint or its message may be missing. */
export interface Unmarked {
  readonly kind: 'unhinted' | 'unsent'
  readonly ref: TryRef
  readonly index: number
  readonly entry: TryEntry
}

/** `appended` is the entry written by this call, if it was; `log` is what stands then. */
export interface Appended {
  readonly log: readonly TryEntry[]
  readonly appended?: TryEntry
  readonly index: number
}

/** Reads and appends the facts of runs. */
export interface Ledger {
  /** As of its latest run attempt, or of an earlier one. Undefined where there is no plan: never triggered, or removed by retention. */
  load(run: number, runAttempt?: number): Promise<KnownRun | undefined>
  plan(run: number): Promise<PlanFact | undefined>
  /** The log of one try: what is kept, and whatever was appended to it since. */
  log(ref: TryRef): Promise<readonly TryEntry[]>
  /**
   * Appends what `choose` makes of the log; again, with what won, when somebody else was first. `choose` answers undefined when there is nothing to
   * append; an entry that may not follow is a bug there.
   */
  append(ref: TryRef, choose: (log: readonly TryEntry[]) => TryEntry | undefined): Promise<Appended>
  /** Writes a fact of the run unless there is one. */
  write(run: number, key: string, fact: object): Promise<{ readonly ours: boolean; readonly body: Uint8Array }>
  /** Writes a hint beside an entry. Idempotent. */
  mark(ref: TryRef, index: number, hint: string): Promise<void>
}

export function createLedger(ports: LedgerPorts): Ledger {
  const kept = new Map<number, KeptRun>()
  const keep = (run: number): KeptRun => {
    const known = kept.get(run) ?? { bodies: new Map() }
    kept.delete(run)
    kept.set(run, known)
    const oldest = kept.keys().next().value
    if (kept.size > RUNS_KEPT_MAX && oldest !== undefined) kept.delete(oldest)
    return known
  }
  return {
    load: (run, runAttempt) => loadRun(ports.store, keep(run), run, runAttempt),
    plan: (run) => readPlan(ports.store, keep(run), run),
    log: (ref) => readLog(ports.store, keep(ref.run), ref),
    append: (ref, choose) => append(ports, keep(ref.run), ref, choose),
    async write(run, key, fact) {
      const written = await ports.store.putIfAbsent(key, factBody(fact, ports.random()))
      ports.wake.notify(run, FACTS)
      return written
    },
    async mark(ref, index, hint) {
      await ports.store.putIfAbsent(keys.hintKey(ref, index, hint), factBody({}))
    },
  }
}

/** Parsed facts by key. */
interface KeptRun {
  plan?: PlanFact
  readonly bodies: Map<string, unknown>
}

async function readPlan(store: Store, kept: KeptRun, run: number): Promise<PlanFact | undefined> {
  if (kept.plan !== undefined) return kept.plan
  const body = await store.get(keys.planKey(run))
  if (body === undefined) return undefined
  kept.plan = parseFact.plan(body)
  return kept.plan
}

/** The fact under `key`, from memory when it was read before: it cannot have changed. */
async function readFact<T>(
  store: Store,
  kept: KeptRun,
  key: string,
  parse: (body: Uint8Array) => T,
): Promise<T | undefined> {
  const known = kept.bodies.get(key)
  if (known !== undefined) return known as T // parsed by this very parser: a key has one kind
  const body = await store.get(key)
  if (body === undefined) return undefined
  const fact = parse(body)
  kept.bodies.set(key, fact)
  return fact
}

async function readLog(store: Store, kept: KeptRun, ref: TryRef): Promise<TryEntry[]> {
  const log: TryEntry[] = []
  for (;;) {
    const entry = await readFact(store, kept, keys.entryKey(ref, log.length), parseFact.entry)
    if (entry === undefined) return log
    log.push(entry)
  }
}

async function append(
  ports: LedgerPorts,
  kept: KeptRun,
  ref: TryRef,
  choose: (log: readonly TryEntry[]) => TryEntry | undefined,
): Promise<Appended> {
  for (;;) {
    const log = await readLog(ports.store, kept, ref)
    const entry = choose(log)
    const index = log.length
    if (entry === undefined) return { log, index }
    const allowed = mayFollow(log, entry)
    if (!allowed.ok) throw new Error(`broken invariant: ${entry.kind} was chosen, but ${allowed.why}`)
    const { ours } = await ports.store.putIfAbsent(keys.entryKey(ref, index), factBody(entry, ports.random()))
    if (!ours) continue
    kept.bodies.set(keys.entryKey(ref, index), entry)
    await ports.store.putIfAbsent(keys.hintKey(ref, index, entry.kind), factBody({}))
    ports.wake.notify(ref.run, FACTS)
    return { log: [...log, entry], appended: entry, index }
  }
}

async function loadRun(
  store: Store,
  kept: KeptRun,
  run: number,
  asked: number | undefined,
): Promise<KnownRun | undefined> {
  const planned = await readPlan(store, kept, run)
  if (planned === undefined) return undefined
  const found: keys.FactKey[] = []
  for await (const key of store.list(keys.factsPrefix(run))) {
    const fact = keys.parseFactKey(run, key)
    if (fact !== undefined) found.push(fact)
  }
  const attempts = await readAttempts(store, kept, run, found, asked)
  const runAttempt = Math.max(1, ...attempts.keys())
  const has = (kind: 'cancel' | 'closed'): boolean =>
    found.some((key) => key.kind === kind && key.runAttempt === runAttempt)
  const cancelled = has('cancel')
    ? await readFact(store, kept, keys.cancelKey(run, runAttempt), parseFact.cancel)
    : undefined
  const closed = has('closed')
    ? await readFact(store, kept, keys.closedKey(run, runAttempt), parseFact.closed)
    : undefined
  const { logs, unmarked } = await readLogs(store, kept, found)
  const reruns = new Map([...attempts].map(([number, fact]) => [number, fact.jobs]))
  return {
    ...planned,
    facts: { runAttempt, reruns, ...(cancelled === undefined ? {} : { cancelled }), logs },
    attemptAtMs: attempts.get(runAttempt)?.atMs ?? planned.plan.createdAtMs,
    ...(closed === undefined ? {} : { closed }),
    unmarked,
  }
}

async function readAttempts(
  store: Store,
  kept: KeptRun,
  run: number,
  found: readonly keys.FactKey[],
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<ReadonlyMap<number, AttemptFact>> {
  const attempts = new Map<number, AttemptFact>()
  for (const key of found) {
    if (key.kind !== 'attempt' || key.runAttempt > upTo) continue
    const fact = await readFact(store, kept, keys.attemptKey(run, key.runAttempt), parseFact.attempt)
    if (fact !== undefined) attempts.set(key.runAttempt, fact)
  }
  return attempts
}

type MutableLogs = Map<number, Map<string, TryEntry[][]>>

async function readLogs(
  store: Store,
  kept: KeptRun,
  found: readonly keys.FactKey[],
): Promise<{ readonly logs: RunFacts['logs']; readonly unmarked: Unmarked[] }> {
  const hints = new Set<string>()
  for (const key of found) if (key.kind === 'hint') hints.add(keys.hintKey(key.ref, key.index, key.hint))
  const logs: MutableLogs = new Map()
  const unmarked: Unmarked[] = []
  for (const key of found) {
    if (key.kind !== 'entry') continue
    const { ref, index } = key
    const entry = await readFact(store, kept, keys.entryKey(ref, index), parseFact.entry)
    if (entry === undefined) continue
    logOf(logs, ref)[index] = entry
    if (!hints.has(keys.hintKey(ref, index, entry.kind))) unmarked.push({ kind: 'unhinted', ref, index, entry })
    if (entry.kind === 'offered' && !hints.has(keys.hintKey(ref, index, keys.SENT)))
      unmarked.push({ kind: 'unsent', ref, index, entry })
  }
  return { logs, unmarked }
}

function logOf(logs: MutableLogs, ref: TryRef): TryEntry[] {
  const attempt = logs.get(ref.runAttempt) ?? new Map<string, TryEntry[][]>()
  logs.set(ref.runAttempt, attempt)
  const tries = attempt.get(ref.job) ?? []
  attempt.set(ref.job, tries)
  const log = tries[ref.try] ?? []
  tries[ref.try] = log
  return log
}
