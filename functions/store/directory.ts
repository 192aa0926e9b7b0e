/**
 * Facts as files below a folder: the default on one machine. A body is written aside, made durable, linked to its name (which fails when the
 * name is there) and the folder is made durable: nobody ever sees half a fact, and what was acknowledged survives a power cut.
 * Never `wx`, which shows the name before the content.
 */
import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LongshoreError } from '../../shared/error.ts'
import { assertKey, type Store, sameBody } from '../store.ts'

/** Starts with a character no key has, so that no key can be inside. */
const ASIDE = '+writing'

/** `folder` is made when it is missing. Several processes may use the same one. */
export function createDirectoryStore(folder: string): Store {
  const durable = new Set<string>()
  const pathOf = (key: string): string => {
    assertKey(key)
    return join(folder, key)
  }
  return {
    get: (key) => guarded(() => readIfThere(pathOf(key))),
    list: (prefix, after) => walk(folder, prefix, after),
    putIfAbsent: (key, body) =>
      guarded(async () => {
        const path = pathOf(key)
        await makeFolder(folder, dirname(path), durable)
        await makeFolder(folder, join(folder, ASIDE), durable)
        const held = await readIfThere(path)
        const ours = held === undefined && (await linkAside(join(folder, ASIDE, randomUUID()), path, body))
        await syncFolder(dirname(path))
        if (ours) return { ours, body }
        const won = held ?? (await readFile(path))
        return { ours: sameBody(won, body), body: won }
      }),
    delete: (key) =>
      guarded(async () => {
        const path = pathOf(key)
        if ((await readIfThere(path)) === undefined) return
        await rm(path, { force: true })
        await syncFolder(dirname(path))
      }),
  }
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** False when the name was taken meanwhile. */
async function linkAside(aside: string, path: string, body: Uint8Array): Promise<boolean> {
  try {
    const file = await open(aside, 'wx')
    try {
      await file.writeFile(body)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(aside, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(aside, { force: true })
  }
}

/** Makes `path` and its parents below `root` durable, once per process. */
async function makeFolder(root: string, path: string, durable: Set<string>): Promise<void> {
  if (durable.has(path)) return
  await mkdir(path, { recursive: true })
  if (path !== root) {
    await makeFolder(root, dirname(path), durable)
    await syncFolder(dirname(path))
  }
  durable.add(path)
}

/** Also by the loser of a race: it acknowledges a name that the winner may not have made durable yet. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Byte order of whole keys: a folder sorts as its name and `/`. */
async function* walk(root: string, prefix: string, after: string | undefined): AsyncGenerator<string> {
  const cut = prefix.lastIndexOf('/') + 1
  yield* walkFolder(root, prefix.slice(0, cut), prefix, after)
}

async function* walkFolder(root: string, base: string, prefix: string, after?: string): AsyncGenerator<string> {
  for (const key of await keysIn(root, base)) {
    if (after !== undefined && (key.endsWith('/') ? key < after && !after.startsWith(key) : key <= after)) continue
    if (key.endsWith('/')) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walkFolder(root, key, prefix, after)
    } else if (key.startsWith(prefix)) yield key
  }
}

async function keysIn(root: string, base: string): Promise<string[]> {
  const entries = await guarded(async () => {
    try {
      return await readdir(join(root, base), { withFileTypes: true })
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  })
  return entries
    .filter((entry) => entry.name !== ASIDE)
    .map((entry) => `${base}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort((a, b) => (a < b ? -1 : 1))
}

async function guarded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof LongshoreError) throw error
    const code = codeOf(error)
    if (code === 'EISDIR' || code === 'ENOTDIR')
      throw new LongshoreError('bad-key', 'never', 'a key is the folder of another', { cause: error })
    throw new LongshoreError('store-failed', 'later', `the store's folder cannot be used: ${code ?? String(error)}`, {
      cause: error,
    })
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
