/** A step with much output is not read from its start again after every death: there are checkpoints, and they lead to the same bytes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { CHECKPOINT_BYTES } from '../../shared/limit.ts'
import { jobMessage } from '../agent/job-message.ts'
import { type Scenario, said, simulate } from './world.ts'

const CHUNK = `::add-mask::later-1\n${'x'.repeat(99)}\n`.padEnd(60_000, 'later-1 plain text\n')

const scenario: Scenario = {
  message: jobMessage('steps:\n- run: much\n- run: little\n'),
  secrets: {},
  programs: (script) => ({
    output:
      script === 'much' ? Array.from({ length: Math.ceil((CHECKPOINT_BYTES * 2.5) / CHUNK.length) }, () => CHUNK) : [],
  }),
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

test('an agent that dies deep in a long output is followed from the last checkpoint, to the same bytes', async () => {
  const calm = await simulate(scenario, { lives: [] })
  const whole = said(calm.events)
  assert.ok(calm.pod.entries.filter((entry) => entry.kind === 'checkpoint').length >= 2)
  for (const part of [0.3, 0.6, 0.95]) {
    const broken = await simulate(scenario, { lives: [Math.floor(calm.calls * part)] })
    assert.equal(digest(said(broken.events).log), digest(whole.log))
    assert.deepEqual(said(broken.events).discrete, whole.discrete)
    assert.deepEqual(broken.pod.starts, calm.pod.starts)
    if (part > 0.5) assert.ok(broken.calls < calm.calls * 1.5, 'what was before the checkpoint is not read again')
  }
})
