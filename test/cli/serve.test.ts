import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseServeConfig, parseTokens } from '../../cli/serve-config.ts'
import { longshore, start } from './command.ts'

const SHA256 = '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8'

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  context.after(() => rm(folder, { recursive: true }))
  return folder
}

test('every mistake of a dispatcher’s configuration is told with its line and column', () => {
  const text = `issuer: x
listne: { port: 1 }
url: ftp://x
clusters:
  - name: Main
    agentKeys: []
tokens:
  - { name: kim, sha256: hunter2 }
`
  const parsed = parseServeConfig('serve.yaml', text)
  assert.ok(!parsed.ok)
  assert.deepEqual(
    parsed.problems.map(({ line, column }) => [line, column]),
    [
      [2, 1],
      [3, 1],
      [5, 5],
      [6, 5],
      [8, 18],
    ],
  )
  assert.match(parsed.problems[0]?.remedy ?? '', /Did you mean listen/)
  assert.ok(!JSON.stringify(parsed.problems).includes('hunter2'))
})

test('a token file has a name and a hash a line', () => {
  assert.deepEqual(parseTokens('tokens', `# people\nkim ${SHA256}\n\nci\t${SHA256}\n`), [
    { name: 'kim', sha256: SHA256 },
    { name: 'ci', sha256: SHA256 },
  ])
  assert.throws(
    () => parseTokens('tokens', `kim ${SHA256}\nhunter2\n`),
    (error: Error) => {
      assert.match(error.message, /^tokens:2:1: /)
      return !error.message.includes('hunter2')
    },
  )
})

test('keygen writes a pair, the private half for its owner alone, and overwrites nothing', async (context) => {
  const folder = await temporaryFolder(context)
  const { status, stdout } = await longshore(['keygen', 'agent-1'], { folder })
  assert.equal(status, 0)
  const [priv, pub] = await Promise.all(
    ['agent-1.key', 'agent-1.pub'].map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  )
  assert.equal((await stat(join(folder, 'agent-1.key'))).mode & 0o777, 0o600)
  const { d, ...known } = priv.jwk
  assert.ok(d.length > 40 && !stdout.includes(d))
  assert.deepEqual(pub, { kid: priv.kid, jwk: known })
  assert.equal((await longshore(['keygen', 'agent-1'], { folder })).status, 2)
})

test('serve answers until it is told to stop, and then ends with 0', async (context) => {
  const folder = await temporaryFolder(context)
  for (const name of ['dispatcher', 'agent-1']) await longshore(['keygen', name], { folder })
  await writeFile(join(folder, 'tokens'), `kim ${SHA256}\n`)
  const flags = [
    '--key-file',
    'dispatcher.key',
    '--cluster',
    'main=agent-1.pub',
    '--token-file',
    'tokens',
    '--port',
    '0',
  ]
  const server = start(['serve', ...flags], { folder })
  const url = /http:\S+/.exec(await server.said('longshore serves http://127.0.0.1:'))?.[0]
  assert.ok(url)
  assert.equal((await fetch(new URL('/healthz', url))).status, 200)
  assert.equal((await fetch(new URL('/v1/runs', url))).status, 401)
  const mine = { headers: { authorization: 'Bearer password' } }
  assert.deepEqual(await (await fetch(new URL('/v1/runs', url), mine)).json(), { runs: [] })
  const unknown = await longshore(['cancel', '17', '--server', url, '--token', 'password'])
  assert.deepEqual([unknown.status, unknown.stdout], [2, ''])
  const stranger = await longshore(['cancel', '17', '--server', url, '--token', 'wrong'])
  assert.equal(stranger.status, 3)
  server.child.kill('SIGTERM')
  assert.equal((await server.ended).status, 0)
})

test('serve without keys, clusters or tokens says what is missing', async () => {
  const { status, stderr } = await longshore(['serve', '--port', '0'])
  assert.equal(status, 2)
  assert.match(stderr, /keyFiles \(--key-file\) must be said/)
})
