import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { longshore, start } from './command.ts'
import { processesOf } from './processes.ts'

const HELLO = 'on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n      - run: echo hello\n'

async function folderOf(context: TestContext, files: { readonly [name: string]: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  context.after(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

test('what cannot be read as a workflow is refused by name: a link that leads nowhere or in a circle, a pipe, a device, a giant', async (context) => {
  const folder = await folderOf(context, { 'giant.yml': '', 'good.yml': HELLO })
  await truncate(join(folder, 'giant.yml'), 5_000_000_000)
  await symlink('nowhere', join(folder, 'broken.yml'))
  await symlink('circle.yml', join(folder, 'circle.yml'))
  spawnSync('mkfifo', [join(folder, 'pipe.yml')])
  const says: readonly (readonly [path: string, says: RegExp])[] = [
    ['broken.yml', /^longshore: broken\.yml is not there\n$/],
    ['circle.yml', /^longshore: circle\.yml cannot be read: its symbolic links lead in a circle\n$/],
    ['pipe.yml', /^longshore: pipe\.yml is no regular file: a workflow is read from a file\n$/],
    ['/dev/zero', /dev\/zero is no regular file/],
    ['good.yml/x', /is not there: a part of its path is a file/],
    ['giant.yml', /giant\.yml has 5000000000 bytes, which is too large for a workflow/],
    ['.', /^longshore: broken\.yml is not there\n$/],
  ]
  const ends = await Promise.all(says.map(([path]) => longshore(['check', path], { folder })))
  for (const [index, [path, expected]] of says.entries()) {
    assert.match(ends[index]?.stderr ?? '', expected, path)
    assert.deepEqual([ends[index]?.status, ends[index]?.stdout], [2, ''], path)
  }
})

test('a folder for temporary files that cannot be used, or a store, ends the run with 3 and names the way out', async (context) => {
  const folder = await folderOf(context, { 'w.yml': HELLO })
  const nowhere = await longshore(['run', 'w.yml'], { folder, env: { TMPDIR: join(folder, 'nowhere') } })
  assert.deepEqual([nowhere.status, nowhere.stdout], [3, ''])
  assert.match(
    nowhere.stderr,
    /^longshore: no folder can be made in .*nowhere: let TMPDIR name another \(ENOENT.*\)\n$/,
  )
  await mkdir(join(folder, 'temporary'))
  const env = { TMPDIR: join(folder, 'temporary') }
  const store = await longshore(['run', 'w.yml', '--store', 'w.yml'], { folder, env })
  assert.deepEqual([store.status, store.stdout], [3, ''])
  assert.match(
    store.stderr,
    /^longshore: --store .*w\.yml cannot keep a run: name a folder that can be written \(.*\)\n$/,
  )
  assert.deepEqual(await readdir(env.TMPDIR), [])
})

test('a TMPDIR that is relative works', async (context) => {
  const folder = await folderOf(context, { 'w.yml': HELLO })
  await mkdir(join(folder, 'temporary'))
  const { status, stderr } = await longshore(['run', 'w.yml'], { folder, env: { TMPDIR: 'temporary' } })
  assert.deepEqual([status, stderr], [0, ''])
})

test('a job that removes the folders of its own pod fails, and leaves no process behind', async (context) => {
  const remove = 'rm -rf "$(dirname "$GITHUB_WORKSPACE")"; sleep 300 & echo removed'
  const folder = await folderOf(context, { 'w.yml': HELLO.replace('echo hello', remove) })
  await mkdir(join(folder, 'temporary'))
  const { status } = await longshore(['run', 'w.yml'], { folder, env: { TMPDIR: join(folder, 'temporary') } })
  assert.equal(status, 1)
  assert.deepEqual(await processesOf(join(folder, 'temporary')), [])
})

test('a command that waits for a silent server ends at the first signal', async (context) => {
  const silent = spawn(process.execPath, ['-e', SILENT_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] })
  context.after(() => silent.kill())
  const [port] = await once(silent.stdout, 'data')
  const cancel = start(['cancel', '1', '--server', `http://127.0.0.1:${String(port).trim()}`, '--token', 't'])
  await once(silent.stdout, 'data')
  cancel.child.kill('SIGINT')
  assert.equal((await cancel.ended).status, 130)
})

const SILENT_SERVER = `
  const server = require('node:net').createServer((socket) => socket.once('data', () => console.log('asked')))
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

test('a port that is taken is said in one sentence', async (context) => {
  const folder = await folderOf(context, {})
  for (const name of ['d', 'a']) await longshore(['keygen', name], { folder })
  await writeFile(join(folder, 'tokens'), `t ${'0'.repeat(64)}\n`)
  const flags = ['--key-file', 'd.key', '--cluster', 'main=a.pub', '--token-file', 'tokens', '--store', 'store']
  const first = start(['serve', ...flags, '--port', '0'], { folder })
  context.after(() => first.child.kill('SIGKILL'))
  const port = /:(\d+)/.exec(await first.said('serves http://127.0.0.1:'))?.[1] ?? ''
  const second = await longshore(['serve', ...flags, '--port', port], { folder })
  assert.equal(second.status, 3)
  assert.match(second.stderr, /^longshore: it cannot listen on 127\.0\.0\.1:\d+: name a free --port \(.*\)\n$/)
})

test('a link that leaves the working tree is the user’s to mend: 2, with its name', async (context) => {
  const folder = await folderOf(context, { 'w.yml': HELLO.replace('run: echo hello', 'uses: actions/checkout@v4') })
  await symlink('/etc/passwd', join(folder, 'away'))
  const { status, stdout, stderr } = await longshore(['run', 'w.yml'], { folder })
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(stderr, /the link away would leave the folder; .*list it there, or mend it\n$/)
})
