import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { probeStore } from '../../functions/probe.ts'
import { createDirectoryStore } from '../../functions/store/directory.ts'
import { createMemoryStore } from '../../functions/store/memory.ts'
import type { Store } from '../../functions/store.ts'
import { storeContract } from './store.ts'

const root = await mkdtemp(join(tmpdir(), 'longshore-store-'))
after(() => rm(root, { recursive: true, force: true }))
let folders = 0
const folder = (): string => join(root, String(++folders))

storeContract({
  name: 'memory',
  async open() {
    const store = createMemoryStore()
    return [store, store]
  },
})

storeContract({
  name: 'directory',
  async open() {
    const path = folder()
    return [createDirectoryStore(path), createDirectoryStore(path)]
  },
})

test('a body that was half written when its writer died is in no list and no answer', async () => {
  const path = folder()
  await mkdir(join(path, '+writing'), { recursive: true })
  await writeFile(join(path, '+writing', 'half'), 'ha')
  const store = createDirectoryStore(path)
  for await (const key of store.list('')) assert.fail(key)
  assert.equal((await store.putIfAbsent('half', Buffer.from('whole'))).ours, true)
})

test('the probe accepts both stores and leaves nothing behind', async () => {
  for (const store of [createMemoryStore(), createDirectoryStore(folder())]) {
    await probeStore(store, () => randomBytes(16))
    for await (const key of store.list('')) assert.fail(key)
  }
})

test('the probe refuses a store that lets every writer win', async () => {
  const store = createMemoryStore()
  const careless: Store = {
    ...store,
    async putIfAbsent(key, body) {
      await store.putIfAbsent(key, body)
      return { ours: true, body }
    },
  }
  await assert.rejects(
    probeStore(careless, () => randomBytes(16)),
    { code: 'store-unfit', retry: 'never' },
  )
})

test('the probe refuses a store whose lists are late', async () => {
  const late: Store = { ...createMemoryStore(), async *list() {} }
  await assert.rejects(
    probeStore(late, () => randomBytes(16)),
    { code: 'store-unfit', retry: 'never' },
  )
})
