/** Pods, facts and messages outlive an upgrade: what one version writes, the one before it reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type * as z from 'zod'
import { jobEventSchema, runEventSchema } from '../../shared/event.ts'
import { jobMessageSchema } from '../../shared/message.ts'
import { claimAnswerSchema, eventsAnswerSchema, refusalSchema, takenOverAnswerSchema } from '../../shared/protocol.ts'
import { tryEntrySchema } from '../../shared/try.ts'
import { jobMessage } from '../agent/job-message.ts'

const step = { step: 1, name: 'a', atMs: 0 }
const known: readonly (readonly [schema: z.ZodType, value: object])[] = [
  [jobMessageSchema, jobMessage('steps:\n- run: echo hello\n')],
  [tryEntrySchema, { kind: 'started', epoch: 1, atMs: 0 }],
  [tryEntrySchema, { kind: 'lost', cause: { code: 'evicted', message: 'evicted' }, atMs: 0 }],
  [jobEventSchema, { kind: 'step-started', ...step }],
  [runEventSchema, { kind: 'run-ended', cursor: 'c', run: 1, runAttempt: 1, conclusion: 'success', atMs: 0 }],
  [claimAnswerSchema, { kind: 'yours', epoch: 1, token: 't' }],
  [takenOverAnswerSchema, { token: 't', nextEvent: 1, discrete: 1, logOffset: 0 }],
  [eventsAnswerSchema, { next: 1, cancel: false }],
  [refusalSchema, { type: 'urn:longshore:gap', title: 'Events are missing', status: 409 }],
]

test('what a later version adds beside what is known is read past', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.string({ minLength: 1 }),
      fc.jsonValue(),
      ([schema, value], name, later) => {
        assert.deepEqual(schema.parse(JSON.parse(JSON.stringify({ [`later-${name}`]: later, ...value }))), value)
      },
    ),
  )
})

test('a message of a later version of the format is refused, not misread', () => {
  const message = jobMessage('steps:\n- run: echo hello\n')
  assert.equal(jobMessageSchema.safeParse({ ...message, version: 2 }).success, false)
})
