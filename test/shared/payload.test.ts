import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { refOfPayload } from '../../shared/payload.ts'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const PULL = {
  number: 5,
  pull_request: { number: 5, merge_commit_sha: SHA, head: { ref: 'feature/x' }, base: { ref: 'main', sha: SHA } },
}

test('a pull request is about its merge, from one branch into another', () => {
  const expected = { ref: 'refs/pull/5/merge', sha: SHA, headRef: 'feature/x', baseRef: 'main' }
  assert.deepEqual(refOfPayload('pull_request', PULL), expected)
  assert.deepEqual(refOfPayload('pull_request_review', PULL), expected)
})

test('pull_request_target is about the branch it goes into', () => {
  const expected = { ref: 'refs/heads/main', sha: SHA, headRef: 'feature/x', baseRef: 'main' }
  assert.deepEqual(refOfPayload('pull_request_target', PULL), expected)
})

test('a push is about what was pushed, a deletion about no commit', () => {
  assert.deepEqual(refOfPayload('push', { ref: 'refs/tags/v1', after: SHA }), { ref: 'refs/tags/v1', sha: SHA })
  assert.deepEqual(refOfPayload('push', { ref: 'refs/heads/x', after: '0'.repeat(40) }), { ref: 'refs/heads/x' })
})

test('whoever sent the event is the actor', () => {
  assert.deepEqual(refOfPayload('issues', { sender: { login: 'ada' } }), { actor: 'ada' })
})

test('an event of another kind, or a payload that says nothing, decides nothing', () => {
  assert.deepEqual(refOfPayload('workflow_dispatch', PULL), {})
  assert.deepEqual(refOfPayload('pull_request', { greeting: 'hello' }), {})
})

test('any payload at all is read or passed over', () => {
  const event = fc.constantFrom('push', 'pull_request', 'pull_request_target', 'issues')
  const odd = fc.jsonValue().map((value) => ({ ref: value, after: value, sender: value, pull_request: value }))
  fc.assert(
    fc.property(event, odd, (name, payload) => {
      for (const value of Object.values(refOfPayload(name, JSON.parse(JSON.stringify(payload))))) {
        assert.equal(typeof value, 'string')
      }
    }),
  )
})
