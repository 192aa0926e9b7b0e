import assert from 'node:assert/strict'
import { test } from 'node:test'
import { githubContext, runName } from '../../shared/context.ts'
import { buildPlan, type Plan } from '../../shared/plan.ts'
import { type TriggerRequest, triggerSchema } from '../../shared/trigger.ts'
import { FILE, ORIGIN, workflowOf } from './facts.ts'

const TEXT = `name: CI
run-name: \${{ inputs.who }} by \${{ github.actor }}
on: { push: {}, workflow_dispatch: { inputs: { who: {}, dry: { type: boolean } } } }
jobs: { a: { runs-on: linux, steps: [{ run: 'true' }] } }
`

function built(request: Partial<TriggerRequest>, text = TEXT) {
  return buildPlan(workflowOf(text), triggerSchema.parse({ workflow: { file: FILE }, ...request }), ORIGIN)
}

function planned(request: Partial<TriggerRequest>, text = TEXT): Plan {
  const plan = built(request, text)
  assert.ok(plan.ok, JSON.stringify(plan))
  return plan.value
}

const MATRIX = `on: push
jobs:
  a: { runs-on: linux, strategy: { matrix: { v: [1, 2], os: [{ k: x }] } }, steps: [{ run: 'true' }] }
  b: { runs-on: linux, steps: [{ run: 'true' }] }
`

test('a choice of legs that no matrix has is a problem, with what there is', () => {
  const plan = built({ matrix: { v: '9', w: '1', os: '{"k":"x"}' } }, MATRIX)
  assert.deepEqual(plan.ok ? [] : plan.problems.map(({ message, remedy }) => [message, remedy]), [
    ['no leg of a matrix has `v: 9`', 'there is 1, 2'],
    ['no leg of a matrix has `w: 1`', 'the matrices have v, os'],
  ])
  const none = built({ matrix: { v: '1' } })
  assert.deepEqual(none.ok ? [] : none.problems.map(({ remedy }) => remedy), ['the workflow has no matrix'])
})

test('a choice of legs of a matrix that is still to be computed may be right', () => {
  assert.ok(built({ matrix: { v: '9' } }, MATRIX.replace('[1, 2]', '"${{ fromJSON(vars.V) }}"')).ok)
})

test('a plan is plain JSON and reads back as it was', () => {
  const plan = planned({ vars: { V: '1' }, env: { E: '2' }, jobs: ['a'], matrix: { v: '1' } }, MATRIX)
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan)
})

test('what a trigger leaves out has a neutral value', () => {
  assert.deepEqual(planned({}).ref, {
    repository: 'local/repository',
    ref: 'refs/heads/main',
    refName: 'main',
    refType: 'branch',
    sha: '0000000000000000000000000000000000000000',
    headRef: '',
    baseRef: '',
    actor: 'local',
    serverUrl: 'https://github.com',
    apiUrl: 'https://api.github.com',
    graphqlUrl: 'https://api.github.com/graphql',
    defaultBranch: 'main',
  })
})

test('name and type of a ref follow from it', () => {
  const names = ['refs/heads/feature/x', 'refs/tags/v1', 'refs/pull/5/merge'].map((ref) => {
    const { refName, refType } = planned({ ref: { ref } }).ref
    return `${refType} ${refName}`
  })
  assert.deepEqual(names, ['branch feature/x', 'tag v1', 'branch 5/merge'])
})

test('unknown jobs and wrong inputs are refused together', () => {
  const plan = built({ jobs: ['a', 'b'], event: { name: 'workflow_dispatch' }, inputs: { dry: 'perhaps' } })
  assert.ok(!plan.ok)
  assert.deepEqual(
    plan.problems.map(({ message }) => message),
    ['there is no job `b`', 'the input `dry` is not true or false'],
  )
})

test('inputs are typed in `inputs` and text in the event', () => {
  const plan = planned({ event: { name: 'workflow_dispatch', payload: { x: 1 } }, inputs: { dry: true, who: 'me' } })
  assert.deepEqual(plan.inputs, { who: 'me', dry: true })
  assert.deepEqual(plan.event.payload, { x: 1, inputs: { who: 'me', dry: 'true' } })
})

test('the run has the name it gives itself, or that of the workflow', () => {
  assert.equal(runName(planned({ event: { name: 'workflow_dispatch' }, inputs: { who: 'me' } })), 'me by local')
  assert.equal(runName(planned({}, TEXT.replace(/^run-name.*$/m, ''))), 'CI')
  assert.equal(runName(planned({}, TEXT.replace(/^run-name.*$/m, '').replace('name: CI', ''))), FILE)
})

test('the github context says where the run comes from', () => {
  const payload = { repository: { id: 11, owner: { id: 22 } }, sender: { id: 33 } }
  const ref = { repository: 'octo/app', ref: 'refs/heads/main', sha: 'a'.repeat(40), actor: 'mona' }
  const github = githubContext(planned({ event: { name: 'push', payload }, ref }), 2, 'a')
  assert.deepEqual(github, {
    actor: 'mona',
    actor_id: '33',
    api_url: 'https://api.github.com',
    base_ref: '',
    event: payload,
    event_name: 'push',
    graphql_url: 'https://api.github.com/graphql',
    head_ref: '',
    job: 'a',
    ref: 'refs/heads/main',
    ref_name: 'main',
    ref_protected: false,
    ref_type: 'branch',
    repository: 'octo/app',
    repository_id: '11',
    repository_owner: 'octo',
    repository_owner_id: '22',
    repositoryUrl: 'git://github.com/octo/app.git',
    retention_days: '90',
    run_attempt: '2',
    run_id: '7',
    run_number: '3',
    secret_source: 'Actions',
    server_url: 'https://github.com',
    sha: 'a'.repeat(40),
    triggering_actor: 'mona',
    workflow: 'CI',
    workflow_ref: `octo/app/${FILE}@refs/heads/main`,
    workflow_sha: 'a'.repeat(40),
  })
})
