/**
 * Records a Worker's bundle as it is at HEAD, for the tests that run yesterday's code on today's rows:
 *   node scripts/stack/record-release.ts consumer
 * Run it at every release; test/crash/deploy.test.ts takes the newest. Without the source map, gzipped.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { createBundler } from './bundle.ts'
import type { RecordedRelease } from './release.ts'

const DIRECTORY = 'test/crash/releases'

const [worker = 'consumer', givenCommit] = process.argv.slice(2)
const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim()
const commit = givenCommit ?? git('rev-parse', 'HEAD')
if (!givenCommit && git('status', '--porcelain', 'src') !== '')
  throw new Error('src is not as it was committed: a release is recorded from a clean tree')

const bundler = await createBundler(`src/${worker}/worker.ts`, () => {})
const release: RecordedRelease = {
  worker,
  commit,
  committedAt: git('show', '-s', '--format=%cI', commit),
  modules: bundler.modules().map(({ type, path, contents }) => ({
    type,
    path,
    base64: Buffer.from(
      typeof contents === 'string' ? (contents.split('//# sourceMappingURL')[0] ?? '') : contents,
    ).toString('base64'),
  })),
}
await bundler.dispose()
mkdirSync(DIRECTORY, { recursive: true })
const file = path.join(DIRECTORY, `${worker}-${commit.slice(0, 7)}.json.gz`)
writeFileSync(file, gzipSync(JSON.stringify(release), { level: 9 }))
console.log(`${file}: ${worker} of ${release.committedAt}`)
