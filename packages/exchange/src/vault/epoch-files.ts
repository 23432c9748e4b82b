import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { KeyWrapper } from './key-wrapper.ts'
import { VaultError } from './vault-error.ts'

/** The key under which all data keys of a month are wrapped. */
export interface Epoch {
  readonly epoch: number
  /** From when on new keys are wrapped under it, milliseconds. */
  readonly from: number
  readonly key: KeyObject
}

interface EpochFile {
  readonly epoch: number
  readonly from: number
  readonly wrapped: string
}

const NAME = /^epoch-(\d{6})\.json$/
const nameOf = (epoch: number) => `epoch-${String(epoch).padStart(6, '0')}.json`
/** Bound to the key, so that nobody moves a key to another epoch or another time. */
const contextOf = ({ epoch, from }: Pick<EpochFile, 'epoch' | 'from'>) => `hefu.epoch/${epoch}/${from}`

/** Every epoch whose key still exists, oldest first. Throws VaultError. */
export async function readEpochs(folder: string, wrapper: KeyWrapper): Promise<Epoch[]> {
  const epochs: Epoch[] = []
  for (const name of (await namesIn(folder)).sort()) {
    const file = await readEpochFile(join(folder, name))
    if (file === undefined) continue
    try {
      const key = await wrapper.unwrap(Buffer.from(file.wrapped, 'base64url'), contextOf(file))
      epochs.push({ epoch: file.epoch, from: file.from, key: createSecretKey(key) })
    } catch (cause) {
      throw new VaultError('wrong-key', cause)
    }
  }
  return epochs
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => NAME.test(name))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    throw new VaultError('epochs-unreadable', cause)
  }
}

/** Undefined: another process has destroyed it meanwhile. */
async function readEpochFile(path: string): Promise<EpochFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new VaultError('epochs-unreadable', cause)
  }
  try {
    return JSON.parse(text) as EpochFile
  } catch (cause) {
    throw new VaultError('wrong-key', cause)
  }
}

/**
 * Makes the key of an epoch unless another process of the node has made it. The file comes into being whole: written beside, then linked
 * to its name, which fails where there is one. Throws VaultError; then nothing is left of it.
 */
export async function createEpoch(folder: string, wrapper: KeyWrapper, epoch: number, from: number): Promise<void> {
  const wrapped = Buffer.from(await wrapper.wrap(randomBytes(32), contextOf({ epoch, from }))).toString('base64url')
  const draft = join(folder, `.${randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      await writeWhole(draft, `${JSON.stringify({ epoch, from, wrapped } satisfies EpochFile)}\n`)
      await unlessThere(link(draft, join(folder, nameOf(epoch))))
    } finally {
      // On a full disk too: it is tried again and again.
      await unlessGone(unlink(draft))
    }
    await syncFolder(folder)
  } catch (cause) {
    throw new VaultError('epochs-unwritable', cause)
  }
}

/**
 * For good. Its name goes first and in one step: neither another process that reads the folder nor the next start after a kill meets half a
 * file, which would be taken for a wrong key. Then it is overwritten: on most disks that leaves nothing; what a disk still holds is wrapped
 * by the key-encryption key.
 */
export async function destroyEpoch(folder: string, epoch: number): Promise<void> {
  try {
    await unlessGone(rename(join(folder, nameOf(epoch)), join(folder, `${DOOMED}${nameOf(epoch)}`)))
    await syncFolder(folder)
  } catch (cause) {
    throw new VaultError('epochs-unwritable', cause)
  }
  await overwriteDoomed(folder)
}

const DOOMED = '.destroyed-'

/** Finishes what a process that was killed had begun to destroy. */
export async function overwriteDoomed(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) if (name.startsWith(DOOMED)) await unlessGone(overwrite(join(folder, name)))
  } catch (cause) {
    throw new VaultError('epochs-unwritable', cause)
  }
}

async function overwrite(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  await file.write(randomBytes(size), 0, size, 0)
  await file.sync()
  await unlink(path)
  await syncFolder(dirname(path))
}

const unlessGone = async (work: Promise<void>) => await unless('ENOENT', work)
const unlessThere = async (work: Promise<void>) => await unless('EEXIST', work)

async function unless(code: string, work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (codeOf(error) !== code) throw error
  })
}

/** Wraps every epoch key anew: a key-encryption key has taken the place of another. Only by who alone may destroy epochs: none comes back. */
export async function rewrapEpochs(folder: string, wrapper: KeyWrapper): Promise<void> {
  for (const { epoch, from, key } of await readEpochs(folder, wrapper)) {
    const wrapped = Buffer.from(await wrapper.wrap(key.export(), contextOf({ epoch, from }))).toString('base64url')
    // What a killed process leaves of it holds a key that must not outlive its epoch: under this name it is overwritten at the next look.
    const draft = join(folder, `${DOOMED}${randomUUID()}`)
    try {
      await writeWhole(draft, `${JSON.stringify({ epoch, from, wrapped } satisfies EpochFile)}\n`)
      // In one step: a process that reads now reads one of the two, whole.
      await rename(draft, join(folder, nameOf(epoch)))
      await syncFolder(folder)
    } catch (cause) {
      throw new VaultError('epochs-unwritable', cause)
    }
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(text)
  await file.sync()
}

/** A name is on the disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using directory = await open(folder, 'r')
  await directory.sync()
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
