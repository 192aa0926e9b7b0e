/** `longshore keygen NAME`: an Ed25519 key pair as JWKs (RFC 8037), the private half readable by its owner only. */
import { createHash, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { EXIT, type ExitStatus, UsageError } from '../exit.ts'
import { writeLines } from '../screen.ts'
import type { Shell } from '../shell.ts'

export async function keygen(shell: Shell, name: string): Promise<ExitStatus> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const known = publicKey.export({ format: 'jwk' })
  const kid = thumbprint(known)
  const path = resolve(shell.folder, name)
  await writeNew(`${path}.key`, { kid, ...privateKey.export({ format: 'jwk' }) }, 0o600)
  await writeNew(`${path}.pub`, { kid, ...known }, 0o644)
  writeLines(shell.stdout, [`${name}.key  private, for its owner alone`, `${name}.pub  public, key id ${kid}`])
  return EXIT.success
}

/** Source: RFC 7638, section 3.2, with the members RFC 8037 names for OKP. */
function thumbprint({ crv, kty, x }: JsonWebKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
}

async function writeNew(path: string, jwk: JsonWebKey, mode: number): Promise<void> {
  await writeFile(path, `${JSON.stringify(jwk)}\n`, { mode, flag: 'wx' }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new UsageError(`${path} is there already, and is not overwritten`)
    throw error
  })
}
