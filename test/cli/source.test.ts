import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { listSource, readSource } from '../../cli/source.ts'

async function treeOf(context: TestContext, git: boolean): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  context.after(() => rm(folder, { recursive: true }))
  const files = {
    '.gitignore': '*.log\n/build/\n!keep.log\n',
    'a.txt': 'a',
    'a.log': 'ignored',
    'keep.log': 'kept',
    'build/out': 'ignored',
    'sub/build/in': 'kept',
    'sub/.gitignore': 'secret\n',
    'sub/secret': 'ignored',
    'gone.txt': 'deleted later',
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await symlink('a.txt', join(folder, 'link'))
  await chmod(join(folder, 'a.txt'), 0o755)
  if (git) {
    execFileSync('git', ['init', '-q'], { cwd: folder })
    execFileSync('git', ['add', 'gone.txt', 'a.txt'], { cwd: folder })
  }
  await rm(join(folder, 'gone.txt'))
  return folder
}

const EXPECTED = ['.gitignore', 'a.txt', 'keep.log', 'link', 'sub/.gitignore', 'sub/build/in']

for (const git of [true, false]) {
  test(`the source is what git does not ignore, ${git ? 'asked of git' : 'walked without it'}`, async (context) => {
    const folder = await treeOf(context, git)
    const entries = await readSource(folder, await listSource(folder))
    assert.deepEqual(
      entries.map(({ path }) => path),
      EXPECTED,
    )
    const [, script, , link] = entries
    assert.ok(script?.kind === 'file' && (script.mode & 0o777) === 0o755)
    assert.ok(link?.kind === 'symlink' && link.target === 'a.txt')
  })
}
