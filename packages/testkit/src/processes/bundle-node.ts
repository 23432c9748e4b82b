import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Rolldown } from 'vite'
import { mainFile } from './spawn-node.ts'

/**
 * The program of the node, with all that it loads, in one file: half the processor time of a start is spent on finding and reading some
 * 1,400 files. For tests that start nodes again and again; that the files themselves start is proved by those that start them.
 */
export async function bundleNode(folder: string): Promise<string> {
  const { rolldown } = await bundler()
  const bundle = await rolldown({ input: mainFile, platform: 'node', plugins: [ownPlace] })
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: 'main.js', keepNames: true })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  return join(folder, 'main.js')
}

/** The bundler that vite brings. */
async function bundler(): Promise<typeof Rolldown> {
  const vite = createRequire(import.meta.url).resolve('vite')
  return (await import(pathToFileURL(createRequire(vite).resolve('rolldown')).href)) as typeof Rolldown
}

/** What asks where it lies, to find a file beside it, is told where it lay. */
const ownPlace: Rolldown.Plugin = {
  name: 'own-place',
  transform: {
    filter: { code: /import\.meta\.url|__dirname|__filename/ },
    handler(code, id) {
      const text = code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      const declares = /(const|let|var) __(dir|file)name\b/.test(code)
      if (declares || !/\.c?js$/.test(id)) return { code: text, map: null }
      return { code: `var __filename = ${JSON.stringify(id)}, __dirname = ${JSON.stringify(dirname(id))};${text}`, map: null }
    },
  },
}
