import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advance } from '../../shared/run.ts'
import {
  CANCEL,
  CLAIMED,
  cancelled,
  causeOfDecision,
  concluded,
  conclusions,
  decided,
  ended,
  FAILURE,
  FILE,
  factsOf,
  type Log,
  OFFERED,
  planOf,
  played,
  STARTED,
  SUCCESS,
} from './facts.ts'

test('a job starts when its own needs are done, whatever else still runs', () => {
  const plan = planOf({ slow: '', fast: '', after: 'needs: fast' })
  assert.deepEqual(decided(advance(plan, factsOf({}))), ['offer slow', 'offer fast'])
  assert.deepEqual(decided(advance(plan, factsOf({ slow: STARTED, fast: SUCCESS }))), ['offer after'])
})

test('a job may stand above what it needs', () => {
  const plan = planOf({ last: 'needs: first', first: '' })
  assert.deepEqual(decided(advance(plan, factsOf({}))), ['offer first'])
  assert.deepEqual(
    advance(plan, factsOf({})).jobs.map((job) => job.job),
    ['last', 'first'],
  )
})

test('a failed job skips everything that needs it, and fails the run', () => {
  const plan = planOf({ build: '', test: 'needs: build', ship: 'needs: test' })
  const { view } = played(plan, { build: FAILURE })
  assert.deepEqual(conclusions(view), { build: 'failure', test: 'skipped', ship: 'skipped' })
  assert.equal(view.conclusion, 'failure')
})

test('a skipped job names what it needs, or its condition', () => {
  const plan = planOf({ build: '', test: 'needs: build', never: 'if: false' })
  const view = advance(plan, factsOf({ build: FAILURE }))
  assert.deepEqual(causeOfDecision(view, 'test'), { code: 'needs', message: 'it needs `build`, which failed' })
  assert.deepEqual(causeOfDecision(view, 'never'), {
    code: 'condition',
    message: 'the condition of its `if` is false',
  })
})

test('a skipped job counts as a success for the run', () => {
  const { view } = played(planOf({ a: '', b: 'if: false' }))
  assert.equal(view.conclusion, 'success')
})

test('success() is false where any ancestor was skipped, not only a direct need', () => {
  const plan = planOf({ a: 'if: false', b: 'needs: a\nif: always()', c: 'needs: b', d: "needs: b\nif: success('b')" })
  assert.deepEqual(conclusions(played(plan).view), { a: 'skipped', b: 'success', c: 'skipped', d: 'success' })
})

test('failure() looks at all ancestors, or at the jobs it is given', () => {
  const plan = planOf({
    a: '',
    b: 'needs: a',
    any: 'needs: b\nif: failure()',
    one: "needs: [a, b]\nif: failure('b')",
  })
  const { view } = played(plan, { a: FAILURE })
  assert.deepEqual(conclusions(view), { a: 'failure', b: 'skipped', any: 'success', one: 'skipped' })
})

test('a condition without a status function stands for success() and itself', () => {
  const plan = planOf({ a: '', b: "needs: a\nif: github.event_name == 'push'" })
  assert.equal(conclusions(played(plan).view)['b'], 'success')
  assert.equal(conclusions(played(plan, { a: FAILURE }).view)['b'], 'skipped')
})

test('a condition reads the results and outputs of what the job needs', () => {
  const plan = planOf({ a: '', b: "needs: a\nif: needs.a.outputs.go == 'yes' && needs.a.result == 'success'" })
  assert.equal(conclusions(played(plan, { a: ended('success', { go: 'yes' }) }).view)['b'], 'success')
  assert.equal(conclusions(played(plan, { a: ended('success', { go: 'no' }) }).view)['b'], 'skipped')
})

test('a condition in error fails its job, with its place', () => {
  const plan = planOf({ a: '', b: 'needs: a\nif: fromJSON(needs.a.outputs.go)' })
  const view = advance(plan, factsOf({ a: ended('success', { go: '{' }) }))
  assert.deepEqual(decided(view), ['failure b'])
  assert.match(causeOfDecision(view, 'b')?.message ?? '', new RegExp(`^${FILE}:\\d+:\\d+: `))
})

test('the legs of a matrix are offered in declaration order, each under its index and name', () => {
  const view = advance(planOf({ t: 'strategy: { matrix: { os: [linux, mac], v: [1, 2] } }' }), factsOf({}))
  assert.deepEqual(decided(view), ['offer t.0', 'offer t.1', 'offer t.2', 'offer t.3'])
  assert.deepEqual(
    view.jobs.map((job) => job.name),
    ['t (linux, 1)', 't (linux, 2)', 't (mac, 1)', 't (mac, 2)'],
  )
})

test('a name that tells the legs apart by itself is left as it is', () => {
  const plan = planOf({ t: 'name: Test on ${{ matrix.os }}\nstrategy: { matrix: { os: [linux, mac] } }' })
  assert.deepEqual(
    advance(plan, factsOf({})).jobs.map((job) => job.name),
    ['Test on linux', 'Test on mac'],
  )
})

test('a job that waits has its name already, unless that depends on what is not known yet', () => {
  const plan = planOf({
    a: '',
    b: 'needs: a\nname: Ship ${{ github.ref_name }}',
    c: 'needs: a\nname: Ship ${{ needs.a.outputs.v }}',
  })
  const names = (logs: { readonly [key: string]: Log }): string[] =>
    advance(plan, factsOf(logs)).jobs.map((job) => job.name)
  assert.deepEqual(names({}), ['a', 'Ship main', 'c'])
  assert.deepEqual(names({ a: ended('success', { v: '1' }) }), ['a', 'Ship main', 'Ship 1'])
})

test('a matrix may come whole from an output of what the job needs', () => {
  const plan = planOf({ list: '', t: 'needs: list\nstrategy: { matrix: "${{ fromJSON(needs.list.outputs.m) }}" }' })
  assert.deepEqual(
    advance(plan, factsOf({})).jobs.map((job) => job.job),
    ['list', 't.0'],
  )
  const view = advance(plan, factsOf({ list: ended('success', { m: '{"v":[1,2,3]}' }) }))
  assert.deepEqual(decided(view), ['offer t.0', 'offer t.1', 'offer t.2'])
})

test('a matrix in error fails its job with the place, and the run', () => {
  const plan = planOf({ list: '', t: 'needs: list\nstrategy: { matrix: "${{ fromJSON(needs.list.outputs.m) }}" }' })
  for (const m of ['', '[]', '{"v":[]}', '"text"', `{"v":[${Array(257).fill(1).join(',')}]}`]) {
    const view = advance(plan, factsOf({ list: ended('success', { m }) }))
    assert.deepEqual(decided(view), ['failure t.0'], m)
    assert.match(causeOfDecision(view, 't.0')?.message ?? '', new RegExp(`^${FILE}:\\d+:\\d+: `))
  }
  const { view } = played(plan, { list: ended('success', { m: '[]' }) })
  assert.equal(view.conclusion, 'failure')
})

test('`if` is looked at before the matrix is', () => {
  const plan = planOf({ t: 'if: false\nstrategy: { matrix: "${{ fromJSON(vars.none) }}" }' })
  assert.deepEqual(decided(advance(plan, factsOf({}))), ['skipped t.0'])
})

test('a failed leg stops the others: waiting and offered ones are over, running ones are told', () => {
  const plan = planOf({ t: 'strategy: { matrix: { v: [1, 2, 3, 4, 5] } }' })
  const view = advance(plan, factsOf({ 't.0': STARTED, 't.1': FAILURE, 't.2': CLAIMED, 't.3': OFFERED }))
  assert.deepEqual(decided(view), ['cancelled t.3', 'cancelled t.4'])
  assert.deepEqual(cancelled(view), ['t.0', 't.2'])
  assert.match(view.cancels[0]?.reason ?? '', /`t \(2\)` failed/)
})

test('without fail-fast the other legs go on', () => {
  const plan = planOf({ t: 'strategy: { fail-fast: false, matrix: { v: [1, 2] } }' })
  const view = advance(plan, factsOf({ 't.0': FAILURE }))
  assert.deepEqual(decided(view), ['offer t.1'])
  assert.deepEqual(cancelled(view), [])
})

test('a failure that is tolerated stops no other leg', () => {
  const plan = planOf({
    t: 'continue-on-error: ${{ matrix.v == 1 }}\nstrategy: { matrix: { v: [1, 2] } }',
  })
  assert.deepEqual(decided(advance(plan, factsOf({ 't.0': FAILURE }))), ['offer t.1'])
  assert.deepEqual(decided(advance(plan, factsOf({ 't.1': FAILURE }))), ['cancelled t.0'])
})

test('leg i may go when i < max-parallel + the legs that are over', () => {
  const plan = planOf({ t: 'strategy: { max-parallel: 2, fail-fast: false, matrix: { v: [1, 2, 3, 4, 5] } }' })
  assert.deepEqual(decided(advance(plan, factsOf({}))), ['offer t.0', 'offer t.1'])
  assert.deepEqual(decided(advance(plan, factsOf({ 't.0': STARTED, 't.1': SUCCESS }))), ['offer t.2'])
  assert.deepEqual(decided(advance(plan, factsOf({ 't.0': FAILURE, 't.1': concluded('failure') }))), [
    'offer t.2',
    'offer t.3',
  ])
})

test('a leg that was cancelled before its turn frees no place', () => {
  const plan = planOf({ t: 'strategy: { max-parallel: 1, matrix: { v: [1, 2, 3] } }' })
  assert.deepEqual(decided(advance(plan, factsOf({ 't.0': STARTED, 't.2': concluded('cancelled') }))), [])
})

test('a tolerated failure reads as success: dependents go on, the run is green, the job shows failure', () => {
  const plan = planOf({ a: 'continue-on-error: true', b: "needs: a\nif: needs.a.result == 'success'" })
  const { view } = played(plan, { a: FAILURE })
  assert.deepEqual(conclusions(view), { a: 'failure', b: 'success' })
  assert.equal(view.conclusion, 'success')
})

test('of a matrix, the leg that finished last and has a value wins an output', () => {
  const legs = (first: number, second: number, value: string) => ({
    't.0': ended('success', { o: 'zero', only: 'zero' }, first),
    't.1': ended('success', { o: value }, second),
  })
  const plan = planOf({ t: 'strategy: { matrix: { v: [1, 2] } }', c: "needs: t\nif: needs.t.outputs.o == 'zero'" })
  assert.deepEqual(decided(advance(plan, factsOf(legs(20, 10, 'one')))), ['offer c'])
  assert.deepEqual(decided(advance(plan, factsOf(legs(10, 20, 'one')))), ['skipped c'])
  assert.deepEqual(decided(advance(plan, factsOf(legs(10, 10, 'one')))), ['skipped c'])
  assert.deepEqual(decided(advance(plan, factsOf(legs(10, 20, '')))), ['offer c'])
})

test('a matrix is one result: a failure before a cancel before a success', () => {
  const plan = planOf({
    t: 'strategy: { matrix: { v: [1, 2, 3] } }',
    f: "needs: t\nif: always() && needs.t.result == 'failure'",
  })
  const logs: { [key: string]: Log } = { 't.0': SUCCESS, 't.1': FAILURE, 't.2': ended('cancelled') }
  assert.deepEqual(decided(advance(plan, factsOf(logs))), ['offer f'])
  assert.equal(
    played(planOf({ t: 'strategy: { matrix: { v: [1, 2] } }' }), { 't.1': ended('cancelled') }).view.conclusion,
    'cancelled',
  )
})

test('a cancelled run ends what no agent has and tells the others', () => {
  const plan = planOf({ a: '', b: '', c: '', d: '', after: 'needs: a' })
  const view = advance(plan, factsOf({ a: STARTED, b: CLAIMED, c: OFFERED }, CANCEL))
  assert.deepEqual(decided(view), ['cancelled c', 'cancelled d'])
  assert.deepEqual(cancelled(view), ['a', 'b'])
  assert.equal(view.cancels[0]?.reason, 'cancelled by tester')
  const { view: last } = played(plan, {}, factsOf({ a: ended('cancelled'), b: ended('cancelled') }, CANCEL))
  assert.deepEqual(conclusions(last), {
    a: 'cancelled',
    b: 'cancelled',
    c: 'cancelled',
    d: 'cancelled',
    after: 'skipped',
  })
  assert.equal(last.conclusion, 'cancelled')
})

test('a job that a cancelled run would have gone on with is cancelled', () => {
  const plan = planOf({ a: '', b: 'needs: a' })
  assert.deepEqual(decided(advance(plan, factsOf({ a: SUCCESS }, CANCEL))), ['cancelled b'])
})

test('always() and cancelled() go on in a cancelled run, started jobs and waiting ones', () => {
  const plan = planOf({
    a: '',
    on: 'if: always()',
    clean: 'needs: a\nif: always()',
    report: 'needs: a\nif: cancelled()',
    both: 'needs: a\nif: ${{ !cancelled() }}',
  })
  const view = advance(plan, factsOf({ a: STARTED, on: STARTED }, CANCEL))
  assert.deepEqual(cancelled(view), ['a'])
  const after = advance(plan, factsOf({ a: ended('cancelled'), on: STARTED }, CANCEL))
  assert.deepEqual(decided(after), ['offer clean', 'offer report', 'cancelled both'])
})

test('a condition that fails only now keeps nothing alive in a cancelled run', () => {
  const plan = planOf({ a: "if: ${{ !cancelled() || fromJSON('{') }}" })
  assert.deepEqual(decided(advance(plan, factsOf({}))), ['offer a'])
  assert.deepEqual(decided(advance(plan, factsOf({}, CANCEL))), ['cancelled a'])
})

test('a continue-on-error that is in error tolerates nothing', () => {
  const plan = planOf({ a: "continue-on-error: ${{ fromJSON('{') }}" })
  assert.deepEqual(decided(advance(plan, factsOf({ a: concluded('failure') }))), ['close failure'])
})

test('a matrix that only a cancel sets going is settled by its first leg', () => {
  const plan = planOf({ a: '', t: 'needs: a\nif: cancelled()\nstrategy: { matrix: { v: [1, 2] } }' })
  const over = { a: ended('cancelled') }
  assert.deepEqual(decided(advance(plan, factsOf(over))), ['skipped t.0'])
  assert.deepEqual(decided(advance(plan, factsOf(over, CANCEL))), ['offer t.0'])
  assert.deepEqual(decided(advance(plan, factsOf({ ...over, 't.0': OFFERED }, CANCEL))), ['offer t.1'])
  assert.deepEqual(decided(advance(plan, factsOf({ ...over, 't.0': OFFERED }))), ['offer t.1'])
  assert.deepEqual(decided(advance(plan, factsOf({ ...over, 't.0': concluded('skipped') }, CANCEL))), [
    'close cancelled',
  ])
})

test('a revoked offer is offered again, up to a limit', () => {
  const revoked = (times: number): Log =>
    Array.from(
      { length: times },
      (_, offer): Log => [
        { kind: 'offered', offer, cluster: 'eu', atMs: 1, expiresMs: 2 },
        { kind: 'revoked', offer, reason: 'silent', atMs: 3 },
      ],
    ).flat()
  const plan = planOf({ a: '' })
  assert.deepEqual(decided(advance(plan, factsOf({ a: revoked(4) }))), ['offer a'])
  const view = advance(plan, factsOf({ a: revoked(5) }))
  assert.deepEqual(decided(view), ['failure a'])
  assert.equal(causeOfDecision(view, 'a')?.code, 'offers-exhausted')
})

test('a job that is lost after its start is a failure and never offered again', () => {
  const cause = { code: 'node-lost', message: 'the node is gone' }
  const view = advance(planOf({ a: '' }), factsOf({ a: [...STARTED, { kind: 'lost', cause, atMs: 9 }] }))
  assert.deepEqual(decided(view), ['close failure'])
  assert.deepEqual(view.jobs[0]?.cause, cause)
})

test('jobs that were not asked for are absent, what the others need is there', () => {
  const plan = planOf({ a: '', b: 'needs: a', c: 'needs: b', d: '' }, { jobs: ['b'] })
  const { view } = played(plan)
  assert.deepEqual(conclusions(view), { a: 'success', b: 'success' })
  assert.equal(view.conclusion, 'success')
})

test('only the asked-for legs are there; other matrices stay whole', () => {
  const plan = planOf(
    { t: 'strategy: { matrix: { os: [linux, mac], v: [1, 2] } }', u: 'strategy: { matrix: { w: [1, 2] } }' },
    { matrix: { v: '2' } },
  )
  assert.deepEqual(
    advance(plan, factsOf({})).jobs.map((job) => `${job.job} ${job.name}`),
    ['t.0 t (linux, 2)', 't.1 t (mac, 2)', 'u.0 u (1)', 'u.1 u (2)'],
  )
})

test('a matrix of which no leg was asked for is skipped', () => {
  const view = advance(planOf({ t: 'strategy: { matrix: { v: [1] } }' }, { matrix: { v: '9' } }), factsOf({}))
  assert.deepEqual(decided(view), ['skipped t.0'])
  assert.equal(causeOfDecision(view, 't.0')?.code, 'not-selected')
})

test('a job whose needs are not known yet decides nothing, whatever is known of itself', () => {
  const plan = planOf({ a: '', b: 'needs: a' })
  const view = advance(plan, factsOf({ b: STARTED }, CANCEL))
  assert.deepEqual(decided(view), ['cancelled a'])
  assert.equal(view.jobs[1]?.state, 'started')
})
