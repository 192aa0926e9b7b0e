/** The end of a pod: its processes first, then its folders. */
import { randomUUID } from 'node:crypto'
import { chmod, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isCode, replaceFile } from '../supervisor/folder.ts'
import { killProcesses } from '../supervisor/reap.ts'
import type { PodFolder } from './pod-folder.ts'

/** Also of a pod whose job removed its folders: its processes are there still. Idempotent. */
export async function removePodFolder(pod: PodFolder, trackingId: string): Promise<void> {
  // Written first, so that nobody who dies here leaves a pod that others would revive.
  await whereThere(() => replaceFile(join(pod.state, 'over'), 'removed\n'))
  await killProcesses(trackingId, pod.launcher, [])
  await rm(pod.memory, { recursive: true, force: true })
  const aside = `${pod.root}.gone-${randomUUID()}`
  await whereThere(async () => {
    await rename(pod.root, aside)
    await removeTree(aside)
  })
}

/** The job, or somebody else who removes the pod, may have been first. */
async function whereThere(act: () => void | Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error
  }
}

/** Also where folders are read-only, as Go's module cache makes them. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    if (!isCode(error, 'EACCES') && !isCode(error, 'EPERM')) throw error
    await openFolders(path)
    await rm(path, { recursive: true, force: true })
  }
}

async function openFolders(path: string): Promise<void> {
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name))
  }
}
