import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rerunJobs } from '../../shared/rerun.ts'
import { advance, type RunFacts } from '../../shared/run.ts'
import { jobSpec } from '../../shared/spec.ts'
import {
  cancelled,
  concluded,
  conclusions,
  decided,
  ended,
  FAILURE,
  factsOf,
  planOf,
  played,
  STARTED,
  SUCCESS,
  triesOf,
} from './facts.ts'

const chain = planOf({ a: '', b: 'needs: a', c: 'needs: b', d: '' })
const legs = planOf({ t: 'strategy: { matrix: { v: [1, 2, 3] } }', after: 'needs: t', other: '' })

function again(facts: RunFacts, jobs: readonly string[]): RunFacts {
  return { ...facts, runAttempt: 2, reruns: new Map([[2, jobs]]) }
}

test('a rerun of all is every job', () => {
  assert.deepEqual(rerunJobs(chain, factsOf({}), 'all'), ['a', 'b', 'c', 'd'])
})

test('a rerun of what failed takes along what needs it, and nothing else', () => {
  const { facts } = played(chain, { b: FAILURE })
  assert.deepEqual(rerunJobs(chain, facts, 'failed'), ['b', 'c'])
})

test('a rerun of jobs takes along what needs them; unknown ones are no jobs', () => {
  assert.deepEqual(rerunJobs(chain, played(chain).facts, ['b', 'nobody']), ['b', 'c'])
  assert.deepEqual(rerunJobs(chain, played(chain).facts, ['nobody']), [])
})

test('of a matrix only the legs that did not succeed run anew', () => {
  const { facts } = played(legs, { 't.1': FAILURE, 't.2': ended('cancelled') })
  assert.deepEqual(rerunJobs(legs, facts, 'failed'), ['t.1', 't.2', 'after'])
  assert.deepEqual(rerunJobs(legs, facts, ['t.0']), ['t.0', 'after'])
})

test('jobs that do not run anew keep their result and outputs', () => {
  const plan = planOf({ a: '', b: "needs: a\nif: needs.a.outputs.x == '1'" })
  const { facts } = played(plan, { a: ended('success', { x: '1' }), b: FAILURE })
  const second = again(facts, rerunJobs(plan, facts, 'failed'))
  assert.deepEqual(decided(advance(plan, second)), ['offer b'])
  const { view } = played(plan, {}, second)
  assert.deepEqual(conclusions(view), { a: 'success', b: 'success' })
  assert.deepEqual(
    view.jobs.map(({ ref }) => ref.runAttempt),
    [1, 2],
  )
})

test('a leg that runs anew is not stopped by one that failed in the attempt before', () => {
  const { facts } = played(legs, { 't.1': FAILURE, 't.2': FAILURE })
  const second = again(facts, rerunJobs(legs, facts, ['t.1']))
  assert.deepEqual(decided(advance(legs, second)), ['offer t.1'])
  assert.equal(played(legs, {}, second).view.conclusion, 'failure')
})

test('max-parallel counts the legs of this attempt only', () => {
  const plan = planOf({ t: 'strategy: { max-parallel: 1, matrix: { v: [1, 2, 3] } }' })
  const first = factsOf({ 't.0': FAILURE, 't.1': concluded('cancelled'), 't.2': concluded('cancelled') })
  assert.deepEqual(decided(advance(plan, again(first, ['t.2']))), ['offer t.2'])
  assert.deepEqual(decided(advance(plan, again(first, ['t.1', 't.2']))), ['offer t.1'])
})

test('a cancel is of its own run attempt', () => {
  const { facts } = played(chain, { a: FAILURE })
  const second = again({ ...facts, logs: new Map(facts.logs).set(2, triesOf({ a: STARTED })) }, ['a', 'b', 'c'])
  assert.deepEqual(cancelled(advance(chain, second)), [])
  assert.deepEqual(cancelled(advance(chain, { ...second, cancelled: { reason: 'enough', atMs: 9 } })), ['a'])
})

test('a third attempt builds on the second', () => {
  const { facts } = played(chain, { b: FAILURE })
  const { facts: after } = played(chain, { b: SUCCESS, c: FAILURE }, again(facts, ['b', 'c']))
  const third = { ...after, runAttempt: 3, reruns: new Map([...after.reruns, [3, rerunJobs(chain, after, 'failed')]]) }
  assert.deepEqual(decided(advance(chain, third)), ['offer c'])
  const spec = jobSpec(chain, third, { run: chain.run, runAttempt: 3, job: 'c', try: 0 })
  assert.ok(spec.ok)
  assert.equal(spec.spec.contexts.github['run_attempt'], '3')
})
