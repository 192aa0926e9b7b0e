/** A pod of this machine, as folders. Made aside and moved to its name as a whole, so that it exists entirely or not at all. */
import { randomUUID } from 'node:crypto'
import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Pod } from '../backend.ts'
import { FILE_COMMANDS_FOLDER } from '../supervisor/file-command.ts'
import { isCode, readIfThere, type SupervisorConfig } from '../supervisor/folder.ts'
import type { Owner } from './owner.ts'

const podFile = z.object({
  uid: z.string(),
  issuer: z.string(),
  ref: z.object({ run: z.number(), runAttempt: z.number(), job: z.string(), try: z.number() }),
})

/** What stays the same of a pod whoever owns it. */
export type PodFile = z.infer<typeof podFile>

/** A pod's folders, by what stands in them. `state`: the supervisor's. `launcher`: the launcher's, in `memory`. */
export interface PodFolder {
  readonly root: string
  readonly memory: string
  readonly workspace: string
  readonly temp: string
  readonly workflow: string
  readonly state: string
  readonly launcher: string
}

/** Exists from the moment the pod does; the other folders are below it, all but those in memory. */
export function podRoot(folder: string, name: string): string {
  return join(folder, 'pods', name)
}

export function podFolder(folder: string, { name, uid }: Pick<Pod, 'name' | 'uid'>): PodFolder {
  const root = podRoot(folder, name)
  const memory = memoryFolder(root, uid)
  const below = (part: string): string => join(root, part)
  return {
    root,
    memory,
    workspace: below('workspace'),
    temp: below('temp'),
    workflow: below('workflow'),
    state: below('supervisor'),
    launcher: join(memory, 'launcher'),
  }
}

/** A file system in memory that every user may write to. Source: shm_overview(7). */
const SHARED_MEMORY = '/dev/shm'

/**
 * For the dozen small files that come and go with each step: pipes, programs (which hold secrets), file commands. In memory where there is such a file
 * system, because ext4 looks at every inode deleted in the last minutes before it gives one out: measured with 500 steps, 24 s on disk.
 */
function memoryFolder(root: string, uid: string): string {
  try {
    accessSync(SHARED_MEMORY, constants.W_OK | constants.X_OK)
    return join(realpathSync(SHARED_MEMORY), `longshore-${uid}`)
  } catch {
    return join(root, 'memory')
  }
}

/** Nobody else can have made it: its name is a secret of the pod's. Idempotent. */
export function makeMemoryFolder(pod: PodFolder): void {
  mkdirSync(pod.memory, { recursive: true, mode: 0o700 })
  for (const path of [pod.launcher, fileCommands(pod)]) mkdirSync(path, { recursive: true, mode: 0o700 })
}

function fileCommands(pod: PodFolder): string {
  return join(pod.memory, 'file-commands')
}

/** Value of RUNNER_TRACKING_ID: names the pod itself, not a namesake. */
export function trackingId(pod: Pick<Pod, 'name' | 'uid'>): string {
  return `longshore_${pod.name}_${pod.uid}`
}

/** Makes the folders of a pod and its owner's file. False when a pod of that name is there. */
export async function makePodFolder(
  pod: PodFolder,
  file: PodFile,
  owner: Owner,
  config: SupervisorConfig,
): Promise<boolean> {
  const aside = `${pod.root}.new-${randomUUID()}`
  const at = (path: string): string => path.replace(pod.root, () => aside)
  for (const path of [aside, at(pod.state)]) await mkdir(path, { recursive: true, mode: 0o700 })
  for (const path of [pod.workspace, pod.temp, pod.workflow]) await mkdir(at(path))
  await symlink(fileCommands(pod), join(at(pod.temp), FILE_COMMANDS_FOLDER))
  const secret = { mode: 0o600 }
  await writeFile(join(aside, 'pod.json'), JSON.stringify(file), secret)
  await writeFile(join(aside, `owner.${owner.epoch}`), owner.instance, secret)
  await writeFile(join(at(pod.state), 'config.json'), JSON.stringify(config), secret)
  try {
    await rename(aside, pod.root)
    return true
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    if (isCode(error, 'ENOTEMPTY') || isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** Undefined where there is no pod of that name. */
export function readPodFile(root: string): PodFile | undefined {
  const text = readIfThere(join(root, 'pod.json'))
  return text === undefined ? undefined : podFile.parse(JSON.parse(text))
}
