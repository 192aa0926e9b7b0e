/**
 * Refuses a store that cannot keep facts: one that ignores conditions (some S3 emulators let every racing writer win) or whose lists are late.
 * Called once at the start.
 */
import { LongshoreError } from '../shared/error.ts'
import { hex } from './fact.ts'
import { type Store, sameBody } from './store.ts'

/** Writers that race for one key. Source: an emulator that let 20 of 20 win. */
const RACERS = 8

/** Rejects with `store-unfit` (never) and what the store does wrong. Leaves nothing behind. `random` gives at least 16 bytes. */
export async function probeStore(store: Store, random: () => Uint8Array): Promise<void> {
  const prefix = `probe/${hex(random())}/`
  const bodies = Array.from({ length: RACERS }, () => new TextEncoder().encode(hex(random())))
  try {
    const answers = await Promise.all(bodies.map((body) => store.putIfAbsent(`${prefix}race`, body)))
    const winners = answers.filter((answer) => answer.ours)
    if (winners.length !== 1) throw unfit(`${winners.length} of ${RACERS} writers won one key: it ignores conditions`)
    const won = await store.get(`${prefix}race`)
    if (won === undefined || !answers.every((answer) => sameBody(answer.body, won)))
      throw unfit('it does not tell every writer of a key which body won')
    const listed: string[] = []
    for await (const key of store.list(prefix)) listed.push(key)
    if (listed.length !== 1) throw unfit('a list does not have a key whose write was acknowledged')
  } finally {
    await store.delete(`${prefix}race`)
  }
  if ((await store.get(`${prefix}race`)) !== undefined) throw unfit('it still has what was deleted')
}

function unfit(why: string): LongshoreError {
  return new LongshoreError('store-unfit', 'never', `this store cannot keep facts: ${why}`)
}
