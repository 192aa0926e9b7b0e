/** Does what was decided for a line, in order. */
import { type MatcherConfig, parseMatcherFile, runMatchers } from './matcher.ts'
import type { OpenLog } from './open-log.ts'
import { tooMuch, type Verdict } from './verdict.ts'

export async function apply(log: OpenLog, verdicts: readonly Verdict[]): Promise<void> {
  for (const verdict of verdicts) await applyOne(log, verdict)
}

async function applyOne(log: OpenLog, verdict: Verdict): Promise<void> {
  const { printer, effects, masks } = log
  switch (verdict.kind) {
    case 'say':
      return printer.say(verdict.text)
    case 'debug':
      return printer.debug(verdict.text)
    case 'annotation':
      return printer.annotate(verdict.annotation, verdict.line)
    case 'mask':
      if (!effects.reserve([verdict.value])) return apply(log, tooMuch(verdict))
      return masks.add(verdict.value)
    case 'effect':
      if (!effects.reserve(Object.values(verdict.effect))) return apply(log, tooMuch(verdict))
      return effects.add(verdict.effect)
    case 'withhold':
      log.withheld = true
      return printer.annotate({ level: 'error', message: WITHHELD })
    case 'echo':
      log.echo = verdict.on
      return
    case 'stop':
      log.stopToken = verdict.token
      return
    case 'resume':
      log.stopToken = undefined
      return
    case 'add-matchers':
      return addMatchers(log, verdict)
    case 'remove-matchers':
      return removeMatchers(log, verdict.owners)
    case 'remove-file':
      return removeFile(log, verdict)
    case 'mistake':
      return fail(log, verdict.command, verdict.message)
  }
}

function fail(log: OpenLog, command: string, message: string): void {
  const first = `Unable to process command '${command}' successfully.`
  log.printer.annotate({ level: 'error', message: first })
  log.printer.annotate({ level: 'error', message })
  log.effects.fail(log.masks.mask(`${first} ${message}`))
}

async function addMatchers(log: OpenLog, verdict: { readonly path: string; readonly command: string }): Promise<void> {
  const configs = await readMatchers(log, verdict)
  if (configs.length === 0) return
  log.matchers.add(configs)
  log.runs = runMatchers(log.matchers.configs, log.runs)
  const owners = configs.map((config) => `'${config.owner}'`).join(', ')
  log.printer.debug(
    `Added matchers: ${owners}. Problem matchers scan action output for known warning or error strings and report these inline.`,
  )
}

function removeMatchers(log: OpenLog, owners: readonly string[]): void {
  const removed = log.matchers.remove(owners)
  log.runs = runMatchers(log.matchers.configs, log.runs)
  log.printer.debug(`Removed matchers: ${removed.map((owner) => `'${owner}'`).join(', ')}`)
}

async function removeFile(log: OpenLog, verdict: { readonly path: string; readonly command: string }): Promise<void> {
  const configs = await readMatchers(log, verdict)
  if (configs.length > 0)
    removeMatchers(
      log,
      configs.map((config) => config.owner),
    )
}

/** What the file has; its mistake is the command's. */
async function readMatchers(
  log: OpenLog,
  { path, command }: { readonly path: string; readonly command: string },
): Promise<readonly MatcherConfig[]> {
  const text = await log.readFile(path)
  if (text === undefined) {
    fail(log, command, `Could not find file '${path}'.`)
    return []
  }
  const parsed = parseMatcherFile(text)
  if (!parsed.ok) {
    fail(log, command, parsed.message)
    return []
  }
  for (const owner of parsed.slow) log.printer.annotate({ level: 'warning', message: leftOut(owner) })
  return parsed.configs
}

const WITHHELD = 'The output of this step is withheld from here on, as a value in it could not be masked.'

function leftOut(owner: string): string {
  return `Problem matcher '${owner}' is left out: its patterns cannot be matched in linear time (look-ahead, back-references and large counted repetitions cannot).`
}
