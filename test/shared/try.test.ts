import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mayFollow, nextOffer, type TryEntry, tryEntrySchema, tryState } from '../../shared/try.ts'
import { CLAIMED, concluded, ended, type Log, OFFERED, STARTED } from './facts.ts'

const REVOKED: Log = [...OFFERED, { kind: 'revoked', offer: 0, reason: 'silent', atMs: 3 }]
const TAKEN: Log = [...STARTED, { kind: 'taken-over', agent: 'two', epoch: 2, atMs: 4 }]

/** The entry of each kind that fits best after `log`: right numbers, right cluster, the epoch that owns it. */
function fitting(log: Log): { readonly [kind in TryEntry['kind']]: TryEntry } {
  const state = tryState(log)
  const epoch = 'epoch' in state ? state.epoch : 0
  const offer = 'offer' in state ? state.offer : 0
  const owner = Math.max(epoch, 1)
  const cluster = 'eu'
  return {
    offered: { kind: 'offered', offer: nextOffer(state), cluster, atMs: 9, expiresMs: 19 },
    claimed: { kind: 'claimed', offer, cluster, agent: 'two', epoch: epoch + 1, atMs: 9 },
    started: { kind: 'started', epoch: owner, atMs: 9 },
    'taken-over': { kind: 'taken-over', agent: 'three', epoch: epoch + 1, atMs: 9 },
    ended: { kind: 'ended', epoch: owner, conclusion: 'cancelled', outputs: {}, atMs: 9 },
    revoked: { kind: 'revoked', offer, reason: 'silent', atMs: 9 },
    concluded: { kind: 'concluded', conclusion: 'cancelled', atMs: 9 },
    lost: { kind: 'lost', cause: { code: 'node-lost', message: 'gone' }, atMs: 9 },
  }
}

const TABLE: readonly { readonly name: string; readonly log: Log; readonly next: readonly TryEntry['kind'][] }[] = [
  { name: 'an empty log', log: [], next: ['offered', 'concluded'] },
  { name: 'offered', log: OFFERED, next: ['claimed', 'revoked', 'concluded'] },
  { name: 'claimed', log: CLAIMED, next: ['claimed', 'started', 'taken-over', 'ended', 'revoked', 'concluded'] },
  { name: 'started', log: STARTED, next: ['taken-over', 'ended', 'lost'] },
  { name: 'taken over after its start', log: TAKEN, next: ['taken-over', 'ended', 'lost'] },
  { name: 'revoked', log: REVOKED, next: ['offered', 'concluded'] },
  { name: 'ended', log: ended('success'), next: [] },
  { name: 'concluded', log: concluded('skipped'), next: [] },
  { name: 'lost', log: [...STARTED, fitting(STARTED).lost], next: [] },
]

for (const { name, log, next } of TABLE) {
  test(`after ${name} follows ${next.join(', ') || 'nothing'}`, () => {
    const entries = Object.values(fitting(log))
    assert.deepEqual(
      entries
        .filter((entry) => mayFollow(log, entry).ok)
        .map(({ kind }) => kind)
        .sort(),
      [...next].sort(),
    )
  })
}

test('an end told under a stale epoch is refused', () => {
  const stale: TryEntry = { kind: 'ended', epoch: 1, conclusion: 'failure', outputs: {}, atMs: 9 }
  assert.deepEqual(mayFollow(TAKEN, stale), { ok: false, why: 'epoch 1 does not own it, epoch 2 does' })
  assert.deepEqual(mayFollow(TAKEN, { ...stale, epoch: 2 }), { ok: true })
})

test('a start told under a stale epoch is refused, after a claim by another cluster too', () => {
  const elsewhere: Log = [
    ...CLAIMED,
    { kind: 'revoked', offer: 0, reason: 'silent', atMs: 3 },
    { kind: 'offered', offer: 1, cluster: 'us', atMs: 4, expiresMs: 9 },
    { kind: 'claimed', offer: 1, cluster: 'us', agent: 'far', epoch: 2, atMs: 5 },
  ]
  assert.equal(mayFollow(elsewhere, { kind: 'started', epoch: 1, atMs: 6 }).ok, false)
  assert.equal(mayFollow(elsewhere, { kind: 'started', epoch: 2, atMs: 6 }).ok, true)
})

test('an epoch is never given twice', () => {
  const second: Log = [...REVOKED, { kind: 'offered', offer: 1, cluster: 'us', atMs: 4, expiresMs: 9 }]
  const claim: TryEntry = { kind: 'claimed', offer: 1, cluster: 'us', agent: 'far', epoch: 1, atMs: 5 }
  assert.equal(mayFollow(second, claim).ok, true)
  assert.equal(mayFollow([...second, claim], { ...claim, agent: 'other' }).ok, false)
})

test('a claim needs the offer that stands and the cluster it was made to', () => {
  const claim: TryEntry = { kind: 'claimed', offer: 0, cluster: 'eu', agent: 'one', epoch: 1, atMs: 2 }
  assert.equal(mayFollow(OFFERED, claim).ok, true)
  assert.equal(mayFollow(OFFERED, { ...claim, cluster: 'us' }).ok, false)
  assert.equal(mayFollow(OFFERED, { ...claim, offer: 1 }).ok, false)
  assert.equal(mayFollow(OFFERED, { ...claim, epoch: 2 }).ok, false)
})

test('a take-over may skip epochs that nobody heard of, never go back', () => {
  const taken = (epoch: number): TryEntry => ({ kind: 'taken-over', agent: 'x', epoch, atMs: 9 })
  assert.equal(mayFollow(TAKEN, taken(5)).ok, true)
  assert.equal(mayFollow(TAKEN, taken(2)).ok, false)
})

test('a job that never started cannot have succeeded, and one that was offered cannot be skipped', () => {
  const end = { kind: 'ended', epoch: 1, outputs: {}, atMs: 9 } as const
  assert.equal(mayFollow(CLAIMED, { ...end, conclusion: 'success' }).ok, false)
  assert.equal(mayFollow(CLAIMED, { ...end, conclusion: 'failure' }).ok, true)
  assert.equal(mayFollow(OFFERED, { kind: 'concluded', conclusion: 'skipped', atMs: 9 }).ok, false)
})

test('a claim and a cancel compete for the same index: whichever is second finds no room', () => {
  const claim: TryEntry = { kind: 'claimed', offer: 0, cluster: 'eu', agent: 'one', epoch: 1, atMs: 2 }
  const cancel: TryEntry = { kind: 'concluded', conclusion: 'cancelled', atMs: 2 }
  assert.equal(mayFollow(OFFERED, claim).ok && mayFollow(OFFERED, cancel).ok, true)
  assert.equal(mayFollow([...OFFERED, cancel], claim).ok, false)
  assert.equal(mayFollow([...OFFERED, cancel], { kind: 'started', epoch: 1, atMs: 3 }).ok, false)
  assert.equal(mayFollow([...CLAIMED, cancel], { kind: 'started', epoch: 1, atMs: 3 }).ok, false)
  assert.equal(mayFollow(STARTED, cancel).ok, false)
})

test('the fold tells who has it, since when, and how it ended', () => {
  assert.deepEqual(tryState(TAKEN), { kind: 'started', offer: 0, cluster: 'eu', agent: 'two', epoch: 2, atMs: 3 })
  assert.deepEqual(tryState(ended('failure', { a: 'b' })), {
    kind: 'done',
    by: 'ended',
    conclusion: 'failure',
    outputs: { a: 'b' },
    atMs: 4,
    cluster: 'eu',
  })
  assert.deepEqual(tryState([...STARTED, fitting(STARTED).lost]), {
    kind: 'done',
    by: 'lost',
    conclusion: 'failure',
    outputs: {},
    cause: { code: 'node-lost', message: 'gone' },
    atMs: 9,
    cluster: 'eu',
  })
})

test('a log that breaks the rules crashes the fold', () => {
  assert.throws(() => tryState([...OFFERED, ...OFFERED]), /broken invariant: entry 1 \(offered\)/)
})

test('whatever sequence is tried, the log that results folds, rises in epochs and ends once', () => {
  const entry: fc.Arbitrary<TryEntry> = fc.oneof(
    fc.record({
      kind: fc.constant('offered' as const),
      offer: fc.nat(3),
      cluster: fc.constantFrom('eu', 'us'),
      atMs: fc.nat(),
      expiresMs: fc.nat(),
    }),
    fc.record({
      kind: fc.constant('claimed' as const),
      offer: fc.nat(3),
      cluster: fc.constantFrom('eu', 'us'),
      agent: fc.constantFrom('one', 'two'),
      epoch: fc.integer({ min: 1, max: 5 }),
      atMs: fc.nat(),
    }),
    fc.record({ kind: fc.constant('started' as const), epoch: fc.integer({ min: 1, max: 5 }), atMs: fc.nat() }),
    fc.record({
      kind: fc.constant('taken-over' as const),
      agent: fc.constantFrom('one', 'two'),
      epoch: fc.integer({ min: 1, max: 5 }),
      atMs: fc.nat(),
    }),
    fc.record({
      kind: fc.constant('revoked' as const),
      offer: fc.nat(3),
      reason: fc.constant('silent'),
      atMs: fc.nat(),
    }),
    fc.record({
      kind: fc.constant('ended' as const),
      epoch: fc.integer({ min: 1, max: 5 }),
      conclusion: fc.constantFrom('success' as const, 'failure' as const),
      outputs: fc.constant({}),
      atMs: fc.nat(),
    }),
  )
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), (tried) => {
      const log: TryEntry[] = []
      for (const next of tried)
        if (mayFollow(log, next).ok) log.push(tryEntrySchema.parse(JSON.parse(JSON.stringify(next))))
      tryState(log)
      const epochs = log.flatMap((given) =>
        given.kind === 'claimed' || given.kind === 'taken-over' ? [given.epoch] : [],
      )
      assert.deepEqual(
        epochs,
        [...new Set(epochs)].sort((left, right) => left - right),
      )
      const starts = log.filter(({ kind }) => kind === 'started')
      assert.ok(starts.length <= 1)
      assert.ok(log.slice(0, -1).every(({ kind }) => kind !== 'ended'))
    }),
  )
})

test('an entry that is not one is refused by its schema', () => {
  assert.equal(tryEntrySchema.safeParse({ kind: 'started', epoch: 0, atMs: 1 }).success, false)
  assert.equal(tryEntrySchema.safeParse({ kind: 'finished', atMs: 1 }).success, false)
})
