/** The key by which the agents of this folder prove themselves to their supervisors. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isCode } from '../supervisor/folder.ts'

export interface ControllerKey {
  /** Ed25519, PEM. */
  readonly publicKey: string
  /** Base64. */
  sign(text: string): string
}

/** Reads the folder's key; the first agent makes it. Two first agents end up with the same one. */
export async function readControllerKey(folder: string): Promise<ControllerKey> {
  const path = join(folder, 'controller.pem')
  const pem = await readFile(path, 'utf8').catch((error) => {
    if (isCode(error, 'ENOENT')) return makeKey(path)
    throw error
  })
  const key = createPrivateKey(pem)
  return {
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  }
}

async function makeKey(path: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const own = `${path}.${randomUUID()}`
  await writeFile(own, pem, { mode: 0o600 })
  await link(own, path).catch((error) => {
    if (!isCode(error, 'EEXIST')) throw error
  })
  await rm(own)
  return readFile(path, 'utf8')
}
