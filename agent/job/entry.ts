/**
 * What an agent has decided about a job, kept by the job's supervisor in order. Everything that does not follow from the message and the
 * supervisor's records is written here before it is acted on, so whichever agent reads it says and does the same.
 *
 *   job ─▶ ( hash* ─▶ begun ─▶ checkpoint* ─▶ interrupted* ─▶ built-in? ─▶ finished )* per step; interrupted also between steps
 */
import * as z from 'zod'
import { LongshoreError } from '../../shared/error.ts'
import { jobMessageSchema } from '../../shared/message.ts'
import type { JournalEntry } from '../channel.ts'
import type { MatcherConfig } from '../log/matcher.ts'
import type { LogState } from '../log.ts'

const conclusion = z.enum(['success', 'failure', 'cancelled', 'skipped'])
const texts = z.record(z.string(), z.string())
const position = z.object({ discrete: z.int(), logBytes: z.int() })

/** Opaque here: written and read by agent/log.ts and agent/log/matcher.ts alone. */
const matcher = z.custom<MatcherConfig>((value) => typeof value === 'object' && value !== null)
const logState = z.custom<LogState>((value) => typeof value === 'object' && value !== null)

/** What a finished step leaves behind for the steps after it. */
const stepResultSchema = z.object({
  step: z.int(),
  /** Names its entry in the `steps` context; generated ids start with `__`. */
  id: z.string(),
  outcome: conclusion,
  conclusion,
  outputs: texts,
  /** Added to GITHUB_ENV. */
  env: texts,
  /** Added to GITHUB_PATH, in order. */
  path: z.array(z.string()),
  /** Values hidden since, secrets not among them. */
  masks: z.array(z.string()),
  /** The job's problem matchers after it. */
  matchers: z.array(matcher),
  atMs: z.number(),
  /** Why, where the step's own doing does not say. */
  cause: z.object({ code: z.string(), message: z.string() }).optional(),
  /** Of all that was said, at its end. */
  position,
})
/** How a step ended and what it hands on. */
export type StepResult = z.infer<typeof stepResultSchema>

/** What stopped a step or the job from outside, in the order of weight. */
const interruptedSchema = z.object({
  kind: z.literal('interrupted'),
  by: z.enum(['cancel', 'job-timeout', 'cancel-timeout', 'step-timeout']),
  /** The step that ran, or the one that would have been next. */
  step: z.int(),
  during: z.boolean(),
  atMs: z.number(),
  reason: z.string(),
})
/** A step, or the job, was stopped from outside. */
export type Interruption = z.infer<typeof interruptedSchema>

const entrySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('job'),
    message: jobMessageSchema,
    startedMs: z.number(),
    /** Said in the log, so they are those of the agent that placed the job. */
    agent: z.string(),
    version: z.string(),
  }),
  z.object({
    kind: z.literal('hash'),
    step: z.int(),
    patterns: z.string(),
    hash: z.string(),
    problem: z.string().optional(),
  }),
  z.object({ kind: z.literal('begun'), step: z.int(), atMs: z.number() }),
  z.object({
    kind: z.literal('checkpoint'),
    step: z.int(),
    /** Where reading the step's output goes on. */
    record: z.int(),
    log: logState,
    masks: z.array(z.string()),
    /** Matcher files read so far. */
    files: z.int(),
    position,
  }),
  /** A matcher file as it was when the step named it. */
  z.object({ kind: z.literal('file'), step: z.int(), text: z.string().nullable() }),
  interruptedSchema,
  /** A step the agent itself did, such as a checkout: how it ended and what it says. */
  z.object({
    kind: z.literal('built-in'),
    step: z.int(),
    atMs: z.number(),
    lines: z.array(z.string()),
    problem: z.string().optional(),
    outputs: texts,
  }),
  z.object({ kind: z.literal('finished'), result: stepResultSchema }),
])
/** One entry of a job's journal. Whatever an agent may not decide twice is here before it acts. */
export type Entry = z.infer<typeof entrySchema>
/** The entries of one kind. */
export type EntryOf<K extends Entry['kind']> = Extract<Entry, { kind: K }>

/** Reads a supervisor's journal. Rejects with `bad-journal` (never): a newer agent's, or a spoilt one. */
export function parseJournal(entries: readonly JournalEntry[]): readonly Entry[] {
  return entries.map((entry) => {
    const parsed = entrySchema.safeParse(entry)
    if (parsed.success) return parsed.data
    throw new LongshoreError(
      'bad-journal',
      'never',
      `the job's journal has an entry this agent cannot read: ${entry.kind}`,
    )
  })
}

/** The entries of a step that are of this kind, in order. */
export function entriesOf<K extends Exclude<Entry['kind'], 'job' | 'finished'>>(
  entries: readonly Entry[],
  kind: K,
  step: number,
): readonly EntryOf<K>[] {
  return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind && 'step' in entry && entry.step === step)
}
