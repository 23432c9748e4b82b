import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { enterableTemp, mayEnter, unprivilegedAccount } from '../../src/postgres/unprivileged.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hefu-account-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const stranger = { name: 'stranger', uid: 64_999, gid: 64_999 }

test('a folder below one that others may not enter is closed, however open it is itself', async () => {
  await mkdir(join(folder, 'inner'))
  await chmod(join(folder, 'inner'), 0o777)
  expect(mayEnter(join(folder, 'inner'), stranger)).toBe(false)
  await chmod(folder, 0o711)
  expect(mayEnter(join(folder, 'inner'), stranger)).toBe(mayEnter(tmpdir(), stranger))
  const self = { name: 'self', uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 }
  await chmod(folder, 0o700)
  expect(mayEnter(join(folder, 'inner'), self)).toBe(true)
})

test('temporary files go where the account may enter', () => {
  expect(enterableTemp(undefined)).toBe(tmpdir())
  expect(mayEnter(enterableTemp(stranger), stranger)).toBe(true)
})

test('only root drops privileges, to an account that exists and is not root', async () => {
  const passwd = join(folder, 'passwd')
  await writeFile(passwd, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n')
  const isRoot = process.getuid?.() === 0
  expect(unprivilegedAccount(passwd)).toEqual(isRoot ? { name: 'nobody', uid: 65_534, gid: 65_533 } : undefined)
  await writeFile(passwd, 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:70:71::/:/bin/sh\n')
  expect(unprivilegedAccount(passwd)?.uid).toBe(isRoot ? 70 : undefined)
})
