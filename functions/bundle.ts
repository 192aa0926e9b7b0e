/** Source bundles: gzipped tars under the hash of their content, apart by repository. */
import { LongshoreError } from '../shared/error.ts'
import { readTarGz } from '../shared/tar.ts'
import { type JobToken, sha256 } from './access.ts'
import type { Dispatcher } from './dispatcher.ts'
import { factBody } from './fact.ts'
import { bundleKey, bundleRefKey } from './keys.ts'
import { RefusedError } from './refusal.ts'

/** Keeps a bundle after all of it was read once: what is kept can be unpacked. Idempotent. Refuses `bad-request`. */
export async function putBundle(
  { ports }: Dispatcher,
  repository: string,
  hash: string,
  body: Uint8Array,
): Promise<{ readonly created: boolean }> {
  if ((await sha256(body)) !== hash)
    throw new RefusedError('bad-request', 'the content has another SHA-256 than the address')
  if ((await ports.store.get(bundleKey(repository, hash))) !== undefined) return { created: false }
  try {
    for await (const _ of readTarGz(body));
  } catch (error) {
    if (error instanceof LongshoreError) throw new RefusedError('bad-request', error.message)
    throw error
  }
  await ports.store.putIfAbsent(bundleKey(repository, hash), body)
  return { created: true }
}

/** The gzipped tar. Refuses `not-found`. */
export async function getBundle({ ports }: Dispatcher, repository: string, hash: string): Promise<Uint8Array> {
  const body = await ports.store.get(bundleKey(repository, hash))
  if (body === undefined) throw new RefusedError('not-found', 'there is no such bundle')
  return body
}

/** A job may read the bundle of its own run and no other. Refuses `forbidden`. */
export async function assertOwnBundle(
  { ledger }: Dispatcher,
  job: JobToken,
  repository: string,
  hash: string,
): Promise<void> {
  const plan = (await ledger.plan(job.run))?.plan
  if (plan?.ref.repository !== repository || plan.source?.sha256 !== hash)
    throw new RefusedError('forbidden', "it is not the bundle of the job's run")
}

/** Reference first, then look: whoever collects bundles after this sees the reference. Refuses `invalid` where the bundle is missing. */
export async function referBundle({ ports }: Dispatcher, run: number, repository: string, hash: string): Promise<void> {
  await ports.store.putIfAbsent(bundleRefKey(repository, hash, run), factBody({}))
  if ((await ports.store.get(bundleKey(repository, hash))) === undefined)
    throw new RefusedError(
      'invalid',
      `the source bundle is missing: upload it to /v1/bundles/${repository}/${hash} first`,
    )
}

/** The text of one file of a bundle; undefined where it has none. */
export async function fileOfBundle(bundle: Uint8Array, path: string): Promise<string | undefined> {
  for await (const entry of readTarGz(bundle))
    if (entry.kind === 'file' && entry.path === path) return new TextDecoder().decode(entry.bytes)
  return undefined
}
