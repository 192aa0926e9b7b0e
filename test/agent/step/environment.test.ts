import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { addPaths, stepEnvironment } from '../../../agent/step/environment.ts'

const LAYERS = { runner: { PATH: '/bin' }, env: {}, github: {}, runnerContext: {}, path: [] }

test('GITHUB_* and RUNNER_* come from the contexts, whatever a step says; null is not exported', () => {
  const environment = stepEnvironment({
    ...LAYERS,
    env: { GITHUB_SHA: 'mine', RUNNER_OS: 'mine', GITHUB_OWN: 'kept' },
    github: { sha: 'abc', ref_protected: false, head_ref: '', actor_id: null, event: { a: 1 }, token: 'secret' },
    runnerContext: { os: 'Linux', tool_cache: '/tools' },
  })
  assert.deepEqual(environment, {
    PATH: '/bin',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_OWN: 'kept',
    GITHUB_SHA: 'abc',
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_HEAD_REF: '',
    RUNNER_OS: 'Linux',
    RUNNER_TOOL_CACHE: '/tools',
  })
})

test('CI is true unless somebody set it', () => {
  assert.equal(stepEnvironment({ ...LAYERS, env: { CI: '' } })['CI'], '')
  assert.equal(stepEnvironment({ ...LAYERS, runner: { CI: 'host' } })['CI'], 'host')
})

test('PATH entries go before the PATH there is, the latest first', () => {
  const path = addPaths(addPaths([], ['/a', '/b']), ['/c', '/a'])
  assert.deepEqual(path, ['/b', '/c', '/a'])
  assert.equal(stepEnvironment({ ...LAYERS, path })['PATH'], '/a:/c:/b:/bin')
  assert.equal(stepEnvironment({ ...LAYERS, path, env: { PATH: '/mine' } })['PATH'], '/a:/c:/b:/mine')
})

test('an entry of PATH is there once, at the place where it was added last', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('/a', '/b', '/c', '/d')), (added) => {
      const path = addPaths([], added)
      assert.equal(new Set(path).size, path.length)
      assert.deepEqual(path, [...new Set(added.toReversed())].toReversed())
    }),
  )
})
