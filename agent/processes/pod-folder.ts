/** A pod of this machine, as folders. Made aside and moved to its name as a whole, so that it exists entirely or not at all. */
import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Pod } from '../backend.ts'
import { isCode, readIfThere, type SupervisorConfig } from '../supervisor/folder.ts'
import type { Owner } from './owner.ts'

const podFile = z.object({
  uid: z.string(),
  issuer: z.string(),
  ref: z.object({ run: z.number(), runAttempt: z.number(), job: z.string(), try: z.number() }),
})

/** What stays the same of a pod whoever owns it. */
export type PodFile = z.infer<typeof podFile>

/** A pod's folders, by what stands in them. `state`: the supervisor's. `launcher`: the launcher's. */
export interface PodFolder {
  readonly root: string
  readonly workspace: string
  readonly temp: string
  readonly workflow: string
  readonly state: string
  readonly launcher: string
}

export function podFolder(folder: string, name: string): PodFolder {
  const root = join(folder, 'pods', name)
  const below = (part: string): string => join(root, part)
  return {
    root,
    workspace: below('workspace'),
    temp: below('temp'),
    workflow: below('workflow'),
    state: below('supervisor'),
    launcher: below('launcher'),
  }
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
  for (const path of [aside, at(pod.state), at(pod.launcher)]) await mkdir(path, { recursive: true, mode: 0o700 })
  for (const path of [pod.workspace, pod.temp, pod.workflow]) await mkdir(at(path))
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
export function readPodFile(pod: PodFolder): PodFile | undefined {
  const text = readIfThere(join(pod.root, 'pod.json'))
  return text === undefined ? undefined : podFile.parse(JSON.parse(text))
}
