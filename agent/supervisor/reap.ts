/**
 * Ends every process of a job, where they share this machine: those that carry its RUNNER_TRACKING_ID in their environment (as the official
 * runner finds orphans), and those that hold a named pipe of its launcher open. One that sheds both has left the job.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Between two looks, in milliseconds: a killed process is gone well within it. */
const LOOK_AGAIN_MS = 5

/** Resolves when none is left but `except`. */
export async function killProcesses(trackingId: string, launcher: string, except: readonly number[]): Promise<void> {
  for (;;) {
    const found = findProcesses(trackingId, launcher).filter((pid) => !except.includes(pid))
    if (found.length === 0) return
    for (const pid of found) kill(pid)
    await sleep(LOOK_AGAIN_MS)
  }
}

/** Processes of the job, this one left out. */
export function findProcesses(trackingId: string, launcher: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && (carriesTrackingId(pid, trackingId) || holdsPipe(pid, launcher)))
}

/** Whether a process was started for that job. False when it is gone or not ours to ask. */
export function carriesTrackingId(pid: number, trackingId: string): boolean {
  return lookAt(false, () => readFileSync(`/proc/${pid}/environ`).includes(`RUNNER_TRACKING_ID=${trackingId}\0`))
}

function holdsPipe(pid: number, launcher: string): boolean {
  const links = lookAt([], () => readdirSync(`/proc/${pid}/fd`))
  return links.some((fd) => lookAt(false, () => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(`${launcher}/`)))
}

/** Processes vanish while one looks, and others' are closed to us: neither is an error. */
function lookAt<T>(otherwise: T, look: () => T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}

function kill(pid: number): void {
  lookAt(undefined, () => process.kill(pid, 'SIGKILL'))
}
