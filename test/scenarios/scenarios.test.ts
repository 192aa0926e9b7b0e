/** Every workflow of this folder through the front door: `longshore run --json` as a process, held to what its comments say. */
import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type RunEvent, runEventSchema } from '../../shared/event.ts'
import { longshore } from '../cli/command.ts'
import { type Expectation, parseScenario, type Scenario } from './expectation.ts'

/** Some only wait. */
const AT_ONCE = availableParallelism() + 1

const files = globSync('*.yml', { cwd: import.meta.dirname }).toSorted()

describe('scenarios', { concurrency: AT_ONCE }, () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'longshore-scenarios-'))
    for (const name of ['objects', 'refs/heads']) mkdirSync(join(folder, '.git', name), { recursive: true })
    writeFileSync(join(folder, '.git/HEAD'), 'ref: refs/heads/main\n')
    writeFileSync(join(folder, '.git/config'), '[remote "origin"]\n\turl = https://github.com/octo/ship.git\n')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const file of files) {
    test(file, async () => {
      const text = readFileSync(join(import.meta.dirname, file), 'utf8')
      const scenario = parseScenario(file, text)
      writeFileSync(join(folder, file), text)
      const result = await run(folder, file, scenario)
      for (const expectation of scenario.expectations) hold(result, expectation)
    })
  }
})

interface Result {
  readonly events: readonly RunEvent[]
  /** Of all jobs, without the times. */
  readonly lines: readonly string[]
  /** Everything that was said or kept, as it stands there. */
  readonly everything: string
}

async function run(folder: string, file: string, { flags, secrets, payload }: Scenario): Promise<Result> {
  const store = join(folder, `${file}.store`)
  const files = payload === undefined ? [] : ['--payload', `${file}.json`]
  if (payload !== undefined) writeFileSync(join(folder, `${file}.json`), payload)
  const named = Object.keys(secrets).flatMap((name) => ['--secret', name])
  const args = ['run', file, '--json', '--store', store, ...flags, ...files, ...named]
  const ended = await longshore(args, { folder, env: secrets })
  assert.ok(ended.status === 0 || ended.status === 1 || ended.status === 130, `${ended.stdout}\n${ended.stderr}`)
  const events = ended.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => runEventSchema.parse(JSON.parse(line)))
  const kept = globSync('**/*', { cwd: store, withFileTypes: true }).filter((entry) => entry.isFile())
  const everything = [
    ended.stdout,
    ended.stderr,
    ...kept.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  ]
  return { events, lines: linesOf(events), everything: everything.join('\n') }
}

function linesOf(events: readonly RunEvent[]): string[] {
  const texts = new Map<string, string>()
  for (const event of events) {
    if (event.kind !== 'job-event' || event.event.kind !== 'log') continue
    texts.set(event.job, (texts.get(event.job) ?? '') + event.event.text)
  }
  return [...texts.values()].flatMap((text) => text.split('\n')).map((line) => line.replace(/^\S+Z /, ''))
}

function hold(result: Result, expectation: Expectation): void {
  const { kind, name, text } = expectation
  assert.ok(holds(result, expectation), `expected ${kind} ${name}: ${text}\nof:\n${toldOf(result).join('\n')}`)
}

/** What happened, for whoever reads why a scenario failed. */
function toldOf({ events, lines }: Result): string[] {
  const named = (what: string, entries: ReadonlyMap<string, string | undefined>): string[] =>
    [...entries].map(([name, ending]) => `${what} ${name}: ${ending}`)
  return [...lines, ...named('job', jobs(events)), ...named('step', steps(events)), ...annotations(events)]
}

function holds({ events, lines, everything }: Result, { kind, name, text }: Expectation): boolean {
  switch (kind) {
    case 'ends':
      return events.findLast((event) => event.kind === 'run-ended')?.conclusion === text
    case 'job':
      return jobs(events).get(name) === text
    case 'nojob':
      return !jobs(events).has(name)
    case 'step':
      return steps(events).get(name) === text
    case 'line':
      return lines.includes(text)
    case 'noline':
      return !lines.includes(text)
    case 'has':
      return lines.some((line) => line.includes(text))
    case 'not':
      return !everything.includes(text)
    case 'annotation':
      return annotations(events).some((annotation) => annotation.startsWith(text))
    case 'noannotation':
      return !annotations(events).some((annotation) => annotation.startsWith(text))
    case 'summary':
      return summaries(events).includes(text)
  }
}

function jobs(events: readonly RunEvent[]): ReadonlyMap<string, string | undefined> {
  return new Map(events.flatMap((event) => (event.kind === 'job-state' ? [[event.name, event.conclusion]] : [])))
}

function jobEvents(events: readonly RunEvent[]) {
  return events.flatMap((event) => (event.kind === 'job-event' ? [event.event] : []))
}

function steps(events: readonly RunEvent[]): ReadonlyMap<string, string> {
  return new Map(
    jobEvents(events).flatMap((event) => (event.kind === 'step-ended' ? [[event.name, event.outcome]] : [])),
  )
}

/** `LEVEL MESSAGE FILE:LINE`, as far as they are there. */
function annotations(events: readonly RunEvent[]): string[] {
  return jobEvents(events).flatMap((event) =>
    event.kind === 'annotation'
      ? [`${event.level} ${event.message}${event.file === undefined ? '' : ` ${event.file}:${event.line}`}`]
      : [],
  )
}

function summaries(events: readonly RunEvent[]): string[] {
  return jobEvents(events).flatMap((event) => (event.kind === 'summary' ? event.markdown.split('\n') : []))
}
