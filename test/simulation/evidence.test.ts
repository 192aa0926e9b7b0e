/** An end that nothing proves is a failure, with its cause where a user looks for it. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { jobMessage } from '../agent/job-message.ts'
import { said, simulate } from './world.ts'

test('a pod that vanishes in a step fails the job, and log, annotation and cause say so', async () => {
  const message = jobMessage('steps:\n- run: waits\n- if: always()\n  run: never\n')
  const programs = () => ({ output: ['going\n'], hangs: [] })
  const { end, events, pod } = await simulate({ message, secrets: {}, programs }, { lives: [], podGoneAt: 6 })
  assert.equal(end.conclusion, 'failure')
  assert.deepEqual(end.cause, { code: 'pod-gone', message: 'the pod was deleted' })
  const { log, discrete } = said(events)
  assert.match(log, /going\n.*##\[error\]the pod was deleted\n$/)
  assert.ok(discrete.some((event) => event.kind === 'annotation' && event.message === 'the pod was deleted'))
  assert.deepEqual(discrete.findLast((event) => event.kind === 'step-ended')?.conclusion, 'failure')
  assert.deepEqual(pod.starts, ['2'])
})
