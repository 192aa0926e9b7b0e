/**
 * Where each fact stands in the store. All keys of a run begin with `run/<id>/`; what is listed across runs has prefixes of its own.
 *
 *   open/<run>.<attempt>                         while that attempt is open: what the sweep walks
 *   runs/<time, newest first>-<run>              the list of runs
 *   number/<repository>/<workflow>/<n, newest first>   one per `run_number`
 *   run/<run>/plan                               immutable; with the hash of the request that made it
 *   run/<run>/fact/attempt~<n>                   a rerun: from 2
 *   run/<run>/fact/cancel~<attempt>              somebody asked
 *   run/<run>/fact/closed~<attempt>              how it ended
 *   run/<run>/fact/try~<attempt>~<job>~<try>~<index>        an entry of a job try's log
 *   run/<run>/fact/try~<attempt>~<job>~<try>~<index>~<kind> its hint: one list tells the state of every job
 *   run/<run>/fact/try~<attempt>~<job>~<try>~<index>~sent   the message of that offer is on its queue
 *   run/<run>/event/<attempt>~<job>~<try>/<next>~<discrete>~<offset>   a batch of events, named by what is held before it
 *   bundle/<repository>/<sha256>                 a source bundle
 *   bundle-ref/<repository>/<sha256>/<run>       a run that needs it; written before anybody looks whether it is there
 */
import type { TryRef } from '../shared/try.ts'
import type { StreamHead } from './batch.ts'

/** Digits of a run's id: every safe integer fits. */
const ID_DIGITS = 16

/** Prefix of everything that is kept of a run, but for its places in lists. */
export function runKey(run: number): string {
  return `run/${digits(run)}/`
}

/** A `PlanFact`. */
export function planKey(run: number): string {
  return `${runKey(run)}plan`
}

/** All that is known of a run besides its plan and its events, in one list. */
export function factsPrefix(run: number): string {
  return `${runKey(run)}fact/`
}

/** An `AttemptFact`; the first run attempt has none. */
export function attemptKey(run: number, runAttempt: number): string {
  return `${factsPrefix(run)}attempt~${digits(runAttempt, 6)}`
}

/** A `CancelFact`. */
export function cancelKey(run: number, runAttempt: number): string {
  return `${factsPrefix(run)}cancel~${digits(runAttempt, 6)}`
}

/** A `ClosedFact`. */
export function closedKey(run: number, runAttempt: number): string {
  return `${factsPrefix(run)}closed~${digits(runAttempt, 6)}`
}

/** Runs that are not closed: what the sweep walks. */
export const OPEN_PREFIX = 'open/'

/** There while the run attempt is open; a hint, for `closedKey` decides. */
export function openKey(run: number, runAttempt: number): string {
  return `${OPEN_PREFIX}${digits(run)}.${digits(runAttempt, 6)}`
}

/** Undefined for what is no key of an open run. */
export function parseOpenKey(key: string): { readonly run: number; readonly runAttempt: number } | undefined {
  const match = /^open\/(\d{16})\.(\d{6})$/.exec(key)
  return match === null ? undefined : { run: Number(match[1]), runAttempt: Number(match[2]) }
}

/** Every run by the time it was triggered. */
export const RUNS_PREFIX = 'runs/'

/** Newest first in a list. */
export function runsKey(run: number, createdAtMs: number): string {
  return `${RUNS_PREFIX}${newestFirst(createdAtMs)}-${digits(run)}`
}

/** The run; undefined for what is no key of the list. */
export function parseRunsKey(key: string): number | undefined {
  const match = /^runs\/\d{16}-(\d{16})$/.exec(key)
  return match === null ? undefined : Number(match[1])
}

/** `workflow` is the hash of the file's path: paths have characters that keys have not. */
export function numberPrefix(repository: string, workflow: string): string {
  return `number/${segments(repository)}/${workflow}/`
}

/** A `NumberFact`, newest first in a list, so that one key tells the next number. */
export function numberKey(prefix: string, runNumber: number): string {
  return prefix + newestFirst(runNumber)
}

/** The `run_number` of a key made by `numberKey`. */
export function parseNumberKey(key: string): number {
  return Number.MAX_SAFE_INTEGER - Number(key.slice(key.lastIndexOf('/') + 1))
}

/** One try of a job, as keys name it. */
export function tryName(ref: TryRef): string {
  return `${digits(ref.runAttempt, 6)}~${ref.job}~${digits(ref.try, 4)}`
}

/** One entry of a try's log: what two who decide differently compete for. */
export function entryKey(ref: TryRef, index: number): string {
  return `${factsPrefix(ref.run)}try~${tryName(ref)}~${digits(index, 6)}`
}

/** The hint beside an offer whose message is on its queue. */
export const SENT = 'sent'

/** Hint beside the entry: its kind, or `sent`. */
export function hintKey(ref: TryRef, index: number, hint: string): string {
  return `${entryKey(ref, index)}~${hint}`
}

/** What the name of a fact says. */
export type FactKey =
  | { readonly kind: 'attempt' | 'cancel' | 'closed'; readonly runAttempt: number }
  | { readonly kind: 'entry'; readonly ref: TryRef; readonly index: number }
  | { readonly kind: 'hint'; readonly ref: TryRef; readonly index: number; readonly hint: string }

/** Undefined for a fact of a later version. */
export function parseFactKey(run: number, key: string): FactKey | undefined {
  const name = key.slice(key.lastIndexOf('/') + 1)
  const [kind, attempt = '', job = '', try_, index, hint] = name.split('~')
  const runAttempt = Number(attempt)
  if (kind === 'attempt' || kind === 'cancel' || kind === 'closed') return { kind, runAttempt }
  if (kind !== 'try' || index === undefined) return undefined
  const ref = { run, runAttempt, job, try: Number(try_) }
  return hint === undefined
    ? { kind: 'entry', ref, index: Number(index) }
    : { kind: 'hint', ref, index: Number(index), hint }
}

/** Of the batches of a try's events. */
export function streamPrefix(ref: TryRef): string {
  return `${runKey(ref.run)}event/${tryName(ref)}/`
}

/** Follows from what is held, so whoever appends next competes for this very key. */
export function batchKey(ref: TryRef, held: StreamHead): string {
  return `${streamPrefix(ref)}${digits(held.next, 10)}~${digits(held.discrete, 10)}~${digits(held.logOffset)}`
}

/** What is held before the batch; undefined for what is no key of a batch. */
export function parseBatchKey(key: string): StreamHead | undefined {
  const match = /\/(\d{10})~(\d{10})~(\d{16})$/.exec(key)
  return match === null
    ? undefined
    : { next: Number(match[1]), discrete: Number(match[2]), logOffset: Number(match[3]) }
}

/** A source bundle: below its repository, so that no other can find it by its hash. */
export function bundleKey(repository: string, sha256: string): string {
  return `bundle/${segments(repository)}/${sha256}`
}

/** Says that a run uses the bundle; written before it is looked for. */
export function bundleRefKey(repository: string, sha256: string, run: number): string {
  return `bundle-ref/${segments(repository)}/${sha256}/${digits(run)}`
}

/** `owner/name`, where either may be `.` or `..` to GitHub's pattern but not to a store. */
function segments(repository: string): string {
  return repository
    .split('/')
    .map((part) => `${part}~`)
    .join('/')
}

function newestFirst(count: number): string {
  return digits(Number.MAX_SAFE_INTEGER - count)
}

function digits(count: number, length = ID_DIGITS): string {
  return String(count).padStart(length, '0')
}
