import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JobSpec, jobMessageSchema } from '../../shared/message.ts'
import type { Plan } from '../../shared/plan.ts'
import { advance } from '../../shared/run.ts'
import { jobSpec, type Specified } from '../../shared/spec.ts'
import { ended, FAILURE, FILE, factsOf, type Log, ORIGIN, planOf } from './facts.ts'

function specified(plan: Plan, job: string, logs: { readonly [key: string]: Log } = {}): Specified {
  return jobSpec(plan, factsOf(logs), { run: plan.run, runAttempt: 1, job, try: 0 })
}

function specOf(plan: Plan, job: string, logs: { readonly [key: string]: Log } = {}): JobSpec {
  const spec = specified(plan, job, logs)
  assert.ok(spec.ok, JSON.stringify(spec))
  return spec.spec
}

/** A job `a` with other `runs-on` than the usual one. */
function runsOn(text: string, vars: { readonly [name: string]: string } = {}): Plan {
  const plan = planOf({ a: '' }, { vars })
  const [first] = planOf({ a: `outputs: { o: "${text.replaceAll('"', '\\"')}" }` }).workflow.jobs
  const value = first?.outputs?.map[0]?.[1]
  assert.ok(value !== undefined)
  return { ...plan, workflow: { ...plan.workflow, jobs: plan.workflow.jobs.map((job) => ({ ...job, runsOn: value })) } }
}

test('a job has the defaults of GitHub where it says nothing', () => {
  const spec = specOf(planOf({ a: '' }), 'a')
  assert.equal(spec.timeoutMinutes, 360)
  assert.equal(spec.cancelTimeoutMinutes, 5)
  assert.equal(spec.continueOnError, false)
  assert.deepEqual(spec.runsOn, ['linux'])
  assert.deepEqual(spec.contexts.strategy, { 'fail-fast': true, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 })
  assert.equal(spec.contexts.matrix, null)
})

test('a leg has its matrix and strategy, and everything evaluated by them', () => {
  const plan = planOf({
    t: `timeout-minutes: \${{ matrix.v }}
cancel-timeout-minutes: \${{ matrix.v }}
continue-on-error: \${{ matrix.v == 2 }}
strategy: { fail-fast: false, max-parallel: 2, matrix: { v: [1, 2, 3] } }`,
  })
  const spec = specOf(plan, 't.1')
  assert.equal(spec.job, 't.1')
  assert.equal(spec.id, 't')
  assert.equal(spec.name, 't (2)')
  assert.equal(spec.timeoutMinutes, 2)
  assert.equal(spec.cancelTimeoutMinutes, 2)
  assert.equal(spec.continueOnError, true)
  assert.deepEqual(spec.contexts.matrix, { v: 2 })
  assert.deepEqual(spec.contexts.strategy, { 'fail-fast': false, 'job-index': 1, 'job-total': 3, 'max-parallel': 2 })
  assert.equal(spec.contexts.github['job'], 't')
})

test('a job sees results and outputs of its direct needs only', () => {
  const plan = planOf({ a: '', b: 'needs: a\ncontinue-on-error: true', c: 'needs: b' })
  const spec = specOf(plan, 'c', { a: ended('success', { x: '1' }), b: FAILURE })
  assert.deepEqual(spec.contexts.needs, { b: { result: 'success', outputs: {} } })
  assert.deepEqual(specOf(plan, 'b', { a: ended('success', { x: '1' }) }).contexts.needs, {
    a: { result: 'success', outputs: { x: '1' } },
  })
})

test('runs-on may be text, a sequence or a mapping, from an expression too', () => {
  assert.deepEqual(specOf(runsOn("${{ vars.os || 'other' }}"), 'a').runsOn, ['other'])
  assert.deepEqual(specOf(runsOn('${{ fromJSON(vars.os) }}', { os: '["linux","x64"]' }), 'a').runsOn, ['linux', 'x64'])
  const group = '{"group":"big","labels":"linux"}'
  assert.deepEqual(specOf(runsOn('${{ fromJSON(vars.os) }}', { os: group }), 'a').runsOn, ['linux', 'group:big'])
})

test('a runs-on without a label is the failure of the job, with its place', () => {
  for (const text of ["${{ '' }}", "${{ fromJSON('[]') }}", "${{ fromJSON('{}') }}", "${{ fromJSON('nonsense') }}"]) {
    const spec = specified(runsOn(text), 'a')
    assert.ok(!spec.ok, text)
    assert.equal(spec.cause.code, 'invalid-runs-on')
    assert.match(spec.cause.message, new RegExp(`^${FILE}:\\d+:\\d+: runs-on: `))
  }
})

test('a timeout that is none is the failure of the job', () => {
  for (const minutes of ['0', '-1', "'soon'"]) {
    const spec = specified(planOf({ a: `timeout-minutes: \${{ fromJSON(vars.t) }}` }, { vars: { t: minutes } }), 'a')
    assert.ok(!spec.ok)
    assert.equal(spec.cause.code, 'invalid-timeout-minutes')
  }
})

test('the environment comes lowest first: the trigger, the workflow, the job; none is evaluated here', () => {
  const plan = planOf({ a: 'env: { J: "${{ secrets.S }}" }' }, { env: { T: '${{ literal }}' } })
  const [trigger, job] = specOf(plan, 'a').env
  assert.deepEqual(trigger, { map: [['T', '${{ literal }}']] })
  assert.match(JSON.stringify(job), /"J".*secrets\.S/)
})

test('a message carries a spec unchanged', () => {
  const plan = planOf({
    t: 'outputs: { o: "${{ steps.x.outputs.y }}" }\nstrategy: { matrix: { v: [1, { a: [null] }] } }',
  })
  const { run, provenance, trust } = ORIGIN
  const claims = {
    ...{ version: 1, iss: 'longshore', aud: 'eu', exp: 9, run, runAttempt: 1, job: 't.1', try: 0, offer: 0 },
    ...{ spec: specOf(plan, 't.1'), provenance, trust },
  }
  assert.deepEqual(jobMessageSchema.parse(JSON.parse(JSON.stringify(claims))), claims)
})

test('256 legs are offered and specified in well under a second', () => {
  const vector = `[${Array.from({ length: 16 }, (_, index) => index).join(', ')}]`
  const plan = planOf({
    t: `name: "\${{ matrix.x }}/\${{ matrix.y }}"\nstrategy: { matrix: { x: ${vector}, y: ${vector} } }`,
  })
  const facts = factsOf({})
  const startedMs = performance.now()
  const view = advance(plan, facts)
  for (const { ref } of view.jobs) assert.ok(jobSpec(plan, facts, ref).ok)
  assert.equal(view.jobs.length, 256)
  assert.ok(performance.now() - startedMs < 500)
})

test('a spec that is asked for before its time is a bug', () => {
  const plan = planOf({ a: '', b: 'needs: a' })
  assert.throws(() => specified(plan, 'b'), /broken invariant/)
  assert.throws(() => specified(plan, 'nobody'), /broken invariant/)
})
