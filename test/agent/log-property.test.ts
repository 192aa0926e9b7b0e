/** Random outputs, cut and killed anywhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMasks, type Masks } from '../../agent/log/mask.ts'
import { createMatchers } from '../../agent/log/matcher.ts'
import type { LogState, StepLogOptions } from '../../agent/log.ts'
import { AT_MS, linesOf, MATCHER, openLog, run, type Told, write } from './step-log.ts'

// ── random outputs ───────────────────────────────────────────────────────────────────────────────────────

/** mulberry32: the same cases at every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below) | 0
  }
}

const SECRETS = ['hunter2', 'tok&en-part"s', 'ab', 'first line\n  second line\n', 'ünï😀cöde']
const SNIPPETS = [
  ...SECRETS,
  ...SECRETS.map((secret) => Buffer.from(secret).toString('base64')),
  ...SECRETS.map((secret) => encodeURIComponent(secret)),
  'plain ',
  'a',
  'b',
  'hunt',
  'er2',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\n::group::g\n',
  '\n::add-mask::later\n',
  'later',
  '\n::stop-commands::stoptoken\n',
  '\n::stoptoken::\n',
  '\n::error file=x.ts,line=2::hunter2 failed\n',
  '\n::set-output name=o::v',
  '\n::echo::on\n',
  '\n::add-matcher::m.json\n',
  '\na.ts:7: error: broken\n',
  '\n##[start-action x]\n',
]

function randomReads(random: (below: number) => number): readonly { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[] {
  return Array.from({ length: 1 + random(8) }, () => {
    const text = Array.from({ length: random(6) }, () => SNIPPETS[random(SNIPPETS.length)] ?? '').join('')
    const bytes = Buffer.concat([Buffer.from(text), ...(random(9) === 0 ? [Buffer.from([0xe2, 0x82])] : [])])
    return { stream: random(4) === 0 ? 'stderr' : 'stdout', bytes: bytes.subarray(random(3), bytes.length - random(3)) }
  })
}

/** Feeds the reads; with `kill`, another log goes on from the state's JSON after each of them, as another agent would. */
async function replay(reads: ReturnType<typeof randomReads>, kill: boolean): Promise<unknown> {
  const told: Told = { text: '', annotations: [] }
  let masks: Masks = createMasks(SECRETS)
  const options = (): Partial<StepLogOptions> => ({ masks, matchers: createMatchers(), readFile: async () => MATCHER })
  let log = openLog(told, options())
  for (const [index, read] of reads.entries()) {
    await log.write({ atMs: AT_MS + index, ...read, next: 0 })
    if (!kill) continue
    const state: LogState = JSON.parse(JSON.stringify(log.state()))
    masks = createMasks(JSON.parse(JSON.stringify(masks.values())))
    log = openLog(told, { ...options(), resume: state })
  }
  await log.end(AT_MS)
  return { ...told, state: log.state() }
}

test('killed and resumed at every record boundary, a log is the same: bytes, annotations and effects', async () => {
  const random = randomOf(1)
  for (let round = 0; round < 300; round += 1) {
    const reads = randomReads(random)
    assert.deepEqual(await replay(reads, true), await replay(reads, false))
  }
})

test('however one stream is read, a log is the same but for its times', async () => {
  const random = randomOf(2)
  for (let round = 0; round < 500; round += 1) {
    const bytes = Buffer.concat(randomReads(random).map((read) => read.bytes))
    const reads: Uint8Array[] = []
    for (let at = 0; at < bytes.length; ) {
      const next = at + 1 + random(12)
      reads.push(bytes.subarray(at, next))
      at = next
    }
    const options = () => ({ masks: createMasks(SECRETS), readFile: async () => MATCHER })
    const [apart, whole] = [await run(reads, options()), await run([bytes], options())]
    assert.deepEqual([apart.lines, apart.annotations, apart.state], [whole.lines, whole.annotations, whole.state])
  }
})

test('no secret and no form of it comes through, in 60,000 cases', async () => {
  const random = randomOf(3)
  const units = ['k', 'K', '9', '&', '"', 'é', '/', ' ']
  const word = (length: number): string => Array.from({ length }, () => units[random(units.length)] ?? '').join('')
  for (let round = 0; round < 300; round += 1) {
    const secrets = [word(3 + random(20)).trim(), word(4).trim()].filter((secret) => secret !== '')
    const forms = secrets.flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64'),
      encodeURIComponent(secret),
    ])
    const told: Told = { text: '', annotations: [] }
    const log = openLog(told, { masks: createMasks(secrets) })
    for (let index = 0; index < 200; index += 1) {
      const text = `${word(random(6))}${forms[random(forms.length)] ?? ''}${word(random(4))}${random(3) === 0 ? '\n' : ''}`
      const cut = random(text.length)
      await write(log, text.slice(0, cut), random(5) === 0 ? 'stderr' : 'stdout')
      await write(log, text.slice(cut))
    }
    await log.end(AT_MS)
    const printed = linesOf(told.text).join('\n')
    for (const form of forms) assert.ok(!printed.includes(form), JSON.stringify({ form, round }))
  }
})
