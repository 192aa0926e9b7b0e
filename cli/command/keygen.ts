/** `longshore keygen NAME`: an Ed25519 key pair as shared/sign.ts has them, the private half readable by its owner only. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { generateKeyPair } from '../../shared/sign.ts'
import { EXIT, type ExitStatus, UsageError } from '../exit.ts'
import { writeLines } from '../screen.ts'
import type { Shell } from '../shell.ts'

export async function keygen(shell: Shell, name: string): Promise<ExitStatus> {
  const { signing, verify } = await generateKeyPair()
  const path = resolve(shell.folder, name)
  await writeNew(`${path}.key`, signing, 0o600)
  await writeNew(`${path}.pub`, verify, 0o644)
  writeLines(shell.stdout, [`${name}.key  private, for its owner alone`, `${name}.pub  public, key id ${verify.kid}`])
  return EXIT.success
}

async function writeNew(path: string, key: object, mode: number): Promise<void> {
  await writeFile(path, `${JSON.stringify(key)}\n`, { mode, flag: 'wx' }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new UsageError(`${path} is there already, and is not overwritten`)
    throw error
  })
}
