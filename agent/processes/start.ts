/** The processes of a pod: its launcher, and a keeper that starts its supervisor again. They belong to no agent: each has a session of its own. */
import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere } from '../supervisor/folder.ts'
import { carriesTrackingId } from '../supervisor/reap.ts'
import type { PodFolder } from './pod-folder.ts'

export interface Programs {
  /** Entry of the supervisor, run by this Node. */
  readonly supervisor: string
  readonly launcher: string
  readonly keeper: string
}

type Environment = { readonly [name: string]: string }

/** A pod gets one launcher in its life: what it knew dies with it, so a second one could prove nothing. */
export function startLauncher(pod: PodFolder, programs: Programs, trackingId: string, env: Environment): void {
  if (existsSync(join(pod.launcher, 'pid'))) return
  spawnDetached('/bin/sh', [programs.launcher, pod.launcher, ''], { ...env, RUNNER_TRACKING_ID: trackingId })
}

/**
 * Starts the keeper unless one lives. One that has just been started may not have written its file yet: then two write, and the second ends. The
 * supervisor's environment holds nothing of the steps'.
 */
export function startKeeper(pod: PodFolder, programs: Programs, trackingId: string): void {
  const file = join(pod.state, 'keeper.pid')
  const pid = Number(readIfThere(file) ?? 0)
  if (pid > 0) {
    if (carriesTrackingId(pid, trackingId)) return
    rmSync(file, { force: true })
  }
  const supervisor = [process.execPath, programs.supervisor, pod.state]
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', RUNNER_TRACKING_ID: trackingId }
  spawnDetached('/bin/sh', [programs.keeper, pod.state, ...supervisor], env)
}

function spawnDetached(program: string, args: readonly string[], env: Environment): void {
  const child = spawn(program, args, { env, detached: true, stdio: 'ignore' })
  // Seen by whoever waits for it: the supervisor that never answers, the launcher that is never ready.
  child.on('error', () => undefined)
  child.unref()
}
