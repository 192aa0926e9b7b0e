import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkInputs, type Inputs } from '../../shared/input.ts'
import { FILE, workflowOf } from './facts.ts'

function dispatched(inputs: string) {
  return workflowOf(`on:
  workflow_dispatch:
    inputs:
${inputs.replaceAll(/^/gm, '      ')}
jobs: { a: { runs-on: linux, steps: [{ run: 'true' }] } }
`)
}

const WORKFLOW = dispatched(`name: { type: string, required: true }
dry: { type: boolean }
count: { type: number }
level: { type: choice, options: [low, high], default: low }
where: { type: environment }
plain: { default: 7 }`)

function values(given: Inputs): Inputs {
  const checked = checkInputs(WORKFLOW, 'workflow_dispatch', given)
  assert.ok(checked.ok, JSON.stringify(checked))
  return checked.value
}

function messages(given: Inputs): string[] {
  const checked = checkInputs(WORKFLOW, 'workflow_dispatch', given)
  return checked.ok ? [] : checked.problems.map(({ message }) => message)
}

test('what is not given has its default, or the empty value of its type', () => {
  assert.deepEqual(values({ name: 'x' }), { name: 'x', dry: false, count: 0, level: 'low', where: '', plain: '7' })
})

test('booleans and numbers are typed, also when they come as text', () => {
  const typed = { name: 'x', dry: true, count: 1.5, level: 'high', where: 'prod', plain: '' }
  assert.deepEqual(values({ ...typed, dry: 'true', count: '1.5' }), typed)
  assert.deepEqual(values(typed), typed)
})

test('a name is found without case and answered as declared', () => {
  assert.equal(values({ NAME: 'x' })['name'], 'x')
})

test('all that is wrong is said at once, with the place of the event, and no value is repeated', () => {
  const checked = checkInputs(WORKFLOW, 'workflow_dispatch', {
    dry: 'hunter2',
    count: 'hunter2',
    level: 'hunter2',
    nmae: 'hunter2',
  })
  assert.ok(!checked.ok)
  assert.deepEqual(
    checked.problems.map(({ message, remedy }) => `${message}; ${remedy}`),
    [
      '`nmae` is not an input of the workflow; it has name, dry, count, level, where, plain',
      'the input `name` is required; give it with --input name=…',
      'the input `dry` is not true or false; give true or false',
      'the input `count` is not a number; give a number',
      'the input `level` is not one of low, high; give one of low, high',
    ],
  )
  assert.ok(checked.problems.every(({ file, line, column }) => file === FILE && line === 2 && column > 0))
  assert.ok(!JSON.stringify(checked).includes('hunter2'))
})

test('a number is a finite one', () => {
  for (const count of ['', ' ', 'NaN', 'Infinity', '1 2']) {
    assert.deepEqual(messages({ name: 'x', count }), ['the input `count` is not a number'])
  }
})

test('a required input with a default may be left out', () => {
  const workflow = dispatched('level: { required: true, default: low }')
  assert.deepEqual(checkInputs(workflow, 'workflow_dispatch', {}), { ok: true, value: { level: 'low' } })
})

test('other events have no inputs', () => {
  assert.deepEqual(checkInputs(WORKFLOW, 'push', {}), { ok: true, value: {} })
  assert.equal(checkInputs(WORKFLOW, 'push', { name: 'x' }).ok, false)
})

test('inputs for a workflow that is not for workflow_dispatch are refused', () => {
  const workflow = workflowOf("on: push\njobs: { a: { runs-on: linux, steps: [{ run: 'true' }] } }\n")
  assert.equal(checkInputs(workflow, 'workflow_dispatch', { name: 'x' }).ok, false)
  assert.equal(checkInputs(workflow, 'workflow_dispatch', {}).ok, true)
})
