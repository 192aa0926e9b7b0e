/** Where everything of one job's supervisor stands. Written by the backend that makes the pod, read by the supervisor at each start. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface SupervisorConfig {
  /** Name of the pod: part of what a controller signs. */
  readonly pod: string
  /** Ed25519 public key of the controllers, PEM. The private half never comes near a pod. */
  readonly controllerKey: string
  /** Value of RUNNER_TRACKING_ID in every step: by it the processes of this job are known. */
  readonly trackingId: string
  /** How long it goes on without a controller, in milliseconds. */
  readonly graceMs: number
  /** The launcher's folder. */
  readonly launcher: string
  /** Private folder of the supervisor: journal, table, records. */
  readonly state: string
  readonly paths: {
    readonly workspace: string
    readonly temp: string
    readonly toolCache: string
    /** Absent: HOME of the launcher's environment. */
    readonly home?: string
    readonly workflow: string
  }
  /** Program and arguments that start a program from a file, as seen by the launcher. */
  readonly starter: readonly string[]
  /** A path below `state`, or a port on 127.0.0.1. */
  readonly listen: { readonly kind: 'socket'; readonly name: string } | { readonly kind: 'port'; readonly port: number }
  /** Whether the steps' processes can be seen and killed from here. */
  readonly sharesProcesses: boolean
}

/** The text of a file, or undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Replaces a file as a whole: a reader sees the old or the new, whoever dies when. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** The whole lines of a file that is appended to, without a torn last one. */
export function wholeLines(text: string): readonly string[] {
  return text.split('\n').slice(0, -1)
}

/** Whether an error of the system has that code, for example `ENOENT`. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
