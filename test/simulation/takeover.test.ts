/** Killed at any call, the job's next agent says the same bytes and starts nothing twice (docs: interleavings 1, 4, 11, 12). */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { Program } from '../agent/fake-supervisor.ts'
import { jobMessage } from '../agent/job-message.ts'
import { type Faults, type Outcome, type Scenario, said, simulate } from './world.ts'

const PROGRAMS: { readonly [script: string]: Program } = {
  plain: { output: ['one\ntwo\nth', 'ree\n', '::warning file=a.ts,line=3::mind this\nlast'] },
  secret: {
    output: ['before s3cr', 'et-value after\n', 's3cret', '-value', '\n::add-mask::hidden\nhidden hid', 'den\n'],
  },
  hands: {
    output: ['::group::inner\n::set-output name=old::way\n', '::endgroup::\n'],
    files: {
      GITHUB_OUTPUT: 'word=hello\n',
      GITHUB_ENV: 'LATER=yes\n',
      GITHUB_PATH: '/opt/tool\n',
      GITHUB_STEP_SUMMARY: '# done s3cret-value\n',
    },
  },
  fails: { output: ['oh no\n'], code: 3 },
  spoils: { files: { GITHUB_ENV: 'no equals sign\n' } },
  stops: { output: ['::stop-commands::token-1\n::error::not one\n', '::token-1::\n::error::one\n'] },
}

const STEPS = `env: { BASE: low }
outputs: { word: "\${{ steps.hands.outputs.word }}", leak: "\${{ secrets.TOKEN }}" }
steps:
  - run: plain
  - { run: secret, env: { TOKEN: "\${{ secrets.TOKEN }}" } }
  - { id: hands, run: hands, name: "hands \${{ hashFiles('**/lock') }}" }
  - { run: plain, if: "\${{ steps.hands.outputs.word == 'bye' }}" }
  - { run: fails, continue-on-error: true }
  - { run: plain, if: "hashFiles('a') == hashFiles('a')", env: { W: "\${{ steps.hands.outputs.word }}" } }
  - run: spoils
  - run: plain
  - { run: stops, if: failure() }
  - { run: plain, if: "\${{ nothing.here }}" , continue-on-error: true }
  - { run: plain, if: always() }
`

const scenario: Scenario = {
  message: jobMessage(STEPS.replace(/^ {2}- \{ run: plain, if: "\$\{\{ nothing.*\n/m, '')),
  secrets: { TOKEN: 's3cret-value' },
  programs: (script) => PROGRAMS[script] ?? {},
}

const calm = await simulate(scenario, { lives: [] })

function assertSame(outcome: Outcome): void {
  assert.deepEqual(said(outcome.events), said(calm.events))
  assert.deepEqual(outcome.end, calm.end)
  assert.deepEqual(outcome.pod.starts, calm.pod.starts)
}

test('the job that is simulated says and hides what it should', () => {
  const { log } = said(calm.events)
  assert.match(log, /before \*\*\* after\n/)
  assert.doesNotMatch(log, /s3cret-value/)
  assert.equal(calm.end.conclusion, 'failure')
  assert.deepEqual(calm.end.outputs, { word: 'hello' })
  assert.deepEqual(calm.pod.starts, ['2', '3', '4', '6', '7', '8', '10', '11'])
})

test('an agent killed at any single call leaves no trace in what is said', async () => {
  for (let life = 0; life < calm.calls; life += 1) assertSame(await simulate(scenario, { lives: [life] }))
})

test('however many agents die, and whenever the dispatcher is away, the bytes are the same and each step runs once', async () => {
  const faults: fc.Arbitrary<Faults> = fc.record({
    lives: fc.array(fc.integer({ min: 0, max: calm.calls }), { maxLength: 6 }),
    away: fc.array(fc.integer({ min: 0, max: calm.calls * 2 }), { maxLength: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(faults, async (broken) => assertSame(await simulate(scenario, broken))),
    { numRuns: 100 },
  )
})

test('a cancel at any call, with agents dying around it, gives one end to each step', async () => {
  const hanging: Scenario = {
    ...scenario,
    message: jobMessage(`steps:
  - run: plain
  - run: waits
  - run: plain
  - { run: plain, if: cancelled() }
  - { run: plain, if: always() }
`),
    programs: (script) =>
      script === 'waits' ? { output: ['waiting\n'], hangs: ['SIGINT'] } : (PROGRAMS[script] ?? {}),
  }
  const faults: fc.Arbitrary<Faults> = fc.record({
    lives: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 }),
    cancelAt: fc.integer({ min: 1, max: 20 }),
  })
  await fc.assert(
    fc.asyncProperty(faults, async (broken) => {
      const { end, events, pod } = await simulate(hanging, broken)
      assert.equal(end.conclusion, 'cancelled')
      const ended = events.flatMap((event) => (event.kind === 'step-ended' ? [event.step] : []))
      assert.deepEqual(ended, [1, 2, 3, 4, 5, 6, 7])
      assert.equal(new Set(pod.starts).size, pod.starts.length)
      assert.ok(pod.starts.includes('5') && pod.starts.includes('6'))
    }),
    { numRuns: 100 },
  )
})
