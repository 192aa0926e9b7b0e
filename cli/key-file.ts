/** Key files as `longshore keygen` writes them: one JWK with its `kid` (RFC 8037), as JSON. Messages name the file and repeat nothing of it. */
import * as z from 'zod'
import type { SigningKey, VerifyKey } from '../shared/sign.ts'
import { UsageError } from './exit.ts'

/** An Ed25519 public key. */
export const publicKeySchema = z.strictObject({
  kid: z.string().min(1),
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().min(1),
})
export type PublicKey = z.infer<typeof publicKeySchema>

const privateKeySchema = publicKeySchema.extend({ d: z.string().min(1) })

export function verifyKeyOf({ kid, kty, crv, x }: PublicKey): VerifyKey {
  return { kid, jwk: { kty, crv, x } }
}

export function parsePublicKey(file: string, text: string): VerifyKey {
  const parsed = publicKeySchema.safeParse(jsonOf(text))
  if (parsed.success) return verifyKeyOf(parsed.data)
  throw new UsageError(`${file} is not a public key: \`longshore keygen\` writes one to NAME.pub`)
}

export function parseSigningKey(file: string, text: string): SigningKey {
  const parsed = privateKeySchema.safeParse(jsonOf(text))
  if (!parsed.success) throw new UsageError(`${file} is not a private key: \`longshore keygen\` writes one to NAME.key`)
  const { kid, kty, crv, x, d } = parsed.data
  return { kid, jwk: { kty, crv, x, d } }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
