/** Key files as `longshore keygen` writes them: a key of shared/sign.ts as JSON. Messages name the file and repeat nothing of it. */
import type * as z from 'zod'
import { parseJson } from '../shared/json.ts'
import { type SigningKey, signingKeySchema, type VerifyKey, verifyKeySchema } from '../shared/sign.ts'
import { UsageError } from './exit.ts'

/** Throws `UsageError`. */
export function parseVerifyKey(file: string, text: string): VerifyKey {
  return parsed(verifyKeySchema, text, `${file} is not a public key: \`longshore keygen\` writes one to NAME.pub`)
}

/** Throws `UsageError`. */
export function parseSigningKey(file: string, text: string): SigningKey {
  return parsed(signingKeySchema, text, `${file} is not a private key: \`longshore keygen\` writes one to NAME.key`)
}

function parsed<T>(schema: z.ZodType<T>, text: string, complaint: string): T {
  const key = schema.safeParse(parseJson(text))
  if (key.success) return key.data
  throw new UsageError(complaint)
}
