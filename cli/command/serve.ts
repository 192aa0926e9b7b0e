/** `longshore serve`: the composition root of a dispatcher on this machine. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { dirname, resolve } from 'node:path'
import { serve as listen } from '../../functions/entry/node.ts'
import type { ClusterConfig, DispatcherConfig, TokenConfig } from '../../functions/ports.ts'
import { createOffersQueue } from '../../functions/queue/offers.ts'
import { createDirectoryStore } from '../../functions/store/directory.ts'
import { createMemoryStore } from '../../functions/store/memory.ts'
import type { Store } from '../../functions/store.ts'
import { createMemoryWake } from '../../functions/wake.ts'
import { LongshoreError } from '../../shared/error.ts'
import type { SigningKey, VerifyKey } from '../../shared/sign.ts'
import { EXIT, type ExitStatus, RefusedError, UsageError } from '../exit.ts'
import { readNamedFile } from '../files.ts'
import { parseSigningKey, parseVerifyKey } from '../key-file.ts'
import type { ServeOptions } from '../program.ts'
import { writeLines } from '../screen.ts'
import { parseServeConfig, parseTokens, type ServeConfig } from '../serve-config.ts'
import type { Shell } from '../shell.ts'

export async function serve(shell: Shell, options: ServeOptions): Promise<ExitStatus> {
  const config = await readConfig(shell, options)
  const host = options.host ?? config.listen?.host ?? '127.0.0.1'
  const port = portOf(options.port) ?? config.listen?.port ?? DEFAULT_PORT
  const ports = {
    store: storeOf(shell, options, config),
    clock: shell.clock,
    wake: createMemoryWake(shell.clock),
    random: () => new Uint8Array(randomBytes(16)),
    config: await dispatcherConfig(shell, options, config, `http://${host}:${port}`),
    report: (failure: unknown) => writeLines(shell.stderr, [`longshore: ${describe(failure)}`]),
  }
  const queue = createOffersQueue(ports)
  const server = await listen({ ...ports, queue, receive: queue }, { host, port }).catch((cause: unknown) => {
    if (cause instanceof LongshoreError) throw cause
    throw new LongshoreError('no-listen', 'never', `it cannot listen on ${host}:${port}: name a free --port`, { cause })
  })
  writeLines(shell.stdout, [`longshore serves ${server.url}`])
  if (!shell.interrupt.cancel.aborted) await once(shell.interrupt.cancel, 'abort')
  await server.close()
  return EXIT.success
}

/** Where it listens when nobody says: nothing else is known to. */
const DEFAULT_PORT = 7466

/** The config file with its paths made absolute; empty where there is none. */
async function readConfig(shell: Shell, { config: file }: ServeOptions): Promise<ServeConfig> {
  if (file === undefined) return {}
  const parsed = parseServeConfig(file, await readNamedFile('--config', resolve(shell.folder, file)))
  if (!parsed.ok) throw new RefusedError('the configuration is not valid', parsed.problems)
  const { store, keyFiles, ...rest } = parsed.value
  const beside = (path: string): string => resolve(shell.folder, dirname(file), path)
  return {
    ...rest,
    ...(keyFiles === undefined ? {} : { keyFiles: keyFiles.map(beside) }),
    ...(store === undefined
      ? {}
      : { store: store.kind === 'memory' ? store : { ...store, folder: beside(store.folder) } }),
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError('--port is a number from 0 to 65535')
  return port
}

function storeOf(shell: Shell, { store: flag }: ServeOptions, { store }: ServeConfig): Store {
  if (flag !== undefined) return createDirectoryStore(resolve(shell.folder, flag))
  if (store?.kind === 'memory') return createMemoryStore()
  return createDirectoryStore(store?.folder ?? resolve(shell.folder, '.longshore/store'))
}

async function dispatcherConfig(
  shell: Shell,
  options: ServeOptions,
  config: ServeConfig,
  listening: string,
): Promise<DispatcherConfig> {
  const url = options.url ?? config.url ?? listening
  if (!URL.canParse(url)) throw new UsageError('--url wants a URL: https://longshore.example.com')
  const keyFiles = options.keyFile === undefined ? (config.keyFiles ?? []) : [resolve(shell.folder, options.keyFile)]
  return {
    url: new URL(url).origin,
    issuer: config.issuer ?? new URL(url).host,
    signingKeys: atLeastOne('keyFiles (--key-file)', await readSigningKeys(keyFiles)),
    clusters: atLeastOne('clusters (--cluster)', await clustersOf(shell, options, config)),
    tokens: atLeastOne('tokens (--token-file)', await tokensOf(shell, options, config)),
  }
}

function atLeastOne<T>(what: string, items: readonly T[]): readonly [T, ...T[]] {
  const [first, ...rest] = items
  if (first === undefined) throw new UsageError(`${what} must be said; docs/configuration.md has an example`)
  return [first, ...rest]
}

async function readSigningKeys(files: readonly string[]): Promise<SigningKey[]> {
  return Promise.all(files.map(async (file) => parseSigningKey(file, await readNamedFile('the key file', file))))
}

/** Flags of one name are agents of one cluster. */
async function clustersOf(
  shell: Shell,
  { cluster: flags }: ServeOptions,
  { clusters = [] }: ServeConfig,
): Promise<readonly ClusterConfig[]> {
  if (flags.length === 0) return clusters
  const found = new Map<string, VerifyKey[]>()
  for (const flag of flags) {
    const [, name = '', file = ''] = /^([a-z0-9-]+)=(.+)$/.exec(flag) ?? []
    if (name === '') throw new UsageError('--cluster wants NAME=FILE, with a public key of one of its agents')
    const key = parseVerifyKey(file, await readNamedFile('--cluster', resolve(shell.folder, file)))
    found.set(name, [...(found.get(name) ?? []), key])
  }
  return [...found].map(([name, agentKeys]) => ({ name, agentKeys }))
}

async function tokensOf(
  shell: Shell,
  { tokenFile }: ServeOptions,
  { tokens = [] }: ServeConfig,
): Promise<readonly TokenConfig[]> {
  if (tokenFile === undefined) return tokens
  return parseTokens(tokenFile, await readNamedFile('--token-file', resolve(shell.folder, tokenFile)))
}

/** For whoever runs the server; a stack is not for a log that others read too. */
function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return 'something failed in an unknown way'
  return failure.cause instanceof Error ? `${failure.message}: ${failure.cause.message}` : failure.message
}
