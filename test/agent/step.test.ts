/** Steps through launcher, supervisor and channel, hostile ones above all: right result, right output, nothing left behind. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { podFolder } from '../../agent/processes/pod-folder.ts'
import { jsonFrame } from '../../agent/supervisor/frame.ts'
import { openPod, readOutput, runScript, shellStep } from './processes-fixture.ts'

test('a step gets its script, its folder and exactly its environment', async (t) => {
  const { supervisor } = await openPod(t)
  const env = { PATH: supervisor.facts.env['PATH'] ?? '', QUOTED: "it's $HOME `x` \\", LINES: 'a\nb\n', EMPTY: '' }
  await supervisor.start(
    { key: 'one', argv: ['env', '-0'], env, cwd: supervisor.facts.paths.temp, fileCommands: {} },
    [],
  )
  const { stdout } = await readOutput(supervisor, 'one')
  const got = Object.fromEntries(
    stdout
      .split('\0')
      .slice(0, -1)
      .map((entry) => entry.split(/=(.*)/s)),
  )
  assert.match(got.RUNNER_TRACKING_ID, /^longshore_/)
  delete got.RUNNER_TRACKING_ID
  assert.deepEqual(got, env)
  assert.equal(
    (await runScript(supervisor, 'two', 'pwd; echo "$0"')).stdout.split('\n')[0],
    supervisor.facts.paths.workspace,
  )
})

test('variables that no shell can set arrive too, and signals are as for any other step', async (t) => {
  const { supervisor } = await openPod(t)
  const env = { PATH: supervisor.facts.env['PATH'] ?? '', 'INPUT_WHO-TO-GREET': "it's me", UID: '7', 'a.b': 'c\nd' }
  await supervisor.start({ key: 'one', argv: ['env', '-0'], env, cwd: '/', fileCommands: {} }, [])
  const { stdout } = await readOutput(supervisor, 'one')
  for (const [name, value] of Object.entries(env)) assert.ok(`\0${stdout}`.includes(`\0${name}=${value}\0`), name)
  const plain = await runScript(supervisor, 'two', 'grep -E "Sig(Ign|Blk)" /proc/self/status')
  const awkward = await runScript(supervisor, 'three', 'grep -E "Sig(Ign|Blk)" /proc/self/status', { env })
  assert.match(plain.stdout, /SigIgn:\t0+\n/)
  assert.equal(awkward.stdout, plain.stdout)
})

test('200 KB of environment and a 1 MB script work, and no argument list shows them', async (t) => {
  const { supervisor, world, pod } = await openPod(t)
  const large = Object.fromEntries(['A', 'B'].map((name) => [name, `secret-${'x'.repeat(100_000)}`]))
  const env = { PATH: supervisor.facts.env['PATH'] ?? '', ...large }
  const text = `cat /proc/[0-9]*/cmdline 2>/dev/null | grep -c "secre[t]-"\necho \${#A} \${#B}\n${'# filler\n'.repeat(120_000)}exit 4\n`
  const result = await runScript(supervisor, 'one', text, { env })
  assert.equal(result.stdout, '0\n100007 100007\n')
  assert.equal(result.code, 4)
  const { launcher } = podFolder(world.folder, pod)
  assert.deepEqual(
    readdirSync(launcher).filter((name) => /\.(run|program)$/.test(name)),
    [],
  )
})

test('stdin is closed, stdout and stderr can be opened by name', async (t) => {
  const { supervisor } = await openPod(t)
  const text = 'cat\necho a >/dev/stdout\necho b | tee /dev/stderr\necho c >&2\necho d >>/proc/self/fd/1'
  const result = await runScript(supervisor, 'one', text)
  assert.deepEqual([result.stdout, result.stderr, result.code], ['a\nb\nd\n', 'b\nc\n', 0])
})

test('what a step prints is output, whatever it looks like', async (t) => {
  const { supervisor } = await openPod(t)
  const frame = Buffer.from(jsonFrame({ kind: 'answer', id: 1, value: { kind: 'exited' } })).toString('base64')
  const text = `echo '{"exit":0}'\necho ${frame} | base64 -d\necho '0 0 0 .'\nprintf 'x 0\\n'\nexit 9`
  const result = await runScript(supervisor, 'one', text)
  assert.equal(result.stdout, `{"exit":0}\n${Buffer.from(frame, 'base64').toString('latin1')}0 0 0 .\nx 0\n`)
  assert.equal(result.code, 9)
})

test('the same key starts a step once', async (t) => {
  const { supervisor } = await openPod(t)
  const command = shellStep(supervisor, 'one', 'echo once >>count')
  const states = await Promise.all([1, 2, 3].map(() => supervisor.start(command, [])))
  await supervisor.ended('one')
  states.push(await supervisor.start(command, []))
  assert.deepEqual(
    states.map(({ kind }) => kind),
    ['running', 'running', 'running', 'exited'],
  )
  assert.equal(Buffer.from((await supervisor.readFile('count', 100)) ?? []).toString(), 'once\n')
})

test('file commands are new and empty for each step, and come back with the exit', async (t) => {
  const { supervisor } = await openPod(t)
  const fileCommands = {
    GITHUB_OUTPUT: 'set_output_',
    GITHUB_ENV: 'set_env_',
    GITHUB_PATH: 'add_path_',
    GITHUB_STATE: 'save_state_',
  }
  const text = `wc -c <"$GITHUB_OUTPUT"
echo "a=ü" >>"$GITHUB_OUTPUT"
rm "$GITHUB_ENV"; ln -s /etc/passwd "$GITHUB_ENV"
rm "$GITHUB_PATH"; mkfifo "$GITHUB_PATH"
head -c 5000000 /dev/zero >"$GITHUB_STATE"`
  for (const key of ['one', 'two']) {
    const { stdout, end } = await runScript(supervisor, key, text, { fileCommands })
    assert.equal(stdout, '0\n')
    assert.ok(end.kind === 'exited')
    assert.deepEqual(end.record.files, {
      GITHUB_OUTPUT: { text: 'a=ü\n' },
      GITHUB_ENV: { text: '' },
      GITHUB_PATH: { text: '' },
      GITHUB_STATE: { tooLarge: 5_000_000 },
    })
  }
})

test('a missing folder and a missing program are refusals with their own codes', async (t) => {
  const { supervisor } = await openPod(t)
  assert.equal((await runScript(supervisor, 'one', '', { cwd: '/no/such' })).code, 'no-directory')
  assert.equal((await runScript(supervisor, 'two', '', { argv: ['no-such-shell', '{0}'] })).code, 'no-program')
  const env = { PATH: '/usr/bin', 'not-plain': '' }
  assert.equal((await runScript(supervisor, 'three', '', { env, cwd: '/no/such' })).code, 'no-directory')
  assert.equal((await runScript(supervisor, 'four', '', { env, argv: ['no-such-shell'] })).code, 'no-program')
})

test('a step that ends by a signal, its own group included, has 128 and the signal as its code', async (t) => {
  const { supervisor } = await openPod(t)
  assert.equal((await runScript(supervisor, 'one', 'kill -9 $$')).code, 137)
  assert.equal((await runScript(supervisor, 'two', 'echo before; kill -9 0; echo after')).stdout, 'before\n')
  const third = await runScript(supervisor, 'three', 'kill -TERM -$$')
  assert.ok(third.end.kind === 'exited' && third.end.record.signal === 'SIGTERM' && third.end.record.code === 143)
  assert.equal((await runScript(supervisor, 'four', 'echo fine')).code, 0)
})

test('signals reach the whole group of a step, from its first moment on', async (t) => {
  const { supervisor } = await openPod(t)
  for (const [index, signal] of (['SIGINT', 'SIGTERM', 'SIGKILL'] as const).entries()) {
    const key = `s${index}`
    await supervisor.start(shellStep(supervisor, key, 'sleep 1000 & sleep 1000 | cat; echo after'), [])
    await supervisor.signal(key, signal)
    const end = await supervisor.ended(key)
    assert.ok(end.kind === 'exited' && end.record.signal === signal, signal)
  }
  const trap = "trap 'echo trapped; exit 5' INT; echo ready; while :; do sleep 0.01; done"
  await supervisor.start(shellStep(supervisor, 'trap', trap), [])
  let printed = ''
  for await (const records of supervisor.output('trap', 0)) {
    printed += records.map(({ bytes }) => Buffer.from(bytes).toString()).join('')
    if (printed === 'ready\n') await supervisor.signal('trap', 'SIGINT')
  }
  assert.equal(printed, 'ready\ntrapped\n')
  const end = await supervisor.ended('trap')
  assert.equal(end.kind === 'exited' && end.record.code, 5)
  await supervisor.signal('trap', 'SIGKILL')
})

test('a step that closes its output ends when it exits', async (t) => {
  const { supervisor } = await openPod(t)
  const result = await runScript(supervisor, 'one', 'echo first; exec >&- 2>&-; sleep 0.2; exit 6')
  assert.deepEqual([result.stdout, result.code], ['first\n', 6])
})

test('a daemon that keeps the output open delays the end by a bounded time, lives on, and dies with the pod', async (t) => {
  const { supervisor } = await openPod(t)
  const text = `setsid sh -c 'echo $$ >daemon; while :; do echo noise; sleep 0.2; done' & sleep 1000 & echo started`
  const result = await runScript(supervisor, 'one', text)
  assert.equal(result.code, 0)
  assert.match(result.stdout, /^(noise\n)*started\n(noise\n)+$/)
  const { stdout } = await runScript(
    supervisor,
    'two',
    'kill -0 "$(cat daemon)" && sleep 0.5 && kill -0 "$(cat daemon)" && echo alive; echo >&2',
  )
  assert.equal(stdout, 'alive\n')
})

test('a step that kills whoever watches it, or the launcher, is never a success', async (t) => {
  const { supervisor, world, pod } = await openPod(t)
  assert.equal((await runScript(supervisor, 'one', 'kill -9 $PPID; exit 0')).code, 'launcher-gone')
  const launcher = readFileSync(join(podFolder(world.folder, pod).launcher, 'pid'), 'utf8').trim()
  assert.equal((await runScript(supervisor, 'two', `kill -9 ${launcher}; sleep 1000`)).code, 'launcher-gone')
  assert.equal((await runScript(supervisor, 'three', 'exit 0')).code, 'launcher-gone')
  assert.equal((await runScript(supervisor, 'three', 'exit 0')).code, 'launcher-gone')
})

test('50 MB come through complete while others print, at whatever pace they are read', async (t) => {
  const { supervisor } = await openPod(t)
  await supervisor.start(shellStep(supervisor, 'large', 'yes 0123456789abcde | head -c 50000000'), [])
  await supervisor.start(shellStep(supervisor, 'small', 'for i in 1 2 3; do echo $i; sleep 0.05; done'), [])
  const end = await supervisor.ended('large')
  assert.equal((await readOutput(supervisor, 'small')).stdout, '1\n2\n3\n')
  const { stdout } = await readOutput(supervisor, 'large')
  assert.equal(stdout, '0123456789abcde\n'.repeat(3_125_000))
  assert.ok(end.kind === 'exited' && end.record.code === 0)
})

test('output goes on from any record boundary, and from nowhere else', async (t) => {
  const { supervisor } = await openPod(t)
  await runScript(supervisor, 'one', 'for i in 1 2 3 4 5; do echo $i; sleep 0.01; done; echo e >&2')
  const records = []
  for await (const batch of supervisor.output('one', 0)) records.push(...batch)
  for (const [index, { next }] of records.entries()) {
    const rest = []
    for await (const batch of supervisor.output('one', next)) rest.push(...batch)
    assert.deepEqual(rest, records.slice(index + 1))
  }
  const end = await supervisor.ended('one')
  assert.equal(end.kind === 'exited' && end.record.recordBytes, records.at(-1)?.next)
  await assert.rejects(readOutput(supervisor, 'one', 3), { code: 'bad-position' })
  await assert.rejects(readOutput(supervisor, 'one', 1_000_000), { code: 'bad-position' })
})

test('a start that no program could get is refused, and the next one works', async (t) => {
  const { supervisor } = await openPod(t)
  const command = shellStep(supervisor, 'one', 'echo fine')
  for (const bad of [{ cwd: '/a\0b' }, { key: 'a/b' }, { env: { A: '\0' } }, { env: { 'A=B': '' } }]) {
    await assert.rejects(supervisor.start({ ...command, ...bad }, []), { code: 'bad-request', retry: 'never' })
  }
  const script = { text: 'x'.repeat(40_000_000), extension: '.sh' }
  await assert.rejects(supervisor.start({ ...command, script }, []), { code: 'too-large', retry: 'never' })
  assert.equal((await runScript(supervisor, 'one', 'echo fine')).stdout, 'fine\n')
})
