/**
 * Who owns a pod's folder: files `owner.<epoch>`, each made once and complete (written aside, then linked). The highest owns; two who want the
 * next epoch compete for one name.
 */
import { randomUUID } from 'node:crypto'
import { link, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isCode, readIfThere } from '../supervisor/folder.ts'

export interface Owner {
  readonly epoch: number
  /** Of the agent (agent.ts). */
  readonly instance: string
}

/** Undefined where there is no such pod. */
export async function readOwner(pod: string): Promise<Owner | undefined> {
  const names = await readdir(pod).catch((error) => {
    if (isCode(error, 'ENOENT')) return []
    throw error
  })
  const epoch = Math.max(0, ...names.map((name) => Number(/^owner\.(\d+)$/.exec(name)?.[1] ?? 0)))
  const instance = readIfThere(join(pod, `owner.${epoch}`))
  return instance === undefined ? undefined : { epoch, instance }
}

/** Whether this owner is or became the one of that epoch; false when another was first or the pod is gone. */
export async function takeOwnership(pod: string, owner: Owner): Promise<boolean> {
  const path = join(pod, `owner.${owner.epoch}`)
  const own = join(pod, `.owner.${randomUUID()}`)
  try {
    await writeFile(own, owner.instance, { mode: 0o600 })
    await link(own, path)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    if (!isCode(error, 'EEXIST')) throw error
    return readIfThere(path) === owner.instance
  } finally {
    await rm(own, { force: true })
  }
}
