/** What comes out of a pod, parsed: a job can forge its supervisor's words, so every field is looked at and nothing is trusted to be small. */
import * as z from 'zod'
import { LongshoreError } from '../../shared/error.ts'
import type { JournalEntry } from '../channel.ts'
import type { SupervisorMessage } from '../supervisor/message.ts'
import type { OutputRecord, RunnerFacts, StepState } from '../supervisor/protocol.ts'
import { parseRecords } from '../supervisor/record.ts'

const count = z.number().int().nonnegative()
const texts = z.record(z.string(), z.string())

const facts = z.object({
  paths: z.object({
    workspace: z.string(),
    temp: z.string(),
    toolCache: z.string(),
    home: z.string(),
    workflow: z.string(),
  }),
  os: z.string(),
  arch: z.string(),
  env: texts,
  shells: texts,
}) satisfies z.ZodType<RunnerFacts>

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('challenge'), version: count, nonce: z.string().max(200), pod: z.string().max(300) }),
  z.object({ kind: z.literal('welcome'), facts, number: count }),
  z.object({ kind: z.literal('refused'), code: z.enum(['superseded', 'ghost', 'signature', 'version']) }),
  z.object({ kind: z.literal('answer'), id: count, value: z.unknown(), raw: count.exactOptional() }),
  z.object({ kind: z.literal('error'), id: count, code: z.string().max(100), message: z.string() }),
  z.object({ kind: z.literal('ping') }),
]) satisfies z.ZodType<SupervisorMessage>

const exitRecord = z.object({
  startedMs: z.number(),
  endedMs: z.number(),
  code: count,
  signal: z.string().exactOptional(),
  outOfMemory: z.boolean(),
  files: z.record(z.string(), z.union([z.object({ text: z.string() }), z.object({ tooLarge: count })])),
  recordBytes: count,
})

const stepState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), startedMs: z.number() }),
  z.object({ kind: z.literal('exited'), record: exitRecord }),
  z.object({
    kind: z.literal('refused'),
    code: z.enum(['no-directory', 'no-program', 'launcher-gone']),
    message: z.string(),
    atMs: z.number(),
  }),
]) satisfies z.ZodType<StepState>

const journalPage = z.object({ entries: z.array(z.looseObject({ kind: z.string() })), next: count })
const readAnswer = z.object({ over: z.boolean() })

/** An answer to a request: its value, and the bytes that came with it. */
export interface Answer {
  readonly value: unknown
  readonly raw: Uint8Array
}

/** Throws a `LongshoreError` `bad-frame`, as all parsers here do, for what breaks the protocol. */
export function parseMessage(value: unknown): SupervisorMessage {
  return parse(message, value)
}

export function parseStepState({ value }: Answer): StepState {
  return parse(stepState, value)
}

export function parseStepEnd(answer: Answer): Exclude<StepState, { kind: 'running' }> {
  const state = parseStepState(answer)
  if (state.kind === 'running') throw badFrame()
  return state
}

export function parseJournalPage({ value }: Answer): { entries: readonly JournalEntry[]; next: number } {
  return parse(journalPage, value)
}

export function parseText({ value }: Answer): string {
  return parse(z.string(), value)
}

/** Undefined where the supervisor found no such file. */
export function parseFile({ value, raw }: Answer): Uint8Array | undefined {
  return value === null ? undefined : raw
}

/** Records from position `from` on; `next` is where the following ones begin, `over` says that there are none. */
export function parseRead({ value, raw }: Answer, from: number) {
  const { over } = parse(readAnswer, value)
  const records: readonly OutputRecord[] | undefined = parseRecords(raw, from)
  const next = records?.at(-1)?.next ?? from
  if (records === undefined || next !== from + raw.length) throw badFrame()
  return { over, records, next }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw badFrame()
  return parsed.data
}

function badFrame(): LongshoreError {
  return new LongshoreError('bad-frame', 'later', "the pod's supervisor sent something that breaks the protocol")
}
