/**
 * Random workflows under random histories: deciders that see only part of the facts, agents that claim, start and end, offers taken back, a
 * cancel at any time. Whatever wins a key, the run stays consistent and comes to one end.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Plan } from '../../shared/plan.ts'
import { rerunJobs } from '../../shared/rerun.ts'
import {
  advance,
  type Decision,
  type JobView,
  type RunConclusion,
  type RunFacts,
  type RunView,
} from '../../shared/run.ts'
import { mayFollow, nextOffer, type TryEntry, tryState } from '../../shared/try.ts'
import { appended, CANCEL, factsOf, type Log, lineOf, planOf, played, written } from './facts.ts'

interface JobShape {
  readonly needs: readonly number[]
  readonly legs: number
  readonly dynamic: boolean
  readonly maxParallel: number
  readonly failFast: boolean
  readonly tolerates: boolean
  readonly condition: string
}

const CONDITIONS = [
  '',
  '',
  '',
  'always()',
  'failure()',
  'cancelled()',
  '!cancelled()',
  '!success()',
  'false',
  "needs.*.result == ''",
]

const shape: fc.Arbitrary<JobShape> = fc.record({
  needs: fc.uniqueArray(fc.nat(4), { maxLength: 2 }),
  legs: fc.nat(5),
  dynamic: fc.boolean(),
  maxParallel: fc.nat(3),
  failFast: fc.boolean(),
  tolerates: fc.boolean(),
  condition: fc.constantFrom(...CONDITIONS),
})

const plans = fc.array(shape, { minLength: 1, maxLength: 5 }).map((shapes) => ({ shapes, plan: planFrom(shapes) }))

function planFrom(shapes: readonly JobShape[]): Plan {
  return planOf(Object.fromEntries(shapes.map((job, index) => [`j${index}`, textOf(job, index)])))
}

/** A dynamic matrix reads the outputs of what the job needs, and fails where there are none. */
function textOf(job: JobShape, index: number): string {
  const needs = job.needs.filter((need) => need < index)
  const first = needs[0]
  const fixed = `{ v: [${Array.from({ length: job.legs }, (_, leg) => leg).join(', ')}] }`
  const matrix = job.dynamic && first !== undefined ? `"\${{ fromJSON(needs.j${first}.outputs.m) }}"` : fixed
  const strategy = [
    `fail-fast: ${job.failFast}`,
    ...(job.maxParallel > 0 ? [`max-parallel: ${job.maxParallel}`] : []),
    `matrix: ${matrix}`,
  ]
  return [
    `needs: [${needs.map((need) => `j${need}`).join(', ')}]`,
    ...(job.condition === '' ? [] : [`if: \${{ ${job.condition} }}`]),
    `continue-on-error: ${job.tolerates}`,
    ...(job.legs > 0 ? [`strategy: { ${strategy.join(', ')} }`] : []),
  ].join('\n')
}

/** One thing that happens; the numbers choose among what is possible then. */
type Happening =
  | {
      readonly kind: 'decide'
      readonly hidden: readonly number[]
      readonly blind: boolean
      readonly which: number
      /** Written at the index it was decided for, or wherever the rules of the log still allow it. */
      readonly exact: boolean
    }
  | { readonly kind: 'agent'; readonly which: number; readonly how: number }
  | { readonly kind: 'cancel' }

const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('decide' as const),
        hidden: fc.array(fc.nat(3), { maxLength: 8 }),
        blind: fc.boolean(),
        which: fc.nat(20),
        exact: fc.boolean(),
      }),
    },
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('agent' as const), which: fc.nat(20), how: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'cancel' as const }) },
  ),
  { maxLength: 120 },
)

interface World {
  readonly facts: RunFacts
  /** Every `close` that anybody decided, on whatever part of the facts. */
  readonly closes: readonly RunConclusion[]
}

function happen(plan: Plan, world: World, event: Happening): World {
  switch (event.kind) {
    case 'cancel':
      return { ...world, facts: { ...world.facts, ...CANCEL } }
    case 'agent':
      return { ...world, facts: agentActs(world.facts, event.which, event.how) }
    case 'decide': {
      const seen = partOf(world.facts, event.hidden, event.blind)
      const { decisions } = advance(plan, seen)
      const decision = decisions[event.which % Math.max(1, decisions.length)]
      if (decision === undefined) return world
      if (decision.kind === 'close') return { ...world, closes: [...world.closes, decision.conclusion] }
      return { ...world, facts: competes(world.facts, seen, decision, event.exact) }
    }
  }
}

function logIn(facts: RunFacts, job: string): Log {
  return facts.logs.get(1)?.get(job)?.[0] ?? []
}

/** Some logs without their last entries, perhaps without the cancel: what a lister may see. */
function partOf(facts: RunFacts, hidden: readonly number[], blind: boolean): RunFacts {
  const logs = [...(facts.logs.get(1) ?? [])].map(([job, [log = []]], index): [string, readonly Log[]] => [
    job,
    [log.slice(0, Math.max(0, log.length - (hidden[index % Math.max(1, hidden.length)] ?? 0)))],
  ])
  const { cancelled, ...rest } = facts
  return {
    ...rest,
    logs: new Map([[1, new Map(logs.filter(([, [log = []]]) => log.length > 0))]]),
    ...(cancelled === undefined || blind ? {} : { cancelled }),
  }
}

/** Writes a decision made on what was seen, unless another entry was first. */
function competes(
  facts: RunFacts,
  seen: RunFacts,
  decision: Exclude<Decision, { kind: 'close' }>,
  exact: boolean,
): RunFacts {
  const { job } = decision.ref
  const log = logIn(facts, job)
  if (exact && log.length !== logIn(seen, job).length) return facts
  const after = written(facts, decision)
  const entry = logIn(after, job).at(-1)
  return entry !== undefined && mayFollow(log, entry).ok ? after : facts
}

function agentActs(facts: RunFacts, which: number, how: number): RunFacts {
  const live = [...(facts.logs.get(1) ?? [])].filter(([, [log = []]]) => nextOfAgent(log, how) !== undefined)
  const [job, [log = []] = []] = live[which % Math.max(1, live.length)] ?? []
  const entry = nextOfAgent(log, how)
  return job === undefined || entry === undefined ? facts : appended(facts, 1, job, [entry])
}

function nextOfAgent(log: Log, how: number): TryEntry | undefined {
  const state = tryState(log)
  const atMs = log.length
  switch (state.kind) {
    case 'offered':
      return how === 9
        ? { kind: 'revoked', offer: state.offer, reason: 'silent', atMs }
        : { kind: 'claimed', offer: state.offer, cluster: state.cluster, agent: 'a', epoch: state.epoch + 1, atMs }
    case 'claimed':
      return how === 9
        ? { kind: 'revoked', offer: state.offer, reason: 'silent', atMs }
        : { kind: 'started', epoch: state.epoch, atMs }
    case 'started': {
      if (how === 9) return { kind: 'lost', cause: { code: 'gone', message: 'gone' }, atMs }
      const conclusion = how < 6 ? 'success' : how < 8 ? 'failure' : 'cancelled'
      return { kind: 'ended', epoch: state.epoch, conclusion, outputs: how % 2 === 0 ? { m: '{"v":[1,2]}' } : {}, atMs }
    }
    case 'absent':
    case 'revoked':
    case 'done':
      return undefined
  }
}

function keysOf(facts: RunFacts, id: string): readonly (readonly [string, Log])[] {
  return [...(facts.logs.get(1) ?? [])].flatMap(([key, [log = []]]) =>
    key === id || key.startsWith(`${id}.`) ? [[key, log] as const] : [],
  )
}

/** At work or on the way to it: offered, and not over. */
function isLive(log: Log): boolean {
  return log.some(({ kind }) => kind === 'offered') && tryState(log).kind !== 'done'
}

function assertConsistent(shapes: readonly JobShape[], facts: RunFacts): void {
  for (const [index, job] of shapes.entries()) {
    const logs = keysOf(facts, `j${index}`)
    const live = logs.filter(([, log]) => isLive(log)).length
    if (job.maxParallel > 0 && job.legs > 0) assert.ok(live <= job.maxParallel, `j${index} has ${live} live legs`)
    const skipped = logs.filter(([, log]) =>
      log.some((entry) => entry.kind === 'concluded' && entry.conclusion === 'skipped'),
    )
    if (skipped.length > 0) assert.equal(logs.length, 1, `j${index} is skipped as a whole: ${logs.map(([key]) => key)}`)
  }
}

function historyOf(plan: Plan, shapes: readonly JobShape[], events: readonly Happening[]): World {
  let world: World = { facts: factsOf({}), closes: [] }
  for (const event of events) {
    world = happen(plan, world, event)
    assertConsistent(shapes, world.facts)
  }
  return world
}

/** Everybody sees everything now, and agents end what they have. */
function drained(plan: Plan, world: World): World {
  let { facts } = world
  for (let round = 0; round < 2_000; round += 1) {
    const view = advance(plan, facts)
    if (view.conclusion !== undefined) return { facts, closes: [...world.closes, view.conclusion] }
    const before = facts
    for (const decision of view.decisions) facts = written(facts, decision)
    facts = agentActs(facts, round, round % 7)
    assert.notEqual(facts, before, 'a run that is not over goes on')
  }
  return assert.fail('the run never ends')
}

const RUNS = { numRuns: 400 }

test('deciders who see only part of the facts never exceed max-parallel or contradict each other', () => {
  fc.assert(
    fc.property(plans, happenings, ({ plan, shapes }, events) => {
      historyOf(plan, shapes, events)
    }),
    RUNS,
  )
})

test('every run comes to an end when what was offered ends, and to one end only', () => {
  fc.assert(
    fc.property(plans, happenings, ({ plan, shapes }, events) => {
      const { closes, facts } = drained(plan, historyOf(plan, shapes, events))
      assert.equal(new Set(closes).size, 1, `closed as ${closes}`)
      assert.deepEqual(advance(plan, facts).decisions.map(lineOf), [`close ${closes[0]}`])
    }),
    RUNS,
  )
})

test('more facts never take back what is done, nor a decision that nobody competes with', () => {
  fc.assert(
    fc.property(plans, happenings, fc.array(fc.nat(3), { maxLength: 8 }), ({ plan, shapes }, events, hidden) => {
      const { facts } = historyOf(plan, shapes, events)
      const [less, more] = [advance(plan, partOf(facts, hidden, false)), advance(plan, facts)]
      for (const job of less.jobs.filter(({ state }) => state === 'done')) {
        const now = more.jobs.find((candidate) => candidate.job === job.job)
        assert.equal(now?.conclusion, job.conclusion)
      }
      for (const decision of less.decisions) assertKept(decision, partOf(facts, hidden, false), facts, more)
    }),
    RUNS,
  )
})

/** Unless its log went on, it is decided still; only a stop, which competes for the same entry, may have come before an offer. */
function assertKept(decision: Decision, known: RunFacts, facts: RunFacts, more: RunView): void {
  if (decision.kind === 'close') {
    assert.equal(more.conclusion, decision.conclusion)
    return
  }
  const { job } = decision.ref
  if (logIn(facts, job).length > logIn(known, job).length) return
  const now = more.decisions.filter((other) => other.kind !== 'close' && other.ref.job === job).map(lineOf)
  const possible = [lineOf(decision), ...(decision.kind === 'offer' ? [`cancelled ${job}`] : [])]
  assert.ok(now.length === 1 && possible.includes(now[0] ?? ''), `${lineOf(decision)} became ${now}`)
}

test('a rerun of what failed comes to its end and leaves all other results as they were', () => {
  fc.assert(
    fc.property(plans, happenings, ({ plan, shapes }, events) => {
      const { cancelled, ...first } = drained(plan, historyOf(plan, shapes, events)).facts
      const before = advance(plan, cancelled === undefined ? first : { ...first, cancelled })
      const jobs = rerunJobs(plan, first, 'failed')
      const { view } = played(plan, {}, { ...first, runAttempt: 2, reruns: new Map([[2, jobs]]) })
      for (const job of view.jobs.filter(({ ref }) => ref.runAttempt === 1)) {
        assert.equal(job.conclusion, before.jobs.find((old) => old.job === job.job)?.conclusion)
      }
      assert.equal(jobs.length === 0, before.conclusion === 'success' && !before.jobs.some(isRed))
    }),
    RUNS,
  )
})

function isRed({ conclusion }: JobView): boolean {
  return conclusion === 'failure' || conclusion === 'cancelled'
}

test('the same facts make the same view', () => {
  fc.assert(
    fc.property(plans, happenings, ({ plan, shapes }, events) => {
      const { facts } = historyOf(plan, shapes, events)
      assert.deepEqual(advance(plan, facts), advance(structuredClone(plan), { ...facts }))
    }),
    { numRuns: 100 },
  )
})

test('cancels name only what an agent holds, decisions only what none does', () => {
  fc.assert(
    fc.property(plans, happenings, ({ plan, shapes }, events) => {
      const { facts } = historyOf(plan, shapes, events)
      const view = advance(plan, facts)
      for (const { ref } of view.cancels) assert.match(tryState(logIn(facts, ref.job)).kind, /^(claimed|started)$/)
      for (const decision of view.decisions) {
        if (decision.kind === 'close') continue
        const state = tryState(logIn(facts, decision.ref.job))
        assert.match(state.kind, /^(absent|offered|revoked)$/)
        if (decision.kind === 'offer') assert.ok(nextOffer(state) < 5)
      }
    }),
    RUNS,
  )
})
