/**
 * What an agent and a job's supervisor say to each other. Plain types, imported by both; `node:*` only below this folder.
 *
 * Frames: 4 bytes length (big endian, of what follows), 1 byte kind, payload. Kind 1 is JSON (the types below), kind 2 is raw bytes that belong to the
 * last JSON frame which announced them. Both ends cut the connection at the first frame that breaks the rules.
 *
 *   supervisor ──challenge──▶ agent ──hello(epoch, signature)──▶ supervisor ──welcome | refused──▶
 *   agent ──request(id)──▶ supervisor ──answer(id)──▶     and, for `read`, records and then an end
 *   both ──ping──▶ every PING_INTERVAL_MS; a side that hears nothing for PING_PATIENCE_MS closes
 */

/** Raised with any change a reader of the version before would not understand. Both sides speak this and the one before. */
export const PROTOCOL_VERSION = 1

/** What the supervisor knows of the runner; told in `welcome`. */
export interface RunnerFacts {
  /** `github.workspace` and so on, as seen by the steps. */
  readonly paths: {
    readonly workspace: string
    readonly temp: string
    readonly toolCache: string
    readonly home: string
    /** Folder of `event.json`. */
    readonly workflow: string
  }
  /** RUNNER_OS: `Linux`. */
  readonly os: string
  /** RUNNER_ARCH: `X64` or `ARM64`. */
  readonly arch: string
  /** The environment the runner's container (or the host) gives its processes. */
  readonly env: { readonly [name: string]: string }
  /** Absolute path of each shell found on the runner's PATH: bash, sh, python, pwsh. Absent: not there. */
  readonly shells: { readonly [name: string]: string }
}

/** Starts a step. All of it is handed over in files that are removed at once; argv holds paths only. */
export interface StartCommand {
  /** Unique in the job; the same key again answers with the state it has. `[A-Za-z0-9_.-]{1,64}` */
  readonly key: string
  /** Program and arguments. `{0}` inside an argument becomes the script's path. */
  readonly argv: readonly string[]
  /** The whole environment. The supervisor adds only the paths of `fileCommands`. */
  readonly env: { readonly [name: string]: string }
  /** Absolute. */
  readonly cwd: string
  /** Written to `${RUNNER_TEMP}/<random><extension>`, mode 0700, kept until the job ends. */
  readonly script?: { readonly text: string; readonly extension: string }
  /** Environment variable → name prefix of an empty file made for this step, for example `GITHUB_ENV` → `set_env_`. Read back in the exit record. */
  readonly fileCommands: { readonly [variable: string]: string }
}

/** How a step ended, out of band: nothing a step prints can be taken for it. */
export interface ExitRecord {
  readonly startedMs: number
  readonly endedMs: number
  /** 128 + signal where a signal ended it. */
  readonly code: number
  readonly signal?: string
  /** A process of the step was killed for memory. */
  readonly outOfMemory: boolean
  /** The step's own file commands after its end, by variable. `tooLarge` where it is over FILE_COMMAND_BYTES_MAX. */
  readonly files: { readonly [variable: string]: { readonly text: string } | { readonly tooLarge: number } }
  /** All records together, in bytes as read by `read`: where its stream ends. */
  readonly recordBytes: number
}

export type StepState =
  | { readonly kind: 'running'; readonly startedMs: number }
  | { readonly kind: 'exited'; readonly record: ExitRecord }
  /** It never ran: the working directory or the program is not there, the launcher is gone. */
  | {
      readonly kind: 'refused'
      readonly code: 'no-directory' | 'no-program' | 'launcher-gone'
      readonly message: string
      readonly atMs: number
    }

export type StepSignal = 'SIGINT' | 'SIGTERM' | 'SIGKILL'

/** A read of one of the step's pipes. */
export interface OutputRecord {
  readonly atMs: number
  readonly stream: 'stdout' | 'stderr'
  readonly bytes: Uint8Array
  /** Position after this record, in bytes: where reading goes on. A record boundary. */
  readonly next: number
}
