/** A `run:` step: what is started, and what the log says before it. */
import { type Evaluated, evaluateText, type Scope } from '../../shared/expression.ts'
import type { RunStep } from '../../shared/workflow.ts'
import { githubContext, runnerContext } from '../job/context.ts'
import type { JobRun } from '../job/run.ts'
import type { JobState } from '../job/state.ts'
import type { StartCommand } from '../supervisor/protocol.ts'
import { stepEnvironment, type Variables } from './environment.ts'
import { evaluateInStep } from './evaluation.ts'
import { INVALID_SHELL, shellCommand } from './shell.ts'

/** The variables that hold the files by which a step hands values on, and the prefixes of their names. Source: actions/runner FileCommandManager.cs. */
const FILE_COMMANDS = {
  GITHUB_PATH: 'add_path_',
  GITHUB_ENV: 'set_env_',
  GITHUB_STEP_SUMMARY: 'step_summary_',
  GITHUB_STATE: 'save_state_',
  GITHUB_OUTPUT: 'set_output_',
} as const

/** A `run` step, ready to be started. */
export interface PreparedScript {
  readonly command: StartCommand
  /** Lines of the log before the step's output. */
  readonly header: readonly string[]
}

/** Evaluates a step's script, shell and folder. `env` is its `env` context; `number` its place in the step list. */
export async function prepareScript(
  run: JobRun,
  step: RunStep,
  number: number,
  state: JobState,
  env: Variables,
  scope: Scope,
): Promise<Evaluated<PreparedScript>> {
  const texts = await evaluateInStep(run, number, scope, (withFiles) => textsOf(step, withFiles))
  if (!texts.ok) return texts
  const { script, shell, folder } = texts.value
  const { facts } = run
  const chosen = shellCommand(shell || run.defaults.shell, script, facts.runner.shells)
  if (chosen === undefined) return { ok: false, message: INVALID_SHELL, at: step.at }
  const command: StartCommand = {
    key: String(number),
    argv: chosen.argv,
    env: environmentOf(run, state, env, step.id),
    cwd: below(facts.runner.paths.workspace, folder || run.defaults.workingDirectory || ''),
    script: chosen.script,
    fileCommands: FILE_COMMANDS,
  }
  return { ok: true, value: { command, header: header(script, chosen.display, env) } }
}

interface ScriptTexts {
  readonly script: string
  readonly shell: string
  readonly folder: string
}

function textsOf(step: RunStep, scope: Scope): Evaluated<ScriptTexts> {
  const script = evaluateText(step.run, scope)
  if (!script.ok) return script
  const shell = evaluateText(step.shell, scope)
  if (!shell.ok) return shell
  const folder = evaluateText(step.workingDirectory, scope)
  if (!folder.ok) return folder
  return { ok: true, value: { script: script.value, shell: shell.value, folder: folder.value } }
}

function environmentOf(run: JobRun, state: JobState, env: Variables, action: string): Variables {
  return stepEnvironment({
    runner: run.facts.runner.env,
    env,
    github: githubContext(run.facts, action),
    runnerContext: runnerContext(run.facts),
    path: state.path,
  })
}

/** Source: .NET Path.Combine: an absolute path stands for itself. */
function below(workspace: string, folder: string): string {
  if (folder === '') return workspace
  return folder.startsWith('/') ? folder : `${workspace}/${folder}`
}

/** The first line of a script, or a name, that has something in it. Source: actions/runner ScriptHandler.cs, ActionRunner.FormatStepName. */
export function firstLine(text: string): string {
  return text.replace(/^[ \t\r\n]+/, '').split(/[\r\n]/, 1)[0] ?? ''
}

/** Source: actions/runner ScriptHandler.PrintActionDetails. */
function header(script: string, shell: string, env: Variables): readonly string[] {
  const lines = script.replaceAll('\r\n', '\n').replace(/\n+$/, '').split('\n')
  const variables = Object.entries(env).map(([name, value]) => `  ${name}: ${value}`)
  return [
    `##[group]Run ${firstLine(script)}`,
    ...lines.map((line) => `\x1b[36;1m${line}\x1b[0m`),
    `shell: ${shell}`,
    ...(variables.length === 0 ? [] : ['env:', ...variables]),
    '##[endgroup]',
  ]
}
