import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longshore } from './command.ts'

test('the legs of a matrix give their outputs to the job that needs them', async () => {
  const { status, stdout } = await longshore(['run', 'examples/matrix.yml'])
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^gallery \| needs\.draw ended with success$/m)
  assert.match(stdout, /^Summary of gallery\n {2}### Shapes\n {2}circle [12], square 1$/m)
  assert.match(stdout, /\(5 success\)\n$/)
})

test('a matrix is made of an output', async () => {
  const { status, stdout } = await longshore(['run', 'examples/dynamic-matrix.yml'])
  assert.equal(status, 0, stdout)
  for (const fruit of ['apple', 'pear', 'plum'])
    assert.match(stdout, new RegExp(`^taste \\(${fruit}\\) \\| ${fruit} tastes well$`, 'm'))
})

test('a real build goes through its four jobs', async () => {
  const { status, stdout } = await longshore(['run', 'examples/build/ci.yml'])
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^verify \| roman\.tar [0-9a-f]{64}, 2 files$/m)
  assert.match(stdout, /^ {2}. pass 2$/m)
  assert.match(stdout, /\(4 success\)\n$/)
})
