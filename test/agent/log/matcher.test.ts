import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createMatchers,
  type Match,
  type MatcherConfig,
  type MatcherRun,
  matchLine,
  openMatches,
  parseMatcherFile,
  resumeMatchers,
  withoutColours,
} from '../../../agent/log/matcher.ts'
import { MATCHERS_BYTES_MAX, MATCHERS_MAX } from '../../../shared/limit.ts'

const file = (...matchers: readonly object[]): string => JSON.stringify({ problemMatcher: matchers })

function configsOf(...matchers: readonly object[]): readonly MatcherConfig[] {
  const parsed = parseMatcherFile(file(...matchers))
  assert.ok(parsed.ok, JSON.stringify(parsed))
  assert.deepEqual(parsed.slow, [])
  return parsed.configs
}

function mistakeIn(json: string): string {
  const parsed = parseMatcherFile(json)
  assert.ok(!parsed.ok)
  return parsed.message
}

const matches = (runs: readonly MatcherRun[], lines: readonly string[]): readonly (Match | undefined)[] =>
  lines.map((line) => matchLine(runs, line, (match) => match))

const TSC = {
  owner: 'tsc',
  pattern: [
    {
      regexp: '^([^\\s].*)\\((\\d+),(\\d+)\\):\\s+(error|warning)\\s+(TS\\d+):\\s*(.*)$',
      file: 1,
      line: 2,
      column: 3,
      severity: 4,
      code: 5,
      message: 6,
    },
  ],
}

/** A file's name, then its findings, one a line. */
const ESLINT = {
  owner: 'eslint-stylish',
  pattern: [
    { regexp: '^([^\\s].*)$', file: 1 },
    {
      regexp: '^\\s+(\\d+):(\\d+)\\s+(error|warning)\\s+(.*?)\\s\\s+(.*)$',
      line: 1,
      column: 2,
      severity: 3,
      message: 4,
      code: 5,
      loop: true,
    },
  ],
}

test('a pattern of one line names its groups', () => {
  const runs = resumeMatchers(configsOf(TSC), {})
  assert.deepEqual(matches(runs, ['src/a.ts(1,2): error TS2304: no name', 'src/a.ts: fine']), [
    { file: 'src/a.ts', line: '1', column: '2', severity: 'error', code: 'TS2304', message: 'no name' },
    undefined,
  ])
})

test('a looping pattern matches again until a line does not', () => {
  const runs = resumeMatchers(configsOf(ESLINT), {})
  const found = matches(runs, [
    'a.ts',
    '  1:2  error  one  r1',
    '  3:4  warning  two  r2',
    '',
    '  5:6  error  three  r3',
  ])
  assert.deepEqual(
    found.map((match) => match && [match.file, match.line, match.message]),
    [undefined, ['a.ts', '1', 'one'], ['a.ts', '3', 'two'], undefined, undefined],
  )
})

test('a pattern of three lines needs them in a row', () => {
  const config = {
    owner: 'three',
    pattern: [
      { regexp: '^A (.*)', file: 1 },
      { regexp: '^B (.*)', line: 1 },
      { regexp: '^C (.*)', message: 1 },
    ],
  }
  const runs = resumeMatchers(configsOf(config), {})
  assert.deepEqual(matches(runs, ['A f', 'B 1', 'C m', 'C m', 'A f', 'x', 'B 1', 'C m']), [
    undefined,
    undefined,
    { file: 'f', line: '1', message: 'm' },
    ...Array.from({ length: 5 }, () => undefined),
  ])
})

test('a match goes on from its JSON', () => {
  const configs = configsOf(ESLINT)
  const first = resumeMatchers(configs, {})
  matches(first, ['a.ts'])
  const second = resumeMatchers(configs, JSON.parse(JSON.stringify(openMatches(first))))
  assert.equal(matches(second, ['  1:2  error  one  r1'])[0]?.file, 'a.ts')
})

test('the first matcher wins and the others start over', () => {
  const bad = { owner: 'bad', pattern: [{ regexp: '(BAD .*)', message: 1 }] }
  const runs = resumeMatchers(configsOf(bad, ESLINT), {})
  const found = matches(runs, ['a.ts', 'BAD luck', '  1:2  error  one  r1'])
  assert.deepEqual(found, [undefined, { message: 'BAD luck' }, undefined])
})

test('a match that is not accepted leaves the line to the next matcher', () => {
  const named = (owner: string): object => ({ owner, severity: owner, pattern: [{ regexp: '(.+)', message: 1 }] })
  const runs = resumeMatchers(configsOf(named('notice'), named('warning')), {})
  assert.equal(
    matchLine(runs, 'x', ({ severity }) => (severity === 'notice' ? undefined : severity)),
    'warning',
  )
})

test('the oldest matchers go beyond the limits', () => {
  const matchers = createMatchers()
  const named = (owner: number, regexp: string): object => ({ owner: `${owner}`, pattern: [{ regexp, message: 0 }] })
  for (let owner = 0; owner < MATCHERS_MAX + 5; owner += 1) matchers.add(configsOf(named(owner, 'x')))
  assert.deepEqual([matchers.configs.length, matchers.configs.at(-1)?.owner], [MATCHERS_MAX, '5'])
  const large = Array.from({ length: 3 }, () => ({ regexp: 'y'.repeat(4_000) }))
  for (let owner = 0; owner < 5; owner += 1) {
    matchers.add(configsOf({ owner: `large ${owner}`, pattern: [...large, { regexp: 'x', message: 0 }] }))
  }
  assert.ok(JSON.stringify(matchers.configs).length <= MATCHERS_BYTES_MAX)
  assert.deepEqual([matchers.configs.length, matchers.configs[0]?.owner], [2, 'large 4'])
})

test('a severity and a fromPath of the matcher stand in for missing ones', () => {
  const config = {
    owner: 'o',
    severity: 'Warning',
    fromPath: 'p/x.csproj',
    pattern: [{ regexp: '^(error )?(.*)$', severity: 1, message: 2 }],
  }
  assert.deepEqual(matches(resumeMatchers(configsOf(config), {}), ['m']), [
    { severity: 'Warning', message: 'm', fromPath: 'p/x.csproj' },
  ])
})

test('every mistake in a file is named', () => {
  const pattern = [{ regexp: 'x(.)', message: 1 }]
  const rows: readonly (readonly [string, string | RegExp])[] = [
    ['{', /^Not a problem matcher file: the file: /],
    [
      file({ owner: 'o', pattern: [{ regexp: 5 }] }),
      /^Not a problem matcher file: problemMatcher.0.pattern.0.regexp: /,
    ],
    [file({ pattern }), 'Owner must not be empty'],
    [file({ owner: 'o', severity: 'bad', pattern }), "Matcher 'o' contains unexpected default severity 'bad'"],
    [file({ owner: 'o' }), "Matcher 'o' does not contain any patterns"],
    [file({ owner: 'o', pattern: [{ regexp: 'x' }] }), "At least one pattern must set 'message'"],
    [file({ owner: 'o', pattern: [{ regexp: '(' }] }), "Invalid pattern '('"],
    [file({ owner: 'o', pattern: [{ regexp: 'x'.repeat(4_097), message: 0 }] }), /^Invalid pattern 'xxx/],
    [
      file({ owner: 'o', pattern: [{ regexp: '(.)', message: 2 }] }),
      "The property 'message' is set to 2 which is out of range",
    ],
    [file({ owner: 'o', pattern: [...pattern, ...pattern] }), "The property 'message' is set twice"],
    [
      file({ owner: 'o', pattern: [{ regexp: '(.)', message: 1, loop: true }] }),
      "Only the last pattern in a multiline matcher may set 'loop'",
    ],
    [file({ owner: 'o', pattern: [...pattern, { regexp: 'y', loop: true }] }), "The loop pattern must set 'message'"],
    [file({ owner: 'o', pattern }, { owner: 'O', pattern }), "Duplicate owner name 'O'"],
  ]
  for (const [json, expected] of rows) {
    if (typeof expected === 'string') assert.equal(mistakeIn(json), expected)
    else assert.match(mistakeIn(json), expected)
  }
})

test('numbers as text, nulls and unknown keys are taken as they are meant', () => {
  const configs = configsOf({
    owner: 'o',
    severity: null,
    other: 1,
    pattern: [{ regexp: '(.*)', message: '1', line: null }],
  })
  assert.deepEqual(matches(resumeMatchers(configs, {}), ['m']), [{ message: 'm' }])
})

test('a matcher that would need backtracking is left out by name, the others stay', () => {
  const parsed = parseMatcherFile(file({ owner: 'slow', pattern: [{ regexp: '(a)(?=b)\\1', message: 1 }] }, TSC))
  assert.ok(parsed.ok)
  assert.deepEqual([parsed.configs.map((config) => config.owner), parsed.slow], [['tsc'], ['slow']])
})

test('a pattern that counts without end is left out unrun', () => {
  const parsed = parseMatcherFile(
    file({ owner: 'slow', pattern: [{ regexp: '(((a?){1000}){1000}){1000}', message: 1 }] }),
  )
  assert.deepEqual(parsed, { ok: true, configs: [], slow: ['slow'] })
})

test('a pattern that would backtrack for ever ends at once', () => {
  const runs = resumeMatchers(
    configsOf({ owner: 'o', pattern: [{ regexp: '^(([a-z])+.)+[A-Z]([a-z])+$', message: 1 }] }),
    {},
  )
  assert.deepEqual(matches(runs, ['a'.repeat(10_000)]), [undefined])
})

test('what is added comes first, in place of the same owner, and is removed by owner', () => {
  const matchers = createMatchers()
  matchers.add(configsOf(TSC, ESLINT))
  matchers.add(configsOf({ owner: 'new', pattern: [{ regexp: 'x', message: 0 }] }, { ...TSC, owner: 'TSC' }))
  assert.deepEqual(
    matchers.configs.map((config) => config.owner),
    ['new', 'TSC', 'eslint-stylish'],
  )
  assert.deepEqual(matchers.remove(['Tsc', 'unknown']), ['TSC'])
  assert.deepEqual(
    matchers.configs.map((config) => config.owner),
    ['new', 'eslint-stylish'],
  )
})

test('colour codes are taken off a line', () => {
  assert.equal(withoutColours('\x1b[31;1merror\x1b[0m \x1b[K'), 'error K')
})
