import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMasks } from '../../agent/log/mask.ts'
import { createMatchers } from '../../agent/log/matcher.ts'
import { COMMAND_BYTES_MAX, LOG_LINE_BYTES_MAX, MASK_BYTES_MAX, MATCHER_LINE_MAX } from '../../shared/limit.ts'
import { AT_MS, linesOf, MATCHER, openLog, run, type Told, write } from './step-log.ts'

test('a line has the time of the record that ended it, in seven digits', async () => {
  const told: Told = { text: '', annotations: [] }
  const log = openLog(told)
  await log.write({ atMs: AT_MS, stream: 'stdout', bytes: Buffer.from('one\ntw'), next: 6 })
  await log.write({ atMs: AT_MS + 1, stream: 'stdout', bytes: Buffer.from('o\n'), next: 8 })
  assert.equal(told.text, '2026-01-02T03:04:05.6780000Z one\n2026-01-02T03:04:05.6790000Z two\n')
})

test('lines end with either break or both, and the last needs none', async () => {
  assert.deepEqual((await run(['a\r', '\nb\rc\r\n\n', '\re', '\nd'])).lines, ['a', 'b', 'c', '', '', 'e', 'd'])
})

test('the two streams are put together line by line, each by itself', async () => {
  const told: Told = { text: '', annotations: [] }
  const log = openLog(told)
  await write(log, 'out ')
  await write(log, 'err ', 'stderr')
  await write(log, 'one\n')
  await write(log, 'two')
  await log.end(AT_MS)
  assert.deepEqual(linesOf(told.text), ['out one', 'two', 'err '])
})

test('a character split over two reads is whole, an invalid byte is U+FFFD', async () => {
  const euro = Buffer.from('€')
  assert.deepEqual(
    (await run([euro.subarray(0, 1), euro.subarray(1), Buffer.from([0xff, 0xc3, 10, 0xa9, 10])])).lines,
    ['€\ufffd\ufffd', '\ufffd'],
  )
})

test('a secret split over two writes is masked', async () => {
  assert.deepEqual((await run(['my hun', 'ter2\n'], { masks: createMasks(['hunter2']) })).lines, ['my ***'])
})

test('an unknown command is plain output', async () => {
  assert.deepEqual((await run('::nope::x\nstd::vec::Vec\n##[nope]x\n')).lines, [
    '::nope::x',
    'std::vec::Vec',
    '##[nope]x',
  ])
})

test('add-mask hides from the next line on, also each line of its value', async () => {
  const { lines } = await run('swordfish\n::add-mask::swordfish%0Asecond\nswordfish second\n')
  assert.deepEqual(lines, ['swordfish', '*** ***'])
})

test('an empty mask is warned of', async () => {
  const { annotations, effects } = await run('::add-mask::  \n')
  assert.deepEqual(annotations, [
    { level: 'warning', message: "Can't add secret mask for empty string in ##[add-mask] command." },
  ])
  assert.equal(effects.failed, undefined)
})

test('groups begin and end', async () => {
  assert.deepEqual((await run('::group::Build\nx\n::endgroup::ignored\n')).lines, [
    '##[group]Build',
    'x',
    '##[endgroup]',
  ])
})

test('debug lines are shown only when debugging', async () => {
  assert.deepEqual((await run('::debug::a%0Ab\n')).lines, [])
  assert.deepEqual((await run('::echo::off\n::debug::a%0Ab\n', { debug: true })).lines.slice(-2), [
    '##[debug]a',
    '##[debug]b',
  ])
})

test('an annotation is told and logged, and does not fail the step', async () => {
  const { lines, annotations, effects } = await run(
    '::error file=/github/workspace/a.ts,line=3,title=T s3cret::it%0Abroke s3cret\n',
    { masks: createMasks(['s3cret']) },
  )
  assert.deepEqual(lines, ['##[error]it', 'broke ***'])
  assert.deepEqual(annotations, [{ level: 'error', message: 'it\nbroke ***', title: 'T ***', file: 'a.ts', line: 3 }])
  assert.equal(effects.failed, undefined)
})

test('ten annotations of a level are kept, the rest are in the log', async () => {
  const { lines, annotations } = await run(`${'::warning::w\n'.repeat(12)}::notice::n\n`)
  assert.equal(lines.length, 13)
  assert.deepEqual(
    ['warning', 'notice'].map((level) => annotations.filter((annotation) => annotation.level === level).length),
    [10, 1],
  )
})

test('echo prints the commands that follow, but for those that print or hide by themselves', async () => {
  const { lines } = await run('::echo::on\n::group::g\n::debug::d\n::add-mask::mmm\n::echo::off\n::group::h\n')
  assert.deepEqual(lines, ['::group::g', '##[group]g', '::add-mask::***', '::echo::off', '##[group]h'])
})

test('while commands are stopped they are plain lines', async () => {
  const { lines, annotations } = await run('::stop-commands::tok\n::error::a\n::TOK::\n::error::b\n')
  assert.deepEqual(lines, ['::stop-commands::tok', '::error::a', '::TOK::', '##[error]b'])
  assert.equal(annotations.length, 1)
})

test('a stop token longer than six characters is masked', async () => {
  assert.deepEqual((await run('::stop-commands::1234567\n::1234567::\n1234567\n')).lines, [
    '::stop-commands::***',
    '::***::',
    '***',
  ])
})

test('a stop token that is empty, pause-logging or a command is refused unless unsecure tokens are allowed', async () => {
  for (const token of ['', 'pause-logging', 'Warning']) {
    const refused = await run(`::stop-commands::${token}\n::notice::still heard\n`)
    assert.match(refused.effects.failed ?? '', /You cannot use a endToken that is an empty string/)
    assert.equal(refused.annotations.at(-1)?.message, 'still heard')
    const allowed = await run(`::stop-commands::${token}\n::notice::not heard\n`, { allowUnsecureStopTokens: true })
    assert.deepEqual([allowed.effects.failed, allowed.annotations], [undefined, []])
  }
})

test('set-output and save-state work and are said to be deprecated', async () => {
  const { effects, annotations } = await run(
    '::set-output name=a::1\n::set-output name=a::2%0A3\n::save-state name=s::4\n',
  )
  assert.deepEqual(
    [[...effects.outputs], [...effects.state], effects.failed],
    [[['a', '2\n3']], [['s', '4']], undefined],
  )
  assert.match(annotations[0]?.message ?? '', /^The `set-output` command is deprecated/)
})

test('an output without a name fails the step', async () => {
  const { effects, lines } = await run('::set-output::1\n')
  assert.deepEqual(lines.slice(1), [
    "##[error]Unable to process command '::set-output::1' successfully.",
    "##[error]Required field 'name' is missing in ##[set-output] command.",
  ])
  assert.match(effects.failed ?? '', /Required field 'name'/)
})

test('set-env and add-path fail the step unless unsecure commands are allowed', async () => {
  const commands = '::set-env name=A::1\n::add-path::/x\n::add-path::/y\n::add-path::/x\n'
  const refused = await run(commands)
  assert.match(refused.effects.failed ?? '', /The `set-env` command is disabled/)
  assert.deepEqual([refused.effects.env.size, refused.effects.path.size], [0, 0])
  const { effects } = await run(commands, { allowUnsecureCommands: true })
  assert.deepEqual([[...effects.env], [...effects.path], effects.failed], [[['A', '1']], ['/y', '/x'], undefined])
})

test('NODE_OPTIONS cannot be set, which is an error but no failure', async () => {
  const { effects, annotations } = await run('::set-env name=node_options::x\n', { allowUnsecureCommands: true })
  assert.deepEqual([effects.env.size, effects.failed], [0, undefined])
  assert.equal(annotations[0]?.message, "Can't update NODE_OPTIONS environment variable using ::set-env:: command.")
})

test('an echo value that is neither on nor off fails the step', async () => {
  assert.match((await run('::echo::maybe\n')).effects.failed ?? '', /Current value is: 'maybe'\.$/)
})

test("the runner's own marks are disarmed", async () => {
  assert.deepEqual((await run('##[start-action display=x]\nx ##[end-action]\n')).lines, [
    '##[\\start-action display=x]',
    'x ##[\\end-action]',
  ])
})

test('a matcher turns lines into annotations, in this step and later ones, until it is removed', async () => {
  const options = { matchers: createMatchers(), readFile: async () => MATCHER }
  const first = await run(
    '::add-matcher::.github/lint.json\n\x1b[31ma.ts:3: warning: w\x1b[0m\n/else.ts:4: error: e\n',
    options,
  )
  assert.deepEqual(first.lines, ['##[warning]a.ts:3: warning: w', '##[error]/else.ts:4: error: e'])
  assert.deepEqual(first.annotations, [
    { level: 'warning', message: 'w', file: 'a.ts', line: 3 },
    { level: 'error', message: 'e', line: 4 },
  ])
  const second = await run(
    'a.ts:1: notice: n\na.ts:1: unknown: n\n::remove-matcher owner=LINT::\na.ts:1: error: n\n',
    options,
  )
  assert.deepEqual(second.lines, ['##[notice]a.ts:1: notice: n', 'a.ts:1: unknown: n', 'a.ts:1: error: n'])
})

test('a line that is very long is not matched', async () => {
  const long = `a.ts:1: error: ${'x'.repeat(MATCHER_LINE_MAX)}`
  const { lines, annotations } = await run(`::add-matcher::m.json\n${long}\n`, { readFile: async () => MATCHER })
  assert.deepEqual([lines, annotations], [[long], []])
})

test('a matcher file is asked for below the workspace; without one, or with a mistake in it, the step fails', async () => {
  const asked: string[] = []
  const missing = await run('::add-matcher::m.json\n', {
    readFile: async (path) => {
      asked.push(path)
      return undefined
    },
  })
  assert.deepEqual(asked, ['/github/workspace/m.json'])
  assert.match(missing.effects.failed ?? '', /Could not find file '\/github\/workspace\/m\.json'\.$/)
  const broken = await run('::add-matcher::m.json\n', { readFile: async () => '{"problemMatcher":[{}]}' })
  assert.match(broken.effects.failed ?? '', /Owner must not be empty$/)
})

test('remove-matcher takes an owner or a file, not both and not neither', async () => {
  for (const command of ['::remove-matcher::', '::remove-matcher owner=x::y']) {
    const { annotations } = await run(`${command}\n`)
    assert.match(annotations[0]?.message ?? '', /^Either /)
  }
})

test('what the agent says is masked and stamped like any line', async () => {
  const told: Told = { text: '', annotations: [] }
  const log = openLog(told, { masks: createMasks(['s3cret']) })
  log.say('##[error]with s3cret\nand more', AT_MS)
  log.annotate('error', 'of the agent', AT_MS)
  assert.deepEqual(linesOf(told.text), ['##[error]with ***', 'and more', '##[error]of the agent'])
  assert.deepEqual(told.annotations, [{ level: 'error', message: 'of the agent' }])
})

test('a line over the limit comes in pieces, and a secret across the cut is masked', async () => {
  const long = `${'x'.repeat(LOG_LINE_BYTES_MAX - 3)}hunter2${'é'.repeat(LOG_LINE_BYTES_MAX)}`
  const { lines } = await run(['a\n', long, `\nb`], { masks: createMasks(['hunter2']) })
  assert.deepEqual(
    lines.map((line) => line.slice(0, 6)),
    ['a', 'xxxxxx', '***ééé', 'éééééé', 'b'],
  )
  assert.equal(lines[1]?.slice(-6), 'xxx***')
  assert.equal(lines.join('').replaceAll('***', ''), `a${long.replace('hunter2', '')}b`)
})

test('a long line is the same however it is read', async () => {
  const long = Buffer.from('añ€😀b'.repeat(30_000))
  const bytes = Buffer.concat([Buffer.from('start\n'), long, Buffer.alloc(9, 0xbf), Buffer.from('\rend')])
  const options = () => ({ masks: createMasks(['b\ud83d', 'ñ€']) })
  const whole = await run([bytes], options())
  for (const size of [1_000, 4_096, 65_535, 65_536, 100_003]) {
    const count = Math.ceil(bytes.length / size)
    const reads = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
    const { lines } = await run(reads, options())
    assert.ok(lines.join('\n') === whole.lines.join('\n'), `reads of ${size} bytes`)
  }
  assert.deepEqual([whole.lines.length, whole.lines[0], whole.lines.at(-1)], [8, 'start', 'end'])
})

test('a long command is waited for', async () => {
  const value = 'v'.repeat(LOG_LINE_BYTES_MAX * 3)
  const { effects, lines } = await run(['::set-output name=a::', value, '\nnext\n'])
  assert.deepEqual([effects.outputs.get('a'), lines.at(-1)], [value, 'next'])
})

test('a command over the limit is neither run nor printed, and fails the step', async () => {
  const [head, value] = ['::set-output name=o::', 'v'.repeat(65_536)]
  for (const data of [[`${head}${value.repeat(40)}\nnext\n`], [head, ...Array<string>(40).fill(value), '\nnext\n']]) {
    const { lines, effects } = await run(data)
    assert.deepEqual(lines, [
      "##[error]Unable to process command 'set-output' successfully.",
      `##[error]The command is longer than the limit of ${COMMAND_BYTES_MAX} bytes.`,
      'next',
    ])
    assert.match(effects.failed ?? '', /longer than the limit/)
  }
})

test('when a mask cannot be added, nothing more of the step is shown', async () => {
  const add = (length: number, mark: string): string => `::add-mask::${'m'.repeat(length)}${mark}\n`
  const many = [...'abcdefghi'].map((mark) => add(MASK_BYTES_MAX - 1, mark)).join('')
  for (const data of [add(COMMAND_BYTES_MAX, 'a'), add(MASK_BYTES_MAX, 'a'), many].map(
    (adds) => `${adds}more\n::error::x\n`,
  )) {
    const { lines, effects } = await run([data, 'and more\n', 'and the end'])
    assert.equal(lines.length, 3)
    assert.match(lines.at(-1) ?? '', /^##\[error\]The output of this step is withheld from here on/)
    assert.match(effects.failed ?? '', /Unable to process command 'add-mask' successfully\. .* limit of \d+ bytes/)
  }
})

test('a step that sets more than a journal entry can hold fails', async () => {
  const { effects, lines } = await run(`${'::set-output name=a::'.padEnd(700_000, 'v')}\n`.repeat(3).concat('next\n'))
  assert.match(effects.failed ?? '', /set more than the limit/)
  assert.deepEqual([effects.outputs.get('a')?.length, lines.at(-1)], [699_979, 'next'])
})
