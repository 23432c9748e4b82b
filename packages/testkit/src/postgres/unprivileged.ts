import { accessSync, constants, readFileSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'

/** The account PostgreSQL runs as when we are root, which PostgreSQL refuses to be. */
export type Account = { name: string; uid: number; gid: number }

/** `undefined` when we are not root and nothing needs to be dropped. `initdb` needs an account that has a name. */
export function unprivilegedAccount(passwd = '/etc/passwd'): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readFileSync(passwd, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid = '', gid = '']) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((account) => account.name !== '' && account.uid > 0)
  const account = ['postgres', 'nobody'].map((name) => accounts.find((each) => each.name === name)).find((each) => each !== undefined)
  if (account === undefined)
    throw new Error('PostgreSQL refuses to run as root, and this system has neither an account postgres nor nobody')
  return account
}

/** Whether that account may enter every folder on the way to `path`, and `path` itself. */
export function mayEnter(path: string, account: Account): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** A folder for temporary files that the account may enter: the system's own, else the usual ones. */
export function enterableTemp(account: Account | undefined): string {
  if (account === undefined) return tmpdir()
  const found = [tmpdir(), '/tmp', '/var/tmp', '/dev/shm'].find((folder) => {
    try {
      return mayEnter(folder, account)
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error('no folder for temporary files that an unprivileged account may enter')
  return found
}

const MEMORY_FOLDER = '/dev/shm'
const MEMORY_BYTES = 2 * 1024 ** 3

/**
 * A folder in memory, where there is one with room for a test run's databases: a disk's file system takes ten times as long to make
 * the six hundred files of a database when as many have just been removed (ext4 leaves the inodes of the last seconds alone).
 */
export function memoryFolder(account: Account | undefined): string | undefined {
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK)
    if (account !== undefined && !mayEnter(MEMORY_FOLDER, account)) return undefined
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER)
    return bavail * bsize >= MEMORY_BYTES ? MEMORY_FOLDER : undefined
  } catch {
    return undefined
  }
}
