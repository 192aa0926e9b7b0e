/** `longshore run`: trigger, follow, conclude. */
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { TriggerRequest } from '../../shared/trigger.ts'
import { agentLog } from '../agent-log.ts'
import { parseSecrets } from '../assignment.ts'
import { EXIT, type ExitStatus, UsageError, worstOf } from '../exit.ts'
import { readNamedFile } from '../files.ts'
import { followRun } from '../follow.ts'
import { type Host, remoteHost } from '../host.ts'
import { hostEnvironment } from '../host-env.ts'
import { createLivePresenter } from '../live.ts'
import { createJsonPresenter, createLinesPresenter, createQuietPresenter, type Presenter } from '../presenter.ts'
import type { RunOptions } from '../program.ts'
import { type Bundle, readBundle, readRequests, readSelected } from '../request.ts'
import { clientOf } from '../server.ts'
import type { Shell } from '../shell.ts'

export async function run(shell: Shell, paths: readonly string[], options: RunOptions): Promise<ExitStatus> {
  refuseWhatExcludesItself(options)
  const starting =
    options.server === undefined ? startHere(shell, options) : Promise.resolve(remoteHost(clientOf(options)))
  const [order, host] = await both(readOrder(shell, paths, options), starting)
  const presenter = presenterOf(shell, options)
  try {
    return await followAll(shell, host, await trigger(host, order), presenter, options.json === true)
  } finally {
    await (shell.interrupt.stop.aborted ? host.kill() : host.close())
    presenter.end()
  }
}

/** What the user got wrong is said first, whether or not the host could start; a host that started in vain is ended. */
async function both(reading: Promise<Order>, starting: Promise<Host>): Promise<[Order, Host]> {
  const [order, host] = await Promise.allSettled([reading, starting])
  if (order.status === 'fulfilled' && host.status === 'fulfilled') return [order.value, host.value]
  if (host.status === 'fulfilled') await host.value.kill()
  throw order.status === 'rejected' ? order.reason : host.status === 'rejected' ? host.reason : undefined
}

function refuseWhatExcludesItself(options: RunOptions): void {
  if (options.server !== undefined) {
    if (options.secret.length + options.secretFile.length > 0)
      throw new UsageError(
        '--secret is for runs on this machine: with --server, secrets belong in the cluster, and never pass through the dispatcher',
      )
    if (options.backend !== undefined)
      throw new UsageError('--backend is for runs on this machine: with --server, the agents there decide')
    if (options.store !== undefined) throw new UsageError('--store is for runs on this machine')
  }
  if (options.json === true && options.quiet === true) throw new UsageError('--json and --quiet exclude each other')
  if (options.platform.length > 0 && options.backend !== 'kubernetes')
    throw new UsageError(
      '--platform names images, which need --backend kubernetes: with processes, every label runs on this machine',
    )
}

async function startHere(shell: Shell, options: RunOptions): Promise<Host> {
  const files = await Promise.all(
    options.secretFile.map(async (file) => ({ file, text: await readNamedFile('--secret-file', file) })),
  )
  const { startEmbedded } = await import('../embedded.ts')
  return startEmbedded({
    clock: shell.clock,
    secrets: parseSecrets({ flags: options.secret, files, env: shell.env }),
    backend: options.backend ?? 'processes',
    store: options.store === undefined ? undefined : resolve(shell.folder, options.store),
    // A secret that came by the environment does not reach the steps that way, too.
    hostEnv: hostEnvironment(
      shell.env,
      options.secret.filter((flag) => !flag.includes('=')),
    ),
    supervisorPath: shell.supervisorPath,
    person: shell.env['USER'] ?? 'local',
    log: agentLog(shell.stderr),
  })
}

/** Everything that is sent to the dispatcher. */
interface Order {
  readonly requests: readonly TriggerRequest[]
  readonly bundle: Bundle | undefined
}

async function readOrder(shell: Shell, paths: readonly string[], options: RunOptions): Promise<Order> {
  const selected = await readSelected(shell, paths, options.event)
  return { requests: await readRequests(shell, selected, options), bundle: await readBundle(shell, selected) }
}

async function trigger({ client }: Host, { requests, bundle }: Order): Promise<number[]> {
  const runs: number[] = []
  for (const request of requests) {
    const source = bundle === undefined ? {} : { source: { sha256: bundle.sha256, sizeBytes: bundle.bytes.length } }
    const repository = request.ref?.repository
    if (bundle !== undefined && repository !== undefined && runs.length === 0)
      await client.putBundle(repository, bundle.sha256, bundle.bytes)
    runs.push((await client.trigger({ ...request, ...source }, randomUUID())).run)
  }
  return runs
}

/** Follows the runs side by side; as NDJSON one after the other, for its events do not all name their run. */
async function followAll(
  shell: Shell,
  host: Host,
  runs: readonly number[],
  presenter: Presenter,
  inOrder: boolean,
): Promise<ExitStatus> {
  const { client } = host
  const { interrupt, clock } = shell
  const cancel = (): void => {
    // A run that has ended needs no cancel; one that cannot be reached is told so by the following itself.
    for (const run of runs) host.cancel(run).catch(() => undefined)
  }
  if (interrupt.cancel.aborted) cancel()
  else interrupt.cancel.addEventListener('abort', cancel, { once: true })
  const follow = (run: number): Promise<ExitStatus> =>
    followRun(run, { client, clock, presenter, signal: interrupt.stop })
  const statuses: ExitStatus[] = []
  if (inOrder) for (const run of runs) statuses.push(await Promise.race([follow(run), host.failed]))
  else statuses.push(...(await Promise.race([Promise.all(runs.map(follow)), host.failed])))
  return interrupt.stop.aborted ? EXIT.cancelled : worstOf(statuses)
}

function presenterOf({ stdout, clock }: Shell, options: RunOptions): Presenter {
  if (options.json === true) return createJsonPresenter(stdout)
  if (options.quiet === true) return createQuietPresenter(stdout)
  return stdout.isTerminal ? createLivePresenter(stdout, clock) : createLinesPresenter(stdout)
}
