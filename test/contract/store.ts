/** What every store must do, whatever it is made of. Run by test/contract/store.test.ts on each adapter. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import type { Store } from '../../functions/store.ts'
import { LongshoreError } from '../../shared/error.ts'

export interface StoreSubject {
  readonly name: string
  /** An empty store, and another writer's view of the same one. */
  open(): Promise<readonly [store: Store, other: Store]>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array | undefined): string | undefined =>
  body === undefined ? undefined : new TextDecoder().decode(body)

async function listed(store: Store, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.list(prefix, after)) keys.push(key)
  return keys
}

export function storeContract(subject: StoreSubject): void {
  describe(`store: ${subject.name}`, () => {
    facts(subject)
    lists(subject)
    misuse(subject)
  })
}

function facts({ open }: StoreSubject): void {
  test('a body that was put is read back whole, by every reader', async () => {
    const [store, other] = await open()
    const body = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251)
    assert.equal((await store.putIfAbsent('a/b', body)).ours, true)
    assert.deepEqual(Buffer.from((await other.get('a/b')) ?? []), Buffer.from(body))
  })

  test('a key that is not there reads as undefined', async () => {
    const [store] = await open()
    assert.equal(await store.get('a/b'), undefined)
  })

  test('the second writer of a key learns which body won', async () => {
    const [store, other] = await open()
    await store.putIfAbsent('a/b', bytes('first'))
    const answer = await other.putIfAbsent('a/b', bytes('second'))
    assert.equal(answer.ours, false)
    assert.equal(text(answer.body), 'first')
    assert.equal(text(await store.get('a/b')), 'first')
  })

  test('a put whose answer was lost is known as its own when it is repeated', async () => {
    const [store, other] = await open()
    await store.putIfAbsent('a/b', bytes('nonce-1'))
    assert.equal((await other.putIfAbsent('a/b', bytes('nonce-1'))).ours, true)
  })

  test('of 20 writers that race for a key one wins, 20 times of 20, and all learn the same', async () => {
    const [store, other] = await open()
    for (let race = 0; race < 20; race++) {
      const key = `race/${race}`
      const writers = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? store : other))
      const answers = await Promise.all(writers.map((writer) => writer.putIfAbsent(key, bytes(randomUUID()))))
      assert.equal(answers.filter(({ ours }) => ours).length, 1)
      assert.equal(new Set(answers.map(({ body }) => text(body))).size, 1)
    }
  })

  test('a reader beside a writer sees all of a body or none of it', async () => {
    const [store, other] = await open()
    const body = new Uint8Array(2_000_000).fill(7)
    const writing = store.putIfAbsent('big/one', body)
    const seen = await Promise.all(Array.from({ length: 30 }, () => other.get('big/one')))
    await writing
    for (const one of seen) assert.ok(one === undefined || one.byteLength === body.byteLength)
  })

  test('a change of the bytes that were given does not change what was put', async () => {
    const [store] = await open()
    const body = bytes('before')
    await store.putIfAbsent('a/b', body)
    body.fill(0)
    assert.equal(text(await store.get('a/b')), 'before')
  })

  test('deleting is idempotent, and what was deleted may be put again', async () => {
    const [store, other] = await open()
    await store.putIfAbsent('a/b', bytes('first'))
    await store.delete('a/b')
    await other.delete('a/b')
    assert.equal(await other.get('a/b'), undefined)
    assert.deepEqual(await listed(store, ''), [])
    assert.equal((await store.putIfAbsent('a/b', bytes('second'))).ours, true)
  })
}

function lists({ open }: StoreSubject): void {
  const keys = [
    'a',
    'a.b/c',
    'a0',
    'ab/1',
    'ab/10',
    'ab/2',
    'ab/2-x',
    'ab/2.y/z',
    'ab/2~',
    'ab/B',
    'ab/b',
    'ab0',
    'b/c/d',
  ]

  test('a list has the keys below its prefix, in byte order', async () => {
    const [store, other] = await open()
    for (const key of keys.toReversed()) await store.putIfAbsent(key, bytes(key))
    assert.deepEqual(await listed(other, ''), keys)
    for (const prefix of ['a', 'ab/', 'ab/2', 'ab/2.', 'b/c/', 'b/c/d', 'none/'])
      assert.deepEqual(
        await listed(other, prefix),
        keys.filter((key) => key.startsWith(prefix)),
        prefix,
      )
  })

  test('a list goes on after any name, whether it is a key or not', async () => {
    const [store] = await open()
    for (const key of keys) await store.putIfAbsent(key, bytes(key))
    for (const after of [...keys, 'a.', 'ab/', 'ab/2.z', 'ab/2.y/', 'aa', 'zz'])
      for (const prefix of ['', 'ab/'])
        assert.deepEqual(
          await listed(store, prefix, after),
          keys.filter((key) => key.startsWith(prefix) && key > after),
          `${prefix} after ${after}`,
        )
  })

  test('a key is in every list after its put was acknowledged, whoever lists', async () => {
    const [store, other] = await open()
    for (let at = 0; at < 50; at++) {
      await store.putIfAbsent(`log/${String(at).padStart(3, '0')}`, bytes('x'))
      assert.equal((await listed(other, 'log/')).length, at + 1)
    }
  })

  test('a list goes on beside puts and deletes', async () => {
    const [store] = await open()
    for (let at = 0; at < 20; at++) await store.putIfAbsent(`log/${at + 10}`, bytes('x'))
    const seen: string[] = []
    for await (const key of store.list('log/')) {
      seen.push(key)
      await store.delete(key)
      await store.putIfAbsent(`new/${seen.length}`, bytes('x'))
    }
    assert.equal(new Set(seen).size, 20)
  })
}

function misuse({ open }: StoreSubject): void {
  test('a key that leaves the store, or that no adapter could keep, is refused', async () => {
    const [store] = await open()
    const bad = ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/.', 'a b', 'a\0', 'ü', 'a\\b', '+x', 'a'.repeat(1_025)]
    for (const key of bad) {
      const refused = (error: unknown): boolean =>
        error instanceof LongshoreError && error.code === 'bad-key' && error.retry === 'never'
      await assert.rejects(store.get(key), refused, `get ${key}`)
      await assert.rejects(store.putIfAbsent(key, bytes('x')), refused, `put ${key}`)
      await assert.rejects(store.delete(key), refused, `delete ${key}`)
    }
    assert.deepEqual(await listed(store, ''), [])
  })
}
