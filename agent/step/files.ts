/** What a step handed on by its files and commands, taken over after its end, also after a bad one. */
import { STEP_SUMMARY_BYTES_MAX } from '../../shared/limit.ts'
import type { JobRun } from '../job/run.ts'
import type { ExitRecord } from '../supervisor/protocol.ts'
import { addPaths, type Variables } from './environment.ts'
import {
  BLOCKED_IN_FILE,
  fileCommandFailed,
  isBlockedName,
  type Pair,
  parseEnvFile,
  parsePathFile,
  summaryTooLarge,
} from './file-command.ts'
import type { StepWriter } from './writer.ts'

/** What a step's file commands hand on to those after it. */
export interface HandedOn {
  readonly env: Variables
  readonly path: readonly string[]
  readonly outputs: Variables
  /** A mistake in a file or a command: the step fails, whatever its process said. */
  readonly failed: boolean
}

/** By commands alone. */
export function handedOnByCommands(writer: StepWriter): HandedOn {
  const { env, path, outputs, failed } = writer.effects
  return {
    env: Object.fromEntries(env),
    path: [...path],
    outputs: withOutputs({}, [...outputs]),
    failed: failed !== undefined,
  }
}

/** By commands, then by files, in the order of the official runner (ExtensionManager.cs, IFileCommandExtension). Says what is wrong with them. */
export function takeHandedOn(run: JobRun, writer: StepWriter, record: ExitRecord): HandedOn {
  const { files, endedMs } = record
  const commands = handedOnByCommands(writer)
  const path = textOf(writer, files, 'GITHUB_PATH', 'path', endedMs)
  const env = pairsOf(writer, files, 'GITHUB_ENV', 'env', endedMs)
  takeSummary(run, writer, record)
  const state = pairsOf(writer, files, 'GITHUB_STATE', 'state', endedMs)
  const outputs = pairsOf(writer, files, 'GITHUB_OUTPUT', 'output', endedMs)
  return {
    env: { ...commands.env, ...Object.fromEntries(allowed(writer, env.pairs, endedMs)) },
    path: addPaths(commands.path, parsePathFile(path.text)),
    outputs: withOutputs(commands.outputs, outputs.pairs),
    failed: commands.failed || path.failed || env.failed || state.failed || outputs.failed,
  }
}

type Files = ExitRecord['files']
type Kind = 'path' | 'env' | 'state' | 'output'

function textOf(writer: StepWriter, files: Files, variable: string, kind: Kind, atMs: number) {
  const file = files[variable] ?? { text: '' }
  if ('text' in file) return { text: file.text, failed: false }
  writer.annotate('error', fileCommandFailed(kind), atMs)
  writer.annotate('error', `The file has ${file.tooLarge} bytes, which is more than can be read.`, atMs)
  return { text: '', failed: true }
}

function pairsOf(writer: StepWriter, files: Files, variable: string, kind: Kind, atMs: number) {
  const { text, failed } = textOf(writer, files, variable, kind, atMs)
  const parsed = parseEnvFile(text)
  if (parsed.ok) return { pairs: parsed.pairs, failed }
  writer.annotate('error', fileCommandFailed(kind), atMs)
  writer.annotate('error', parsed.message, atMs)
  return { pairs: parsed.pairs, failed: true }
}

function allowed(writer: StepWriter, pairs: readonly Pair[], atMs: number): readonly Pair[] {
  return pairs.filter(([name]) => {
    if (!isBlockedName(name)) return true
    writer.annotate('error', BLOCKED_IN_FILE, atMs)
    return false
  })
}

/** Names are the same whatever their case; the first spelling stays. Source: actions/runner ExecutionContext.SetOutput. */
function withOutputs(outputs: Variables, pairs: readonly Pair[]): Variables {
  const spelling = new Map(Object.keys(outputs).map((name) => [name.toLowerCase(), name]))
  const merged = new Map(Object.entries(outputs))
  for (const [name, value] of pairs) {
    const known = spelling.get(name.toLowerCase()) ?? name
    spelling.set(name.toLowerCase(), known)
    merged.set(known, value)
  }
  return Object.fromEntries(merged)
}

function takeSummary(run: JobRun, writer: StepWriter, { files, endedMs }: ExitRecord): void {
  const file = files['GITHUB_STEP_SUMMARY'] ?? { text: '' }
  const bytes = 'text' in file ? Buffer.byteLength(file.text) : file.tooLarge
  if (bytes > STEP_SUMMARY_BYTES_MAX) writer.annotate('error', summaryTooLarge(bytes), endedMs)
  else if ('text' in file && file.text !== '') {
    run.outbox.say({ kind: 'summary', step: writer.step, markdown: run.masks.mask(file.text) })
  }
}
