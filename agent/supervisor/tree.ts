/**
 * Writes pieces of a tree below a folder, and nowhere else: each folder on the way is opened from the one above it, never through a link
 * (by way of /proc/self/fd, Node's only `openat`), so not even a step that swaps folders for links meanwhile leads out.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, realpath, rm, symlink } from 'node:fs/promises'
import { isAbsolute, normalize } from 'node:path'
import { isCode } from './folder.ts'
import type { TreePiece } from './message.ts'

/** `root` must be one of `allowed` or below one. `bytes`: of all files, one after the other. Throws at the first piece that may not be. */
export async function writeTreePieces(
  allowed: readonly string[],
  root: string,
  pieces: readonly TreePiece[],
  bytes: Uint8Array,
): Promise<void> {
  const top = await openRoot(allowed, root)
  try {
    let from = 0
    for (const piece of pieces) {
      const length = piece.kind === 'file' ? piece.length : 0
      await writePiece(top, piece, bytes.subarray(from, from + length))
      from += length
    }
  } finally {
    await top.close()
  }
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
const FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK

async function openRoot(allowed: readonly string[], root: string): Promise<FileHandle> {
  const base = allowed.find((folder) => root === folder || root.startsWith(`${folder}/`))
  if (base === undefined || normalize(root) !== root) throw new Error(`${root} is no folder of the job`)
  const names = root
    .slice(base.length)
    .split('/')
    .filter((name) => name !== '')
  const handle = await open(await realpath(base), FOLDER)
  return openBelow(handle, names, root)
}

async function writePiece(top: FileHandle, piece: TreePiece, bytes: Uint8Array): Promise<void> {
  const names = splitPath(piece.path)
  const name = names.pop() ?? ''
  const folder = await openBelow(await open(`/proc/self/fd/${top.fd}`, constants.O_RDONLY), names, piece.path)
  const path = `/proc/self/fd/${folder.fd}/${name}`
  try {
    switch (piece.kind) {
      case 'directory':
        await (
          await openBelow(await open(`/proc/self/fd/${folder.fd}`, constants.O_RDONLY), [name], piece.path)
        ).close()
        return
      case 'symlink':
        await rm(path, { force: true })
        await symlink(piece.target, path)
        return
      case 'file':
        await writeFile(path, piece, bytes)
        return
    }
  } finally {
    await folder.close()
  }
}

async function writeFile(path: string, piece: Extract<TreePiece, { kind: 'file' }>, bytes: Uint8Array): Promise<void> {
  // Whatever stood there goes first: a link or a pipe is replaced, not written through.
  if (piece.at === 0) await rm(path, { force: true })
  const file = await open(path, FILE, piece.mode & 0o777)
  try {
    await file.write(bytes, 0, bytes.length, piece.at)
    await file.chmod(piece.mode & 0o777)
  } finally {
    await file.close()
  }
}

/** Opens a folder below `handle`, making what is missing. Closes `handle`. */
async function openBelow(handle: FileHandle, names: readonly string[], path: string): Promise<FileHandle> {
  let folder = handle
  for (const name of names) {
    const next = `/proc/self/fd/${folder.fd}/${name}`
    try {
      await mkdir(next).catch((error) => {
        if (!isCode(error, 'EEXIST')) throw error
      })
      const below = await open(next, FOLDER)
      await folder.close()
      folder = below
    } catch (cause) {
      await folder.close()
      if (!isCode(cause, 'ELOOP') && !isCode(cause, 'ENOTDIR')) throw cause
      throw new Error(`${path} leads through ${name}, which is no folder`, { cause })
    }
  }
  return folder
}

function splitPath(path: string): string[] {
  const names = path.split('/')
  const bad = names.some((name) => name === '' || name === '.' || name === '..')
  if (bad || isAbsolute(path) || path.includes('\0')) throw new Error(`${path} is no path below its root`)
  return names
}
