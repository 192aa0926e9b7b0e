import assert from 'node:assert/strict'
import test from 'node:test'
import { judgeMessage } from '../../agent/verification.ts'
import type { JobMessage } from '../../shared/message.ts'
import { generateKeyPair, sign } from '../../shared/sign.ts'
import { jobMessage } from './job-message.ts'
import { systemClock } from './run-workflow.ts'

const pinned = await generateKeyPair()
const other = await generateKeyPair()
const message = jobMessage('steps:\n- run: echo hello\n')

async function judge(over: Partial<JobMessage>, key = pinned, change = (token: string) => token) {
  const token = await sign({ ...message, ...over }, key.signing, 'longshore-job+jwt')
  return judgeMessage(change(token), { issuer: 'test', keys: [pinned.verify] }, 'local', systemClock)
}

test('a message of the pinned dispatcher for this cluster is a job', async () => {
  assert.deepEqual(await judge({}), { kind: 'job', message })
})

test('an unknown key means wait, for it may not have been announced yet', async () => {
  assert.deepEqual(await judge({}, other), { kind: 'wait', why: 'unknown-key' })
})

test('what is altered, of another dispatcher or for another cluster is refused', async () => {
  const altered = (token: string) => {
    const [head = '', , signature = ''] = token.split('.')
    return [head, Buffer.from(JSON.stringify({ ...message, run: 2 })).toString('base64url'), signature].join('.')
  }
  assert.deepEqual(await judge({}, pinned, altered), { kind: 'refused', why: 'forged' })
  assert.deepEqual(await judge({ iss: 'another' }), { kind: 'refused', why: 'wrong-issuer' })
  assert.deepEqual(await judge({ aud: 'another' }), { kind: 'refused', why: 'wrong-audience' })
})

test('an expired message will not be run by anybody', async () => {
  assert.deepEqual(await judge({ exp: 1 }), { kind: 'expired' })
})
