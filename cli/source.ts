/**
 * The working tree that `actions/checkout` unpacks: tracked files and untracked ones that git does not ignore, with their uncommitted
 * changes. Git says which, where it is installed and the folder is a repository; elsewhere the tree is walked and `.gitignore` honoured.
 */
import { execFile } from 'node:child_process'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TarEntry } from '../shared/tar.ts'
import { type IgnoreScopes, isIgnored, parseIgnore } from './ignore.ts'

/** Room for the names that `git ls-files` prints, in bytes: a million files. */
const LIST_BYTES_MAX = 128 * 1024 * 1024

/** Paths relative to `folder`, with `/`, sorted by code unit, so that the same tree gives the same bundle. */
export async function listSource(folder: string): Promise<string[]> {
  const listed = (await listByGit(folder)) ?? (await listByWalk(folder))
  return [...new Set(listed)].sort((a, b) => (a < b ? -1 : 1))
}

/** The entries of a bundle. A path that git knows and that is not there (deleted, not yet committed) is left out. */
export async function readSource(folder: string, paths: readonly string[]): Promise<TarEntry[]> {
  const entries: TarEntry[] = []
  for (const path of paths) {
    const file = join(folder, path)
    const stats = await lstat(file).catch(() => undefined)
    if (stats?.isSymbolicLink()) entries.push({ kind: 'symlink', path, target: await readlink(file) })
    if (stats?.isFile()) entries.push({ kind: 'file', path, mode: stats.mode & 0o777, bytes: await readFile(file) })
  }
  return entries
}

/** Undefined where git is not there, or the folder is not in a repository. */
async function listByGit(folder: string): Promise<string[] | undefined> {
  const command = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  try {
    const { stdout } = await promisify(execFile)('git', command, { cwd: folder, maxBuffer: LIST_BYTES_MAX })
    // A nested repository is printed as a folder; its files are not this repository's.
    return stdout.split('\0').filter((path) => path !== '' && !path.endsWith('/'))
  } catch {
    return undefined
  }
}

async function listByWalk(folder: string): Promise<string[]> {
  const exclude = await readFile(join(folder, '.git/info/exclude'), 'utf8').catch(() => '')
  const found: string[] = []
  await walk(folder, '', [{ folder: '', rules: parseIgnore(exclude) }], found)
  return found
}

async function walk(root: string, folder: string, above: IgnoreScopes, found: string[]): Promise<void> {
  const text = await readFile(join(root, folder, '.gitignore'), 'utf8').catch(() => '')
  const scopes = text === '' ? above : [...above, { folder, rules: parseIgnore(text) }]
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.name === '.git' || isIgnored(path, entry.isDirectory(), scopes)) continue
    if (entry.isDirectory()) await walk(root, path, scopes, found)
    else if (entry.isFile() || entry.isSymbolicLink()) found.push(path)
  }
}
