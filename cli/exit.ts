import type { Problem } from '../shared/error.ts'

/** What the command's exit status says. */
export const EXIT = {
  /** Everything asked for was done; the run succeeded. */
  success: 0,
  /** The run came to an end and failed. */
  failure: 1,
  /** Wrong usage, or an invalid workflow. Nothing was started. */
  usage: 2,
  /** It could not be run, or how it ended is not proved. */
  notRun: 3,
  /** Cancelled: 128 + SIGINT, as shells have it. */
  cancelled: 130,
} as const

/** What the process ends with. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]

const WORST_FIRST: readonly ExitStatus[] = [EXIT.notRun, EXIT.usage, EXIT.cancelled, EXIT.failure]

/** The status of several runs together. */
export function worstOf(statuses: readonly ExitStatus[]): ExitStatus {
  return WORST_FIRST.find((status) => statuses.includes(status)) ?? EXIT.success
}

/** How a run's conclusion is told to the shell. */
export function exitOf(conclusion: 'success' | 'failure' | 'cancelled'): ExitStatus {
  return EXIT[conclusion]
}

/** The command was used wrongly: printed as it is, exit status 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The user's own mistakes, found by the dispatcher. */
export class RefusedError extends Error {
  readonly problems: readonly Problem[]

  constructor(message: string, problems: readonly Problem[]) {
    super(message)
    this.name = 'RefusedError'
    this.problems = problems
  }
}
