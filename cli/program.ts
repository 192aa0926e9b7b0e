/** The command line: every command, flag and example. What a command does is loaded when it is called. */
import { Command, Option } from 'commander'

/** Flags of every command that speaks to a server. */
export interface ServerOptions {
  readonly server?: string
  readonly token?: string
}

/** Flags of `run`. */
export interface RunOptions extends ServerOptions {
  readonly event?: string
  readonly payload?: string
  readonly input: readonly string[]
  readonly secret: readonly string[]
  readonly secretFile: readonly string[]
  readonly var: readonly string[]
  readonly env: readonly string[]
  readonly job: readonly string[]
  readonly matrix: readonly string[]
  readonly platform: readonly string[]
  readonly backend?: string
  readonly store?: string
  readonly json?: true
  readonly quiet?: true
}

/** Flags of `plan`. */
export interface PlanOptions {
  readonly event?: string
  readonly payload?: string
  readonly input: readonly string[]
  readonly var: readonly string[]
  readonly json?: true
}

/** Flags of `serve`. */
export interface ServeOptions {
  readonly config?: string
  readonly url?: string
  readonly host?: string
  readonly port?: string
  readonly store?: string
  readonly cluster: readonly string[]
  readonly tokenFile?: string
  readonly keyFile?: string
}

/** Flags of `rerun`. */
export interface RerunOptions extends ServerOptions {
  readonly failed?: true
  readonly job: readonly string[]
}

/** What the commands do, by name. Each sets the exit status itself. */
export interface Actions {
  run(workflows: readonly string[], options: RunOptions): Promise<void>
  check(files: readonly string[], options: { readonly json?: true }): Promise<void>
  plan(workflow: string, options: PlanOptions): Promise<void>
  serve(options: ServeOptions): Promise<void>
  agent(options: { readonly config: string }): Promise<void>
  logs(run: string, options: ServerOptions & { readonly job?: string }): Promise<void>
  cancel(run: string, options: ServerOptions): Promise<void>
  rerun(run: string, options: RerunOptions): Promise<void>
  keygen(file: string): Promise<void>
}

export function buildProgram(version: string, actions: Actions): Command {
  const program = new Command('longshore')
  program
    .description('Runs GitHub Actions workflows: here, or on a server and its clusters.')
    .version(version)
    .showHelpAfterError('(--help shows the flags, with examples)')
    .addHelpText(
      'after',
      examples(
        'longshore run examples/hello.yml       runs a workflow on this machine',
        'longshore check .github/workflows/*    finds every mistake, with its line and column',
        'longshore run --help                   the flags of a command, with examples',
      ),
    )
  addRun(program, actions)
  addCheck(program, actions)
  addPlan(program, actions)
  addServe(program, actions)
  addAgent(program, actions)
  addRunCommands(program, actions)
  addKeygen(program, actions)
  return program
}

function addRun(program: Command, actions: Actions): void {
  const run = program
    .command('run')
    .description('Runs workflows and follows them to their end.')
    .argument('[WORKFLOW...]', 'files or folders; of a folder, the workflows whose `on` has the event', [
      '.github/workflows',
    ])
    .option(
      '--event <NAME>',
      'the event (default: push if the workflow has it, else workflow_dispatch, else its first)',
    )
    .option('--payload <FILE>', 'the event as JSON: `github.event`')
    .addOption(repeated('--input <K=V>', 'an input of workflow_dispatch'))
    .addOption(repeated('--secret <K[=V]>', 'a secret; without a value it is read from the environment'))
    .addOption(repeated('--secret-file <FILE>', 'secrets, a `KEY=value` a line'))
    .addOption(repeated('--var <K=V>', 'a configuration variable: `vars.K`'))
    .addOption(repeated('--env <K=V>', 'an environment variable of every job; the workflow’s own win'))
    .addOption(repeated('--job <ID>', 'only this job and what it needs'))
    .addOption(repeated('--matrix <K:V>', 'only the legs of matrices that have this value'))
    .addOption(repeated('--platform <LABEL=IMAGE>', 'the image for a `runs-on` label (backend kubernetes)'))
    .addOption(new Option('--backend <NAME>', 'where jobs run').choices(['processes', 'kubernetes']))
    .option('--store <DIR>', 'keep the runs’ facts and logs in this folder (default: a temporary one)')
    .option('--json', 'the run’s events as NDJSON, and nothing else on stdout')
    .option('--quiet', 'only what fails, and the end')
  withServer(run)
    .addHelpText(
      'after',
      examples(
        'longshore run                                     every workflow of .github/workflows that runs on push',
        'longshore run ci.yml --job test --matrix node:24  one job, one leg',
        'longshore run deploy.yml --event workflow_dispatch --input target=staging --secret API_TOKEN',
        'longshore run ci.yml --json | jq -r "select(.kind == \\"run-ended\\").conclusion"',
        'longshore run ci.yml --server https://longshore.example.com   there, with LONGSHORE_TOKEN',
      ) + EXIT_STATUSES,
    )
    .action((workflows: string[], options: RunOptions) => actions.run(workflows, options))
}

function addCheck(program: Command, actions: Actions): void {
  program
    .command('check')
    .description('Finds every mistake in workflow files, each with file:line:column and what to do about it.')
    .argument('[FILE...]', 'workflow files or folders', ['.github/workflows'])
    .option('--json', 'the problems as a JSON array')
    .addHelpText('after', examples('longshore check .github/workflows/ci.yml', 'longshore check --json | jq length'))
    .action((files: string[], options: { json?: true }) => actions.check(files, options))
}

function addPlan(program: Command, actions: Actions): void {
  program
    .command('plan')
    .description('Shows what a workflow would run: jobs, matrix legs, and what needs what.')
    .argument('<WORKFLOW>', 'a workflow file')
    .option('--event <NAME>', 'the event (default: as for `run`)')
    .option('--payload <FILE>', 'the event as JSON')
    .addOption(repeated('--input <K=V>', 'an input of workflow_dispatch'))
    .addOption(repeated('--var <K=V>', 'a configuration variable'))
    .option('--json', 'the plan as JSON')
    .addHelpText(
      'after',
      examples('longshore plan examples/matrix.yml', 'longshore plan ci.yml --json | jq ".jobs[].id"'),
    )
    .action((workflow: string, options: PlanOptions) => actions.plan(workflow, options))
}

function addServe(program: Command, actions: Actions): void {
  program
    .command('serve')
    .description('Starts the dispatcher: takes triggers, hands jobs to agents, keeps what happened.')
    .option('--config <FILE>', 'all of the settings; see docs/configuration.md. Flags win')
    .option('--url <URL>', 'where people and agents reach it (default: where it listens)')
    .option('--host <ADDRESS>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <PORT>', 'port to listen on (default: 7466)')
    .option('--store <DIR>', 'folder for the facts (default: .longshore/store)')
    .addOption(repeated('--cluster <NAME=FILE>', 'a cluster, and the public key of one of its agents'))
    .option('--token-file <FILE>', 'bearer tokens, one `name sha256-in-hex` a line')
    .option('--key-file <FILE>', 'private key that signs job messages (`longshore keygen`)')
    .addHelpText(
      'after',
      examples(
        'longshore serve --config serve.yaml',
        'longshore keygen dispatcher && longshore keygen agent-1',
        'longshore serve --key-file dispatcher.key --cluster main=agent-1.pub --token-file tokens',
      ),
    )
    .action((options: ServeOptions) => actions.serve(options))
}

function addAgent(program: Command, actions: Actions): void {
  program
    .command('agent')
    .description('Starts an agent: takes jobs from its cluster’s queue and runs them.')
    .requiredOption('--config <FILE>', 'longshore.yaml; see docs/configuration.md')
    .addHelpText('after', examples('longshore agent --config longshore.yaml'))
    .action((options: { config: string }) => actions.agent(options))
}

function addRunCommands(program: Command, actions: Actions): void {
  withServer(
    program.command('logs').description('Prints the log of a run’s jobs.').argument('<RUN>', 'the run’s number'),
  )
    .option('--job <ID>', 'of this job only')
    .addHelpText(
      'after',
      examples('longshore logs 17 --server https://longshore.example.com', 'longshore logs 17 --job test.2'),
    )
    .action((run: string, options: ServerOptions & { job?: string }) => actions.logs(run, options))
  withServer(
    program
      .command('cancel')
      .description('Cancels a run; its `always()` steps still run.')
      .argument('<RUN>', 'the run’s number'),
  )
    .addHelpText('after', examples('longshore cancel 17 --server https://longshore.example.com'))
    .action((run: string, options: ServerOptions) => actions.cancel(run, options))
  withServer(
    program
      .command('rerun')
      .description('Runs a run’s jobs again, as its next attempt.')
      .argument('<RUN>', 'the run’s number'),
  )
    .option('--failed', 'only the jobs that failed, and what needs them')
    .addOption(repeated('--job <ID>', 'only this job, and what needs it'))
    .addHelpText('after', examples('longshore rerun 17 --failed', 'longshore rerun 17 --job test'))
    .action((run: string, options: RerunOptions) => actions.rerun(run, options))
}

function addKeygen(program: Command, actions: Actions): void {
  program
    .command('keygen')
    .description('Makes an Ed25519 key pair for an agent or a dispatcher: NAME.key (mode 0600) and NAME.pub.')
    .argument('<NAME>', 'where to write; nothing is overwritten')
    .addHelpText('after', examples('longshore keygen agent-1'))
    .action((name: string) => actions.keygen(name))
}

function withServer(command: Command): Command {
  return command
    .addOption(new Option('--server <URL>', 'a dispatcher').env('LONGSHORE_SERVER'))
    .addOption(
      new Option('--token <T>', 'its bearer token; better in the environment, where `ps` does not show it').env(
        'LONGSHORE_TOKEN',
      ),
    )
}

/** A flag that may be given several times. */
function repeated(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be repeated`)
    .default([], 'none')
    .argParser((value: string, before: readonly string[]) => [...before, value])
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`
}

const EXIT_STATUSES = `
Exit status: 0 success, 1 the run failed, 2 wrong usage or invalid workflow, 3 could not be run or its end is not proved, 130 cancelled.
`
