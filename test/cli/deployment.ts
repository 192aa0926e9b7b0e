/** A dispatcher and agents as processes of their own, in a folder, as an operator would start them. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProcessesBackend } from '../../agent/processes.ts'
import { systemClock } from '../../functions/clock.ts'
import { type Ended, longshore, type Started, start } from './command.ts'

const TOKEN = 'token-of-the-tests'
const ISSUER = 'tests'

export interface Deployment {
  readonly folder: string
  readonly url: string
  readonly server: Started
  /** Starts an agent, and resolves when it says that it has. */
  startAgent(id: string, slots?: number): Promise<Started>
  /** Ends the dispatcher with SIGKILL and starts it again on the same port and store. */
  restartServer(): Promise<void>
  /** `longshore run WORKFLOW --server … ARGS`, from the folder. */
  run(workflow: string, ...args: readonly string[]): Started
  /** Ends every process and removes the folder. */
  close(): Promise<void>
}

export async function deploy(): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  for (const name of ['dispatcher', 'agent']) await expectSuccess(longshore(['keygen', name], { folder }))
  const hash = createHash('sha256').update(TOKEN).digest('hex')
  await writeFile(join(folder, 'tokens'), `tests ${hash}\n`)
  await writeFile(join(folder, 'serve.yaml'), `issuer: ${ISSUER}\n`)
  const started: Started[] = []
  const keep = (one: Started): Started => {
    started.push(one)
    return one
  }
  const serve = async (port: string): Promise<{ server: Started; url: string }> => {
    const flags = ['--key-file', 'dispatcher.key', '--cluster', 'main=agent.pub', '--token-file', 'tokens']
    const server = keep(
      start(['serve', '--config', 'serve.yaml', ...flags, '--port', port, '--store', 'store'], { folder }),
    )
    const url = /http:\S+/.exec(await server.said('longshore serves http://127.0.0.1:'))?.[0] ?? ''
    return { server, url }
  }
  let { server, url } = await serve('0')
  const env = { LONGSHORE_TOKEN: TOKEN, LONGSHORE_SERVER: url }
  return {
    folder,
    url,
    get server() {
      return server
    },
    async startAgent(id, slots = 4) {
      const key = JSON.parse(await readFile(join(folder, 'dispatcher.pub'), 'utf8'))
      await writeFile(join(folder, `${id}.yaml`), JSON.stringify(agentConfig(id, slots, url, key)))
      const agent = keep(start(['agent', '--config', `${id}.yaml`], { folder }))
      await agent.said('agent-started')
      return agent
    },
    async restartServer() {
      server.child.kill('SIGKILL')
      await server.ended
      ;({ server, url } = await serve(new URL(url).port))
    },
    run: (workflow, ...args) => keep(start(['run', workflow, ...args], { folder, env })),
    async close() {
      for (const { child } of started) child.kill('SIGKILL')
      await Promise.all(started.map(({ ended }) => ended))
      await removePods(join(folder, 'work'))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Jobs outlive their agents: what is left of them ends as the next agent would end it. */
async function removePods(work: string): Promise<void> {
  const backend = await createProcessesBackend({
    folder: work,
    agent: 'cleaner',
    supervisorPath: new URL('../../agent/supervisor/main.ts', import.meta.url),
    hostEnv: {},
    clock: systemClock,
  })
  for (const orphan of await backend.orphans(new AbortController().signal)) {
    const pod = await backend.adopt(orphan)
    if (pod !== undefined) await backend.remove(pod)
  }
  await backend.close()
}

/** YAML reads JSON. */
function agentConfig(id: string, slots: number, url: string, key: unknown): object {
  return {
    id,
    cluster: 'main',
    slots,
    dispatcher: { url, issuer: ISSUER, keys: [key], keyFile: 'agent.key' },
    backend: { kind: 'processes', root: 'work', acceptRemoteTriggers: true },
  }
}

async function expectSuccess(command: Promise<Ended>): Promise<void> {
  const { status, stderr } = await command
  if (status !== 0) throw new Error(stderr)
}
