/** How the dispatcher says no: RFC 9457. A refusal says what is missing or wrong with the request, never what it was compared with. */
import type { Problem } from '../shared/error.ts'
import type { Refusal } from '../shared/protocol.ts'

/** The last part of a refusal's `type`: what a client may decide by. */
export type RefusalCode =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'key-reused'
  | 'superseded'
  | 'conflict'
  | 'gap'
  | 'run-open'
  | 'run-closed'
  | 'too-large'
  | 'range'
  | 'invalid'
  | 'internal'
  | 'unavailable'

/** Status and title of each. Source: RFC 9110, section 15. */
const REFUSALS: { readonly [code in RefusalCode]: readonly [status: number, title: string] } = {
  'bad-request': [400, 'The request is not what this address takes'],
  unauthorized: [401, 'A valid bearer token is missing'],
  forbidden: [403, 'This token may not do that'],
  'not-found': [404, 'There is no such thing here'],
  'key-reused': [409, 'This Idempotency-Key was used with another request'],
  superseded: [409, 'Somebody else owns this try now, or it is over'],
  conflict: [409, 'This event number has other content'],
  gap: [409, 'Events before these are missing'],
  'run-open': [409, 'The run has not ended yet'],
  'run-closed': [409, 'The run has ended'],
  'too-large': [413, 'The request is too large'],
  range: [416, 'The range is not in the log'],
  invalid: [422, 'The workflow cannot be run'],
  internal: [500, 'The dispatcher failed'],
  unavailable: [503, 'The dispatcher cannot do this now; the same request may work later'],
}

/** Thrown by use cases, answered by the app; the only error a client is told of. */
export class RefusedError extends Error {
  readonly code: RefusalCode
  readonly problems: readonly Problem[] | undefined
  /** More members of the refusal, for machines. Source: RFC 9457, section 3.2. */
  readonly members: { readonly [name: string]: number | string }

  constructor(code: RefusalCode, detail: string, more: RefusedDetails = {}) {
    super(detail)
    this.name = 'RefusedError'
    this.code = code
    this.problems = more.problems
    this.members = more.members ?? {}
  }
}

/** What stands in a refusal beside its title and detail. */
export interface RefusedDetails {
  readonly problems?: readonly Problem[]
  readonly members?: { readonly [name: string]: number | string }
}

/** The answer's body and status. */
export function refusalOf(error: RefusedError): Refusal {
  const [status, title] = REFUSALS[error.code]
  const problems = error.problems === undefined ? {} : { problems: [...error.problems] }
  return { type: `urn:longshore:${error.code}`, title, status, detail: error.message, ...problems, ...error.members }
}
