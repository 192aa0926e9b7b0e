import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { readTarGz, type TarEntry, writeTarGz } from '../../shared/tar.ts'

const root = mkdtempSync(join(tmpdir(), 'longshore-tar-'))
after(() => rmSync(root, { recursive: true, force: true }))

const file = (path: string, text = ''): TarEntry => ({
  kind: 'file',
  path,
  mode: 0o644,
  bytes: new TextEncoder().encode(text),
})
const link = (path: string, target: string): TarEntry => ({ kind: 'symlink', path, target })

async function entriesOf(
  gzipped: Uint8Array,
  limits?: { entriesMax: number; unpackedBytesMax: number },
): Promise<TarEntry[]> {
  const found: TarEntry[] = []
  for await (const entry of readTarGz(gzipped, limits)) found.push(entry)
  return found
}

function tar(folder: string, ...flags: string[]): Uint8Array {
  return execFileSync('tar', ['-czf', '-', ...flags, '-C', folder, '.'], { maxBuffer: 1e9 })
}

const bad = { code: 'bad-bundle', retry: 'never' }

test('what is written is read back, whatever names and contents there are', async () => {
  const part = fc.stringMatching(/^[^/\0]{1,40}$/).filter((name) => name !== '.' && name !== '..')
  const path = fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('/'))
  const well = (text: string): boolean => text.isWellFormed()
  const bytes = fc.uint8Array({ maxLength: 2_000 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(path.filter(well), bytes, fc.constantFrom(0o644, 0o755)), { maxLength: 8 }),
      async (files) => {
        const entries = files.map(([name, body, mode]): TarEntry => ({ kind: 'file', path: name, mode, bytes: body }))
        assert.deepEqual(await entriesOf(await writeTarGz(entries)), entries)
      },
    ),
    { numRuns: 100 },
  )
})

test("the system's tar reads what is written: long names, modes, folders and links", async () => {
  const deep = `${'folder/'.repeat(30)}file`
  const bundle = await writeTarGz([
    { kind: 'directory', path: 'empty', mode: 0o755 },
    { kind: 'file', path: 'run.sh', mode: 0o755, bytes: new TextEncoder().encode('x') },
    file(deep, 'deep'),
    file('ünï', 'u'),
    link('here', deep),
  ])
  const folder = join(root, 'out')
  mkdirSync(folder)
  execFileSync('tar', ['-xzf', '-', '-C', folder], { input: bundle })
  assert.equal(readFileSync(join(folder, 'here'), 'utf8'), 'deep')
  assert.equal(readFileSync(join(folder, 'ünï'), 'utf8'), 'u')
  assert.equal(statSync(join(folder, 'run.sh')).mode & 0o777, 0o755)
  assert.ok(statSync(join(folder, 'empty')).isDirectory())
})

test("what the system's tar writes is read, in each of its formats", async () => {
  const folder = join(root, 'in')
  const deep = join('a'.repeat(90), 'b'.repeat(90), 'c'.repeat(90))
  mkdirSync(join(folder, deep), { recursive: true })
  writeFileSync(join(folder, deep, 'f'), 'content')
  symlinkSync('f', join(folder, deep, 'l'))
  for (const format of ['gnu', 'pax', 'posix']) {
    const entries = await entriesOf(tar(folder, `--format=${format}`))
    const byPath = new Map(entries.map((entry) => [entry.path, entry]))
    const found = byPath.get(`${deep}/f`)
    assert.equal(found?.kind === 'file' && new TextDecoder().decode(found.bytes), 'content', format)
    assert.deepEqual(byPath.get(`${deep}/l`), link(`${deep}/l`, 'f'))
  }
})

test('equal entries give equal bytes', async () => {
  const entries = [file('a', 'x'), link('b', 'a')]
  assert.deepEqual(await writeTarGz(entries), await writeTarGz(entries))
})

test('a path that leaves the folder is refused on both ways', async () => {
  for (const path of ['/etc/passwd', '../x', 'a/../../x', 'a/..', '..', 'a//b', 'a/./b', '', '\0']) {
    await assert.rejects(writeTarGz([file(path)]), bad, path)
  }
  const harmless = gunzipSync(await writeTarGz([file('aa/x')]))
  for (const path of ['../x', '/a/x']) {
    const archive = Uint8Array.from(harmless)
    archive.set(new TextEncoder().encode(path.padEnd(4, '\0')), 0)
    archive.set(new TextEncoder().encode('        '), 148)
    const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    archive.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148)
    await assert.rejects(entriesOf(gzipSync(archive)), bad, path)
  }
})

test('a link that leaves the folder is refused, also through other links and whatever comes first', async () => {
  const leaving: TarEntry[][] = [
    [link('a', '/etc')],
    [link('a', '..')],
    [link('d/a', '../..')],
    [link('d/e/a', '../..'), link('d/e/b', 'a/..')],
    [link('d/e/b', 'a/..'), link('d/e/a', '../..')],
    [link('a', 'b'), link('b', 'c'), link('c', '../x')],
  ]
  for (const entries of leaving) await assert.rejects(writeTarGz(entries), bad)
})

test('links that stay, dangle or go round in circles are kept', async () => {
  const staying = [link('a', 'b'), link('b', 'a'), link('d/c', '../x/y'), link('d/e', '.'), link('f', 'd/../d/c')]
  assert.deepEqual(await entriesOf(await writeTarGz(staying)), staying)
})

test('an entry that would be written through a link is refused', async () => {
  await assert.rejects(writeTarGz([link('a', 'd'), file('a/x')]), bad)
  await assert.rejects(writeTarGz([link('a', 'd'), file('a')]), bad)
})

test('hard links, devices and other kinds are refused', async () => {
  const folder = join(root, 'hard')
  mkdirSync(folder)
  writeFileSync(join(folder, 'a'), 'x')
  execFileSync('ln', [join(folder, 'a'), join(folder, 'b')])
  await assert.rejects(entriesOf(tar(folder)), bad)
})

test('an archive that unpacks without end, or has too many entries, is cut at its limit', async () => {
  const bomb = gzipSync(new Uint8Array(50_000_000))
  assert.ok(bomb.byteLength < 100_000)
  await assert.rejects(entriesOf(bomb, { entriesMax: 10, unpackedBytesMax: 1_000_000 }), bad)
  const many = await writeTarGz(Array.from({ length: 11 }, (_, at) => file(`f${at}`)))
  await assert.rejects(entriesOf(many, { entriesMax: 10, unpackedBytesMax: 1_000_000 }), bad)
})

test('whatever bytes come, they are read or refused', async () => {
  const whole = await writeTarGz([file('a', 'x'.repeat(700)), link('b', 'a')])
  const raw = gunzipSync(whole)
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: raw.byteLength - 1 }),
      fc.nat({ max: 255 }),
      fc.nat({ max: 600 }),
      async (at, byte, cut) => {
        const broken = Uint8Array.from(raw)
        broken[at] = byte
        const archive = gzipSync(broken.subarray(0, broken.byteLength - cut))
        await entriesOf(archive).catch((error: unknown) =>
          assert.equal(Object(error).code, 'bad-bundle', String(error)),
        )
      },
    ),
    { numRuns: 300 },
  )
  await assert.rejects(entriesOf(whole.subarray(0, whole.byteLength - 20)), bad)
})
