/** `longshore agent --config F`: the composition root of an agent on this machine. */
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { type AgentConfig, parseAgentConfig } from '../../agent/config.ts'
import { createDispatcherClient } from '../../agent/dispatcher/http.ts'
import { createAgent } from '../../agent/main.ts'
import { createProcessesBackend } from '../../agent/processes.ts'
import { createHttpQueue } from '../../agent/queue/http.ts'
import { type Secrets, staticSecrets } from '../../agent/secrets.ts'
import { VERSION } from '../../agent/version.ts'
import { jsonAgentLog } from '../agent-log.ts'
import { parseSecrets } from '../assignment.ts'
import { EXIT, type ExitStatus, RefusedError, UsageError } from '../exit.ts'
import { readNamedFile } from '../files.ts'
import { hostEnvironment } from '../host-env.ts'
import { parseSigningKey } from '../key-file.ts'
import type { Shell } from '../shell.ts'

export async function agent(shell: Shell, options: { readonly config: string }): Promise<ExitStatus> {
  const file = resolve(shell.folder, options.config)
  const config = await readConfig(options.config, file)
  const beside = (path: string): string => resolve(dirname(file), path)
  const { clock } = shell
  const log = jsonAgentLog(shell.stdout, clock.nowMs)
  const { issuer, url } = config.dispatcher
  const keys = config.dispatcher.keys
  const keyFile = beside(config.dispatcher.keyFile)
  const key = parseSigningKey(keyFile, await readNamedFile('dispatcher.keyFile', keyFile))
  const identity = {
    agent: config.id,
    cluster: config.cluster,
    issuer,
    key,
    clock,
    url,
    fetch: (request: Request) => fetch(request),
  }
  const backend = await createProcessesBackend({
    folder: beside(config.backend.root),
    agent: config.id,
    supervisorPath: shell.supervisorPath,
    hostEnv: hostEnvironment(shell.env, []),
    clock,
  })
  const running = createAgent({
    id: config.id,
    cluster: config.cluster,
    slots: config.slots,
    queue: createHttpQueue(identity),
    dispatcher: createDispatcherClient({ ...identity, version: VERSION, keyIds: keys.map(({ kid }) => kid) }),
    backend,
    secrets: await secretsOf(config, beside),
    trusted: { issuer, keys },
    clock,
    log,
    heartbeatMs: config.heartbeatMs,
    onStop: 'leave',
  })
  log.write('info', 'agent-started', { id: config.id, cluster: config.cluster, host: hostname(), version: VERSION })
  await running.run(shell.interrupt.cancel)
  await backend.close()
  log.write('info', 'agent-stopped', { id: config.id })
  return EXIT.success
}

async function readConfig(shown: string, file: string): Promise<AgentConfig> {
  const parsed = parseAgentConfig(shown, await readNamedFile('--config', file))
  if (!parsed.ok) throw new RefusedError('the configuration is not valid', parsed.problems)
  if (!parsed.value.backend.acceptRemoteTriggers)
    throw new UsageError(
      `${shown}: the backend processes runs what others trigger as this user, with nothing between it and this machine; ` +
        'backend.acceptRemoteTriggers: true says that this is meant',
    )
  return parsed.value
}

async function secretsOf({ secrets }: AgentConfig, beside: (path: string) => string): Promise<Secrets> {
  switch (secrets.kind) {
    case 'none':
      return staticSecrets({})
    case 'file': {
      const file = beside(secrets.file)
      const text = await readNamedFile('secrets.file', file)
      return staticSecrets(parseSecrets({ flags: [], files: [{ file, text }], env: {} }))
    }
  }
}
