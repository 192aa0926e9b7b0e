import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parsePackedRefs, parseRemote, readRepository } from '../../cli/repository.ts'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const OTHER = '89abcdef0123456789abcdef0123456789abcdef'

async function folderWith(context: TestContext, files: { readonly [path: string]: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  context.after(() => rm(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

test('the remote origin names the repository, however its URL is written', () => {
  const config = (url: string): string =>
    `[core]\n\tbare = false\n[remote "fork"]\n\turl = https://x.test/f/g\n[remote "origin"]\n\turl = ${url}\n`
  for (const url of [
    'https://github.com/acme/ship.git',
    'https://user:secret@github.com/acme/ship',
    'git@github.com:acme/ship.git',
    'ssh://git@github.com:22/acme/ship.git',
  ])
    assert.deepEqual(parseRemote(config(url)), { host: 'github.com', owner: 'acme', name: 'ship' }, url)
  assert.equal(parseRemote('[remote "origin"]\n\turl = /srv/git/ship.git\n'), undefined)
})

test('an annotated tag stands for the commit it was made for', () => {
  const packed = parsePackedRefs(`# pack-refs with: peeled\n${OTHER} refs/tags/v1\n^${SHA}\n${OTHER} refs/heads/x\n`)
  assert.equal(packed.get('refs/tags/v1'), SHA)
  assert.equal(packed.get('refs/heads/x'), OTHER)
})

test('a clone tells branch, commit, repository and default branch without git', async (context) => {
  const folder = await folderWith(context, {
    '.git/HEAD': 'ref: refs/heads/topic\n',
    '.git/packed-refs': `${SHA} refs/heads/topic\n`,
    '.git/config': '[remote "origin"]\n\turl = git@git.example.com:acme/ship.git\n',
    '.git/refs/remotes/origin/HEAD': 'ref: refs/remotes/origin/trunk\n',
    'deep/er/file': '',
  })
  const ref = await readRepository(join(folder, 'deep/er'), 'kim')
  assert.deepEqual(ref, {
    repository: 'acme/ship',
    serverUrl: 'https://git.example.com',
    apiUrl: 'https://git.example.com/api/v3',
    graphqlUrl: 'https://git.example.com/api/graphql',
    defaultBranch: 'trunk',
    ref: 'refs/heads/topic',
    sha: SHA,
    actor: 'kim',
  })
})

test('a detached HEAD on a tag is that tag', async (context) => {
  const folder = await folderWith(context, { '.git/HEAD': `${SHA}\n`, '.git/packed-refs': `${SHA} refs/tags/v2\n` })
  const ref = await readRepository(folder, undefined)
  assert.equal(ref.ref, 'refs/tags/v2')
  assert.equal(ref.sha, SHA)
})

test('a linked worktree reads its own HEAD and the common refs', async (context) => {
  const folder = await folderWith(context, {
    'main/.git/worktrees/w/HEAD': 'ref: refs/heads/w\n',
    'main/.git/worktrees/w/commondir': '../..\n',
    'main/.git/refs/heads/w': `${SHA}\n`,
    'main/.git/HEAD': 'ref: refs/heads/main\n',
    'w/.git': 'gitdir: ../main/.git/worktrees/w\n',
  })
  const ref = await readRepository(join(folder, 'w'), undefined)
  assert.deepEqual({ ref: ref.ref, sha: ref.sha }, { ref: 'refs/heads/w', sha: SHA })
})

test('outside a repository the folder gives the name and the rest is left to the dispatcher', async (context) => {
  const folder = await folderWith(context, { file: '' })
  assert.deepEqual(await readRepository(folder, ''), { repository: `local/${basename(folder)}` })
})
