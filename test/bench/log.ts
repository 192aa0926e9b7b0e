/**
 * How fast a step's log is: lines a second of the whole pipeline, and of masking by itself against the ways it was not done.
 * Run by itself: `node --import ./test/register.mjs test/bench/log.ts`.
 */
import { createHash } from 'node:crypto'
import { formsOf } from '../../agent/log/form.ts'
import { createMasks, MASK, type Masks } from '../../agent/log/mask.ts'
import { createMatchers, parseMatcherFile } from '../../agent/log/matcher.ts'
import { createStepLog } from '../../agent/log.ts'
import { formatTimestamp } from '../../agent/timestamp.ts'

/** Bytes of one read of a pipe, as the supervisor's records have them. */
const RECORD_BYTES = 65_536
const LINES = 1_000_000

const NO_MATCHERS: readonly object[] = []
/** Of the shape that compilers and linters have. */
const MATCHERS: readonly object[] = [
  { owner: 'tsc', pattern: [{ regexp: '^([^\\s].*)[(](\\d+),(\\d+)[)]: (error|warning) (.*)$', file: 1, message: 5 }] },
  {
    owner: 'gcc',
    pattern: [{ regexp: '^(.*?):(\\d+):(\\d*):? (?:fatal )?(warning|error): (.*)$', file: 1, message: 5 }],
  },
  {
    owner: 'lint',
    pattern: [
      { regexp: '^([^\\s].*)$', file: 1 },
      { regexp: '^ +(\\d+):(\\d+) +(.*)$', message: 3 },
    ],
  },
]

/** Prints the figures of the log pipeline, best of several rounds each. */
export async function benchLog(): Promise<void> {
  const secrets = secretsOf(3)
  const plain = bufferOf((line) =>
    `${String(line).padStart(8, '0')} compiling module number ${line % 977}`.padEnd(44, '.'),
  )
  const colons = bufferOf((line) =>
    `${String(line).padStart(8, '0')} test core::module::${line % 977} ... ok`.padEnd(44, '.'),
  )
  await printRate('naive, line by line, 3 secrets', plain, async (bytes) => naive(bytes, secrets))
  await printRate('log, 3 secrets', plain, (bytes) => pipeline(bytes, createMasks(secrets)))
  await printRate('log, 3 secrets, :: in every line', colons, (bytes) => pipeline(bytes, createMasks(secrets)))
  await printRate('log, 100 secrets', plain, (bytes) => pipeline(bytes, createMasks(secretsOf(100))))
  await printRate('log, a secret of one character', plain, (bytes) => pipeline(bytes, createMasks(['~'])))
  await printRate('log, 3 secrets, 3 problem matchers', plain, (bytes) =>
    pipeline(bytes, createMasks(secrets), MATCHERS),
  )
  for (const count of [3, 100]) await benchMasking(plain, secretsOf(count))
}

async function benchMasking(bytes: Buffer, secrets: readonly string[]): Promise<void> {
  const forms = secrets.flatMap(formsOf)
  const masks = createMasks(secrets)
  const alternation = new RegExp(
    [...forms]
      .sort((a, b) => b.length - a.length)
      .map(quote)
      .join('|'),
    'g',
  )
  const name = `masking alone, ${forms.length} forms`
  await printRate(`${name}: Wu-Manber (ours)`, bytes, async (part) => masks.maskLines(part.toString('utf8')))
  await printRate(`${name}: one alternation`, bytes, async (part) => part.toString('utf8').replace(alternation, MASK))
  await printRate(`${name}: indexOf for each`, bytes, async (part) => {
    const text = part.toString('utf8')
    return forms.filter((form) => text.includes(form)).length
  })
}

/** 2,000 lines at a time as the naive way would see them, so all see records of the same size. */
async function printRate(name: string, bytes: Buffer, run: (part: Buffer) => Promise<unknown>): Promise<void> {
  let bestMs = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round += 1) {
    const startMs = performance.now()
    await run(bytes)
    bestMs = Math.min(bestMs, performance.now() - startMs)
  }
  const [rate, megabytes] = [(LINES / bestMs) * 1000, bytes.length / 1e6 / (bestMs / 1000)]
  console.log(
    `${name.padEnd(60)} ${Math.round(rate).toLocaleString('en').padStart(12)} lines/s ${megabytes.toFixed(0).padStart(6)} MB/s`,
  )
}

async function pipeline(bytes: Buffer, masks: Masks, matcherFile = NO_MATCHERS): Promise<number> {
  const matchers = createMatchers()
  const parsed = parseMatcherFile(JSON.stringify({ problemMatcher: matcherFile }))
  if (parsed.ok) matchers.add(parsed.configs)
  let written = 0
  const log = createStepLog({
    masks,
    sink: {
      text: (text) => {
        written += Buffer.from(text).length
      },
      annotation: () => undefined,
    },
    workspace: '/github/workspace',
    readFile: async () => undefined,
    debug: false,
    allowUnsecureCommands: false,
    allowUnsecureStopTokens: false,
    matchers,
  })
  for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
    const part = bytes.subarray(at, at + RECORD_BYTES)
    await log.write({ atMs: 1e12 + at, stream: 'stdout', bytes: part, next: at + part.length })
  }
  await log.end(2e12)
  return written
}

function naive(bytes: Buffer, secrets: readonly string[]): number {
  const forms = secrets.flatMap(formsOf)
  let written = 0
  for (const line of bytes.toString('utf8').split('\n')) {
    const masked = forms.reduce((text, form) => text.replaceAll(form, MASK), line)
    written += Buffer.from(`${formatTimestamp(1e12)} ${masked}\n`).length
  }
  return written
}

function secretsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const digest = createHash('sha256').update(`secret ${index}`).digest()
    return index % 3 === 0 ? digest.toString('hex') : digest.toString('base64').slice(0, 12 + (index % 20))
  })
}

function bufferOf(lineAt: (line: number) => string): Buffer {
  return Buffer.from(`${Array.from({ length: LINES }, (_, line) => lineAt(line)).join('\n')}\n`)
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

if (import.meta.main) await benchLog()
