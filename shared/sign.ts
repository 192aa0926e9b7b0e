/**
 * Signing and verifying: compact JWS, EdDSA over Ed25519, by WebCrypto, so the same on Node, Workers and Lambda. What a token is for stands in its
 * `typ` and is verified: a job token never passes for an agent's. Source: RFC 7515, RFC 8037, RFC 8725 section 3.11.
 */
import {
  CompactSign,
  type CryptoKey,
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  errors,
  exportJWK,
  generateKeyPair as generate,
  importJWK,
  type ProtectedHeaderParameters,
} from 'jose'
import * as z from 'zod'
import { parseJson } from './json.ts'
import { TOKEN_CHARACTERS_MAX } from './limit.ts'

const publicJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() })

/** The public half, as it stands in a config file. `kid` is the key's thumbprint (RFC 7638). */
export const verifyKeySchema = z.object({ kid: z.string(), jwk: publicJwk })
/** The public half, as `verifyKeySchema` takes it. */
export type VerifyKey = z.infer<typeof verifyKeySchema>

/** The private half: a secret. */
export const signingKeySchema = z.object({ kid: z.string(), jwk: publicJwk.extend({ d: z.string() }) })
/** The private half, as `signingKeySchema` takes it: a secret. */
export type SigningKey = z.infer<typeof signingKeySchema>

/** What a token is for. */
export type TokenType = 'longshore-job+jwt' | 'longshore-agent+jwt' | 'longshore-try+jwt'

const ALGORITHM = 'EdDSA'

/** A fresh pair; both halves have the same `kid`. */
export async function generateKeyPair(): Promise<{ readonly signing: SigningKey; readonly verify: VerifyKey }> {
  const pair = await generate(ALGORITHM, { crv: 'Ed25519', extractable: true })
  const jwk = await exportJWK(pair.privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  const signing = signingKeySchema.parse({ kid, jwk })
  return { signing, verify: verifyKeyOf(signing) }
}

/** The public half alone. */
export function verifyKeyOf({ kid, jwk: { kty, crv, x } }: SigningKey): VerifyKey {
  return { kid, jwk: { kty, crv, x } }
}

/** A compact JWS over `claims` as JSON. */
export async function sign(claims: object, key: SigningKey, type: TokenType): Promise<string> {
  return await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: type })
    .sign(await imported(key))
}

/**
 * `unknown-key`: signed by a key that is not among those given; perhaps one not announced yet, so wait: it is not forged. `forged`: the
 * signature is not that key's. Of the reasons about claims, only a token with a good signature has one.
 */
export type Refused =
  | 'malformed'
  | 'wrong-type'
  | 'unknown-key'
  | 'forged'
  | 'expired'
  | 'wrong-audience'
  | 'wrong-issuer'

/** The claims are JSON of whoever has the key: their own schema comes next. */
export type Verified =
  | { readonly ok: true; readonly kid: string; readonly claims: { readonly [name: string]: unknown } }
  | { readonly ok: false; readonly reason: Refused }

/** What a token must say to be taken. */
export interface Expected {
  readonly type: TokenType
  /** Milliseconds since the epoch, held against `exp` (seconds). A token without `exp` is malformed. */
  readonly nowMs: number
  readonly audience?: string
  readonly issuer?: string
}

/** Never rejects for a bad token. The claims are checked no further: parse them. */
export async function verify(token: string, keys: readonly VerifyKey[], expected: Expected): Promise<Verified> {
  const header = token.length > TOKEN_CHARACTERS_MAX ? undefined : headerOf(token)
  if (header?.kid === undefined || header.alg !== ALGORITHM) return refused('malformed')
  if (header.typ !== expected.type) return refused('wrong-type')
  const key = keys.find(({ kid }) => kid === header.kid)
  if (key === undefined) return refused('unknown-key')
  const opened = await open(token, key)
  if (!opened.ok) return opened
  const claims = claimsSchema.safeParse(parseJson(opened.text))
  if (!claims.success) return refused('malformed')
  const reason = wrongClaim(claims.data, expected)
  return reason === undefined ? { ok: true, kid: key.kid, claims: claims.data } : refused(reason)
}

const claimsSchema = z.looseObject({ exp: z.number(), aud: z.string().optional(), iss: z.string().optional() })

function wrongClaim(claims: z.infer<typeof claimsSchema>, expected: Expected): Refused | undefined {
  if (expected.issuer !== undefined && claims.iss !== expected.issuer) return 'wrong-issuer'
  if (expected.audience !== undefined && claims.aud !== expected.audience) return 'wrong-audience'
  return claims.exp * 1000 <= expected.nowMs ? 'expired' : undefined
}

function refused(reason: Refused): { readonly ok: false; readonly reason: Refused } {
  return { ok: false, reason }
}

function headerOf(token: string): ProtectedHeaderParameters | undefined {
  try {
    return decodeProtectedHeader(token)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

type Opened = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: Refused }

async function open(token: string, key: VerifyKey): Promise<Opened> {
  try {
    const { payload } = await compactVerify(token, await imported(key), { algorithms: [ALGORITHM] })
    return { ok: true, text: new TextDecoder().decode(payload) }
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return { ok: false, reason: 'forged' }
    if (error instanceof errors.JOSEError) return { ok: false, reason: 'malformed' }
    throw error
  }
}

/** Importing costs more than signing: once per key object. */
const importedKeys = new WeakMap<object, Promise<CryptoKey | Uint8Array>>()

function imported(key: SigningKey | VerifyKey): Promise<CryptoKey | Uint8Array> {
  const known = importedKeys.get(key)
  if (known !== undefined) return known
  const importing = importJWK({ ...key.jwk }, ALGORITHM)
  importedKeys.set(key, importing)
  return importing
}
