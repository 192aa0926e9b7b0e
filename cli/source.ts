/**
 * The working tree that `actions/checkout` unpacks: tracked files and untracked ones that git does not ignore, with their uncommitted
 * changes. Git says which, where it is installed and the folder is a repository; elsewhere the tree is walked and `.gitignore` honoured.
 */
import { execFile } from 'node:child_process'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BUNDLE_LIMITS, type TarEntry } from '../shared/tar.ts'
import { UsageError } from './exit.ts'
import { whyUnreadable } from './files.ts'
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
  let bytes = 0
  for (const path of paths) {
    const file = join(folder, path)
    const entry = await readEntry(file, path)
    if (entry === undefined) continue
    entries.push(entry)
    bytes += entry.kind === 'file' ? entry.bytes.length : 0
    if (bytes > BUNDLE_LIMITS.unpackedBytesMax) throw tooLarge(`the files up to ${path}`)
  }
  return entries
}

/** Undefined where nothing is there, or neither a file nor a link. */
async function readEntry(file: string, path: string): Promise<TarEntry | undefined> {
  try {
    const stats = await lstat(file)
    if (stats.isSymbolicLink()) return { kind: 'symlink', path, target: await readlink(file) }
    if (!stats.isFile()) return undefined
    if (stats.size > BUNDLE_LIMITS.unpackedBytesMax) throw tooLarge(path)
    return { kind: 'file', path, mode: stats.mode & 0o777, bytes: await readFile(file) }
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw new UsageError(`${path} ${whyUnreadable(error)}; actions/checkout takes it along unless .gitignore lists it`)
  }
}

function tooLarge(what: string): UsageError {
  const most = BUNDLE_LIMITS.unpackedBytesMax
  return new UsageError(
    `actions/checkout takes ${most} bytes at most, and ${what} has more: list what no job needs in .gitignore`,
  )
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
