/** What a supervisor says and writes of a job's files. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TreeEntry } from '../../agent/channel.ts'
import { openPod } from './processes-fixture.ts'

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()

const expected = (...contents: readonly string[]): string =>
  sha256(...contents.map((text) => sha256(Buffer.from(text)))).toString('hex')

async function* tree(...entries: readonly TreeEntry[]): AsyncGenerator<TreeEntry> {
  yield* entries
}

const file = (path: string, text: string, mode = 0o644): TreeEntry => ({
  kind: 'file',
  path,
  mode,
  bytes: Buffer.from(text),
})

test('hashFiles hashes the hashes of the files, folder by folder in the order of their names', async (t) => {
  const { supervisor } = await openPod(t)
  const { workspace } = supervisor.facts.paths
  const names = ['b.txt', 'a/z.txt', 'a/b/c.txt', 'B.txt', 'ab.txt', '.hidden.txt']
  await supervisor.writeTree(workspace, tree(...names.map((name) => file(name, name))))
  const hash = (patterns: readonly string[], follow = false) => supervisor.hashFiles(patterns, follow, t.signal)
  assert.equal(await hash(['**/*.txt']), expected('.hidden.txt', 'B.txt', 'a/b/c.txt', 'a/z.txt', 'ab.txt', 'b.txt'))
  assert.equal(await hash(['b.txt', 'a/*.txt']), expected('b.txt', 'a/z.txt'))
  assert.equal(await hash(['**/*.txt\n!a', '!.hidden.txt']), expected('B.txt', 'ab.txt', 'b.txt'))
  assert.equal(await hash(['*.none']), '')
  assert.equal(await hash(['/etc/passwd', '../*.pem']), '')
  await assert.rejects(hash(['a/../b.txt']), /Relative pathing/)
})

test('hashFiles follows links to folders only when told, and never in circles', async (t) => {
  const { supervisor } = await openPod(t)
  const { workspace } = supervisor.facts.paths
  await supervisor.writeTree(workspace, tree(file('real/a.txt', 'a')))
  symlinkSync('real', join(workspace, 'link'))
  symlinkSync('..', join(workspace, 'real', 'up'))
  symlinkSync('nowhere', join(workspace, 'broken.txt'))
  assert.equal(await supervisor.hashFiles(['link/*.txt'], false, t.signal), '')
  assert.equal(await supervisor.hashFiles(['link/*.txt'], true, t.signal), expected('a'))
  assert.equal(await supervisor.hashFiles(['real/**/*.txt'], true, t.signal), expected('a'))
  assert.equal(await supervisor.hashFiles(['*.txt'], true, t.signal), '')
})

test('a tree of files, folders and links arrives with its modes, whatever the sizes', async (t) => {
  const { supervisor } = await openPod(t)
  const { workspace } = supervisor.facts.paths
  const large = Buffer.alloc(5_000_000, 'abcdefg')
  await supervisor.writeTree(
    workspace,
    tree(
      file('deep/er/script.sh', '#!/bin/sh\n', 0o755),
      { kind: 'file', path: 'large', mode: 0o600, bytes: large },
      { kind: 'directory', path: 'empty', mode: 0o755 },
      { kind: 'symlink', path: 'link', target: 'deep/er' },
      file('nothing', ''),
      file('large2', 'x'),
    ),
  )
  assert.equal(statSync(join(workspace, 'deep/er/script.sh')).mode & 0o777, 0o755)
  assert.ok(readFileSync(join(workspace, 'large')).equals(large))
  assert.ok(statSync(join(workspace, 'empty')).isDirectory())
  assert.equal(readlinkSync(join(workspace, 'link')), 'deep/er')
  assert.equal(readFileSync(join(workspace, 'nothing'), 'utf8'), '')
  await supervisor.writeTree(workspace, tree(file('large', 'short')))
  assert.equal(readFileSync(join(workspace, 'large'), 'utf8'), 'short')
})

test('no path leads a tree out of its root', async (t) => {
  const { supervisor, world } = await openPod(t)
  const { workspace, temp } = supervisor.facts.paths
  const outside = join(world.folder, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'victim'), 'untouched')
  symlinkSync(outside, join(workspace, 'out'))
  symlinkSync(join(outside, 'victim'), join(workspace, 'file'))
  const bad = ['../x', 'a/../../x', '/etc/x', 'out/victim', 'a//b', '.', '', 'a/./b', 'a\0b', 'file/x']
  for (const path of bad) await assert.rejects(supervisor.writeTree(workspace, tree(file(path, 'x'))), path)
  for (const root of [outside, join(workspace, 'out'), `${workspace}/..`, '/', `${workspace}x`, 'relative']) {
    await assert.rejects(supervisor.writeTree(root, tree(file('victim', 'x'))), root)
  }
  await supervisor.writeTree(workspace, tree(file('file', 'replaces the link')))
  await supervisor.writeTree(join(temp, 'new'), tree(file('here', 'x')))
  assert.equal(readFileSync(join(outside, 'victim'), 'utf8'), 'untouched')
})

test('a file is read whole, or not at all', async (t) => {
  const { supervisor } = await openPod(t)
  const { workspace } = supervisor.facts.paths
  await supervisor.writeTree(workspace, tree(file('a/b', 'text'), { kind: 'directory', path: 'folder', mode: 0o755 }))
  assert.equal(Buffer.from((await supervisor.readFile('a/b', 4)) ?? []).toString(), 'text')
  assert.equal(Buffer.from((await supervisor.readFile(join(workspace, 'a/b'), 4)) ?? []).toString(), 'text')
  assert.equal(await supervisor.readFile('a/none', 4), undefined)
  assert.equal(await supervisor.readFile('a/b/c', 4), undefined)
  await assert.rejects(supervisor.readFile('a/b', 3), /more than 3/)
  await assert.rejects(supervisor.readFile('folder', 100))
})
