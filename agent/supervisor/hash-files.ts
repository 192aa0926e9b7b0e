/** `hashFiles`: sha256 over the sha256 of each file, in the order in which the official runner walks. Source: actions/runner hashFiles.ts */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isCode } from './folder.ts'
import { type Glob, matchFile, mayContain, parseGlob, searchPaths } from './glob.ts'
import { HASH_FILES_PATTERNS_MAX, HASH_FILES_TIMEOUT_MS } from './limit.ts'

/** Lower-case hex, or '' where no file matches. Files outside `workspace` do not count. Throws after HASH_FILES_TIMEOUT_MS. */
export async function hashFiles(
  workspace: string,
  patterns: readonly string[],
  followSymlinks: boolean,
  signal: AbortSignal,
): Promise<string> {
  const texts = patterns.flatMap((pattern) => pattern.split('\n'))
  if (texts.length > HASH_FILES_PATTERNS_MAX)
    throw new Error(`hashFiles takes ${HASH_FILES_PATTERNS_MAX} patterns at most`)
  const globs = texts.map((text) => parseGlob(text, workspace)).filter((glob) => glob !== undefined)
  const timeout = AbortSignal.timeout(HASH_FILES_TIMEOUT_MS)
  const both = AbortSignal.any([signal, timeout])
  try {
    return await hashAll(workspace, globs, followSymlinks, both)
  } catch (cause) {
    if (!timeout.aborted) throw cause
    throw new Error(`hashFiles was not done after ${HASH_FILES_TIMEOUT_MS / 1_000} seconds`, { cause })
  }
}

async function hashAll(
  workspace: string,
  globs: readonly Glob[],
  follow: boolean,
  signal: AbortSignal,
): Promise<string> {
  const all = createHash('sha256')
  let found = false
  for await (const file of walk(globs, follow, signal)) {
    if (!file.startsWith(`${workspace}/`) || !(await stat(file)).isFile()) continue
    const one = createHash('sha256')
    await pipeline(createReadStream(file, { signal }), one)
    all.update(one.digest())
    found = true
  }
  return found ? all.digest('hex') : ''
}

/** Files that match, each folder's entries by name and depth first. Broken links, and links that lead into a circle, are left out. */
async function* walk(globs: readonly Glob[], follow: boolean, signal: AbortSignal): AsyncGenerator<string> {
  const waiting = searchPaths(globs)
    .map((path) => ({ path, above: [] as readonly string[] }))
    .reverse()
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    signal.throwIfAborted()
    const kind = await look(item.path, follow)
    if (kind === 'file' && matchFile(globs, item.path)) yield item.path
    if (kind !== 'folder' || !mayContain(globs, item.path)) continue
    const real = follow ? await realpath(item.path) : item.path
    if (item.above.includes(real)) continue
    const above = [...item.above, real]
    const names = await readdir(item.path)
    for (const name of names.sort(byBytes).reverse()) waiting.push({ path: join(item.path, name), above })
  }
}

async function look(path: string, follow: boolean): Promise<'file' | 'folder' | 'nothing'> {
  try {
    const found = await lstat(path)
    if (found.isDirectory()) return 'folder'
    if (!found.isSymbolicLink()) return 'file'
    const target = await stat(path)
    if (target.isDirectory()) return follow ? 'folder' : 'nothing'
    return 'file'
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ELOOP')) return 'nothing'
    throw error
  }
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
