import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

const pure = ['reference', 'translog', 'protocol', 'procedures']
/** Who may import whom, in the words of house.md. `testkit` and `bench` may import all: they are for development only. */
const allowed: Record<string, readonly string[]> = {
  'packages/translog': [],
  'packages/reference': [],
  'packages/protocol': ['reference', 'translog'],
  'packages/procedures': ['reference'],
  'packages/exchange': pure,
  'services/node': [...pure, 'exchange'],
  'packages/cli': [...pure],
  'packages/testkit': [...pure, 'exchange', 'node', 'cli'],
  bench: [...pure, 'exchange', 'node', 'cli', 'testkit'],
}

/** Development tools of the root manifest, used by tests and scripts of every folder. */
const rootTools = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> }).devDependencies,
)

type Source = { path: string; text: string }

const folders = [...childrenOf('packages'), ...childrenOf('services'), 'bench']
const sources = new Map(folders.map((folder) => [folder, sourcesOf(folder)]))

test('every workspace folder has a rule, and every rule its folder', () => {
  expect(folders.toSorted()).toEqual(Object.keys(allowed).toSorted())
})

test('every package that may be imported is there', () => {
  const names = new Set(folders.map((folder) => folder.split('/').at(-1)))
  expect([...new Set(Object.values(allowed).flat())].filter((name) => !names.has(name))).toEqual([])
})

describe.each(folders)('%s', (folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string> | undefined
  >

  test('its manifest names only those it may import', () => {
    const own = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).flatMap(
      (name) => name.match(/^@hefu\/(.+)$/)?.[1] ?? [],
    )
    expect(own.filter((name) => !allowed[folder]?.includes(name))).toEqual([])
  })

  test('its sources import only those, and nothing that its manifest does not name', () => {
    const known = new Set([...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }), ...rootTools])
    const wrong = imports(folder).filter(({ name, path }) => {
      const own = name.match(/^@hefu\/([^/]+)/)?.[1]
      if (own !== undefined) return !allowed[folder]?.includes(own)
      return !name.startsWith('.') && !name.startsWith('node:') && !known.has(packageOf(name)) && !isGenerator(path)
    })
    expect(wrong).toEqual([])
  })

  test('no import leaves the folder by a path, except that tests use the testkit and the test code of others', () => {
    const away = imports(folder).flatMap(({ name, path }) => {
      const target = name.startsWith('.') ? join(path, '..', name) : folder
      const ofTest = path.endsWith('.test.ts') || path.startsWith(`${folder}/test/`)
      return target.startsWith(folder) || (ofTest && /^packages\/(testkit\/src|[a-z]+\/test)\//.test(target)) ? [] : [{ name, path }]
    })
    expect(away).toEqual([])
  })
})

describe.each(pure.map((name) => `packages/${name}`))('%s is pure', (folder) => {
  const shipped = (sources.get(folder) ?? []).filter(({ path }) => path.includes('/src/') && !path.endsWith('.test.ts'))

  test('it has sources', () => {
    expect(shipped.length).toBeGreaterThan(0)
  })

  test('no network, no database, no HTTP', () => {
    const forbidden =
      /^(node:)?(http|https|http2|net|tls|dgram|dns|child_process|worker_threads|cluster)(\/|$)|^(pg|kysely|fastify|bullmq|ioredis|pino)(\/|$)/
    expect(shipped.flatMap(importsIn).filter(({ name }) => forbidden.test(name))).toEqual([])
  })

  test('no files, except where a key file is read', () => {
    const reading = shipped.flatMap(importsIn).filter(({ name, path }) => /^(node:)?fs(\/|$)/.test(name) && !isGenerator(path))
    expect(reading.filter(({ path }) => path !== 'packages/protocol/src/key-file.ts')).toEqual([])
  })

  test('no clock, no chance in results', () => {
    const reads = /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(/
    expect(shipped.filter(({ text }) => reads.test(withoutComments(text))).map(({ path }) => path)).toEqual([])
  })
})

/** Writes committed data from a development package: run by hand, never imported. */
function isGenerator(path: string): boolean {
  return /\/write-[a-z-]+\.ts$/.test(path)
}

function imports(folder: string): { name: string; path: string }[] {
  return (sources.get(folder) ?? []).flatMap(importsIn)
}

function importsIn({ path, text }: Source): { name: string; path: string }[] {
  const found = withoutComments(text).matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g,
  )
  return [...found].map((match) => ({ name: match[1] ?? match[2] ?? match[3] ?? '', path }))
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function childrenOf(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`)
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
    .map((path) => ({ path: `${folder}/${path}`, text: readFileSync(join(root, folder, path), 'utf8') }))
}
