import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './bundle.ts'
import { longshore } from './command.ts'

/** Workflow and the file with what is said of it, in test/golden/plan. */
const GOLDEN = {
  'examples/matrix.yml': 'matrix',
  'examples/dynamic-matrix.yml': 'dynamic-matrix',
  'examples/build/ci.yml': 'build',
}

test('plan shows stages, legs and needs', async () => {
  for (const [workflow, name] of Object.entries(GOLDEN)) {
    const { status, stdout, stderr } = await longshore(['plan', workflow])
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(stdout, readFileSync(join(root, 'test/golden/plan', `${name}.txt`), 'utf8'))
  }
})

test('plan --json has every leg with its values', async () => {
  const { stdout } = await longshore(['plan', 'examples/matrix.yml', '--json'])
  const plan = JSON.parse(stdout)
  assert.deepEqual(
    plan.jobs.map(({ id, needs, stage }: { id: string; needs: string[]; stage: number }) => [id, needs, stage]),
    [
      ['draw', [], 1],
      ['gallery', ['draw'], 2],
    ],
  )
  assert.deepEqual(plan.jobs[0].legs.legs[3], {
    job: 'draw.3',
    name: 'draw (triangle, 3)',
    matrix: { shape: 'triangle', size: 3 },
  })
})

test('an input that the workflow does not declare is a problem of the plan', async () => {
  const { status, stderr } = await longshore(['plan', 'examples/hello.yml', '--input', 'colour=red'])
  assert.equal(status, 2)
  assert.match(stderr, /hello\.yml: inputs were given/)
})
