/**
 * The four channels on which things go wrong (docs/decisions.md): the user's mistake is a `Problem`; how a step ended is
 * an exit record; what the world did is a `LongshoreError`; a broken invariant is an `assert`.
 */

/** One mistake of the user, with its place and the way out. All problems of an input are reported together. */
export interface Problem {
  /** Path as the user gave it, for example `.github/workflows/ci.yml`. */
  readonly file: string
  /** 1-based; 0 where the problem has no place in the file. */
  readonly line: number
  /** 1-based; 0 where the problem has no place in the file. */
  readonly column: number
  readonly message: string
  /** What to do about it, as a sentence. */
  readonly remedy: string
}

/** What a parser at the edge answers. Never throws for bad input. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: Problem[] }

/** `file:line:column: message (remedy)`, the one way a problem is printed. */
export function formatProblem(problem: Problem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file
  return `${place}: ${problem.message}${problem.remedy === '' ? '' : ` (${problem.remedy})`}`
}

/** Why the world said no. `later`: the same call may work later; `never`: it will not. */
export type Retry = 'later' | 'never'

/** What the world did: a refused connection, a lost race, a full disk. `code` is stable and machine-readable. */
export class LongshoreError extends Error {
  readonly code: string
  readonly retry: Retry

  constructor(code: string, retry: Retry, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LongshoreError'
    this.code = code
    this.retry = retry
  }
}
