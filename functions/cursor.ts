/**
 * Where a viewer of a run stands: a position per job stream. There is no run-wide counter, and no time in it: a late key cannot be passed over.
 *
 * Text: `1;<runAttempt>` (nothing shown: `0;…`), then `;<job>:<states>,<try>,<events>` per job, with spaces where the coding wants a multiple of three. Written
 * as base64url. The job that just moved stands last, so that the rest is encoded once for many events.
 */

/** What a viewer has of one job. */
export interface JobPosition {
  /** How many of the job's states it was told. */
  readonly states: number
  /** The try whose events it reads. */
  readonly try: number
  /** How many events of that try it has. */
  readonly events: number
}

/** Where the reading of a job begins. */
export const UNREAD: JobPosition = { states: 0, try: 0, events: 0 }

/** How far a viewer has read: the run attempt, and a position for each job it was told of. */
export interface Cursor {
  readonly runAttempt: number
  /** `before`: nothing was told; `ended`: all was, the run's end included. */
  readonly phase: 'before' | 'running' | 'ended'
  readonly jobs: ReadonlyMap<string, JobPosition>
}

const PHASES = ['before', 'running', 'ended'] as const

/** Encodes cursors that differ in one job only: call the answer with each position of `job`. */
export function cursorsOf(cursor: Cursor, job: string): (position: JobPosition) => string {
  const others = [...cursor.jobs].filter(([name]) => name !== job).map(([name, at]) => `;${name}:${text(at)}`)
  const head = `${PHASES.indexOf(cursor.phase)};${cursor.runAttempt}${others.join('')}`
  const encoded = base64url(head.padEnd(Math.ceil(head.length / 3) * 3))
  return (position) => encoded + base64url(`;${job}:${text(position)}`)
}

/** Opaque text, safe in a URL and in a header; `parseCursor` reads it back. */
export function encodeCursor(cursor: Cursor): string {
  const jobs = [...cursor.jobs].map(([name, at]) => `;${name}:${text(at)}`)
  return base64url(`${PHASES.indexOf(cursor.phase)};${cursor.runAttempt}${jobs.join('')}`)
}

/** Undefined for what is no cursor. */
export function parseCursor(encoded: string): Cursor | undefined {
  const [phase = '', runAttempt = '', ...parts] = fromBase64url(encoded).split(';')
  const known = /^[0-2]$/.test(phase) ? PHASES[Number(phase)] : undefined
  if (known === undefined || !/^\d{1,9} *$/.test(runAttempt)) return undefined
  const jobs = new Map<string, JobPosition>()
  for (const part of parts) {
    const match = /^([\w.-]+):(\d{1,15}),(\d{1,15}),(\d{1,15}) *$/.exec(part)
    if (match === null) return undefined
    jobs.set(match[1] ?? '', { states: Number(match[2]), try: Number(match[3]), events: Number(match[4]) })
  }
  return { phase: known, runAttempt: Number(runAttempt), jobs }
}

function text(position: JobPosition): string {
  return `${position.states},${position.try},${position.events}`
}

function base64url(ascii: string): string {
  return btoa(ascii).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Empty for what is not base64url. */
function fromBase64url(encoded: string): string {
  try {
    return atob(encoded.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return ''
  }
}
