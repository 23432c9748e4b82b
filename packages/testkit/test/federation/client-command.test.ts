import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { violationNotice } from '@hefu/procedures'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listOf, TestNetwork } from '../../src/index.ts'
import { exampleData, openCase } from './play.ts'

const MAIN = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url))
let net: TestNetwork
let dir: string
beforeAll(async () => {
  net = await TestNetwork.create(['510100', '500000'])
  dir = await mkdtemp(join(tmpdir(), 'hefu-clients-'))
})
afterAll(async () => {
  await net[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

async function hefu(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['--', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...env },
  })
  const texts = [child.stdout, child.stderr].map(async (stream) => {
    let text = ''
    for await (const piece of stream) text += String(piece)
    return text
  })
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), ...texts])
  return { status: Number(status), stdout: String(stdout), stderr: String(stderr) }
}

const as = (name: 'officer' | 'security' | 'security2') => {
  const { node, clients } = net.node('510100')
  return { HEFU_API: node.api ?? '', HEFU_CLIENT: clients[name].id, HEFU_CLIENT_KEY: clients[name].keyFile }
}
const reads = async (token: string) =>
  (await fetch(`${net.node('510100').node.api}/v1/registers/employers`, { headers: { authorization: `Bearer ${token}` } })).status

it('a bureau’s system is enrolled, gets tokens, rotates its key and is revoked, all by command', { timeout: 300_000 }, async () => {
  const [key, next] = [join(dir, 'desk.pem'), join(dir, 'desk-2.pem')]
  const publicKey = async (path: string) => {
    const { stdout } = await hefu(['keygen', '--out', path, '--json'])
    await writeFile(`${path}.jwk`, stdout)
    return JSON.parse(stdout).kid as string
  }
  const kid = await publicKey(key)
  const asDesk = (path: string) => ({ ...as('officer'), HEFU_CLIENT: 'desk', HEFU_CLIENT_KEY: path })

  const added = await hefu(
    ['client', 'add', 'desk', '--role', 'officer', '--agency', '510104-0001', '--public-key', `${key}.jwk`, '--all-scopes'],
    as('security'),
  )
  expect([added.status, added.stderr]).toEqual([0, ''])
  expect(added.stdout).toMatch(/desk {2}officer 510104-0001 {2}待批准 pending[\s\S]*waits for another administrator/)
  const early = await hefu(['token'], asDesk(key))
  expect([early.status, early.stdout]).toEqual([1, ''])
  expect(early.stderr).toMatch(/没有得到令牌[\s\S]*no token was given \(invalid_client/)

  const own = await hefu(['client', 'approve', 'desk', '--lang', 'en'], as('security'))
  expect([own.status, own.stdout]).toEqual([1, ''])
  expect(own.stderr).toMatch(/403 four-eyes/)
  const { etag } = JSON.parse((await hefu(['client', 'show', 'desk', '--json'], as('security2'))).stdout)
  expect((await hefu(['client', 'approve', 'desk', '--etag', 'other'], as('security2'))).stderr).toContain('412')
  const approved = await hefu(['client', 'approve', 'desk', '--etag', etag, '--json'], as('security2'))
  expect(JSON.parse(approved.stdout)).toMatchObject({ client: 'desk', state: 'active', asked: null, approvedBy: 'sandbox-security2' })
  const token = (await hefu(['token'], asDesk(key))).stdout.trim()
  expect(await reads(token)).toBe(200)

  expect((await hefu(['client', 'scopes', 'desk', '--scope', 'imports', 'registers:read'], as('security'))).status).toBe(0)
  const narrowed = JSON.parse((await hefu(['token', '--scope', 'imports', '--json'], asDesk(key))).stdout)
  expect([narrowed.scopes, narrowed.seconds, await reads(narrowed.token), await reads(token)]).toEqual([['imports'], 86_400, 403, 200])

  await publicKey(next)
  await hefu(['client', 'rotate', 'desk', '--public-key', `${next}.jwk`], as('security'))
  expect((await hefu(['client', 'list'], as('security2'))).stdout).toMatch(/^desk .* \*$/m)
  await hefu(['client', 'approve', 'desk'], as('security2'))
  const renewed = (await hefu(['token'], asDesk(next))).stdout.trim()
  expect((await hefu(['client', 'rotate', 'desk', '--remove', kid], as('security'))).status).toBe(0)
  expect([await reads(token), await reads(renewed)]).toEqual([401, 200])

  expect((await hefu(['client', 'revoke', 'desk', '--json'], as('security'))).status).toBe(0)
  expect(await reads(renewed)).toBe(401)
})

it('says what is wrong, with exit codes, and never a secret', { timeout: 180_000 }, async () => {
  expect((await hefu(['client', 'list'])).status).toBe(2)
  expect((await hefu(['client', 'add', 'x', '--role', 'root', '--public-key', 'k'], as('security'))).status).toBe(2)
  const forbidden = await hefu(['client', 'list', '--lang', 'zh'], as('officer'))
  expect([forbidden.status, forbidden.stderr]).toEqual([1, expect.stringMatching(/403 role-not-allowed: 规则/)])
  const missing = await hefu(['token'], { ...as('officer'), HEFU_CLIENT_KEY: join(dir, 'none.pem') })
  expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining('none.pem')])
  const away = await hefu(['token'], { ...as('officer'), HEFU_API: 'http://127.0.0.1:1' })
  expect([away.status, away.stderr]).toEqual([1, expect.stringContaining('cannot be reached')])
  const { clients } = net.node('510100')
  const mistaken = await hefu(['client', 'add', 'x', '--role', 'operator', '--public-key', clients.officer.keyFile], as('security'))
  expect([mistaken.status, mistaken.stderr]).toEqual([1, expect.stringMatching(/不是公钥文件/)])
  expect(mistaken.stderr).not.toContain('PRIVATE')
})

it('a document is recalled by command, and what the peer answered is shown', { timeout: 120_000 }, async () => {
  const played = await openCase(net, violationNotice, '510100', '500000', exampleData(violationNotice, 'notice'))
  await net.settle()
  const [document] = listOf((await net.node('510100').as('officer').get(`/v1/cases/${played.caseNumber}`)).body.documents)
  const nothing = await hefu(['content', 'show', played.caseNumber, '--lang', 'en'], as('officer'))
  expect([nothing.status, nothing.stdout]).toEqual([0, 'nothing was asked\n'])
  expect((await hefu(['content', 'recall', played.caseNumber, String(document?.id), '--reason', 'bored'], as('officer'))).status).toBe(2)
  const early = await hefu(['content', 'erase', played.caseNumber, '--reason', 'person-request'], as('officer'))
  expect([early.status, early.stdout]).toEqual([1, ''])
  expect(early.stderr).toMatch(/[一-鿿]/)

  const recall = ['content', 'recall', played.caseNumber, String(document?.id), '--reason', 'wrong-person', '--json']
  const asked = await hefu(recall, as('officer'))
  expect([asked.status, JSON.parse(asked.stdout)]).toMatchObject([0, { act: 'recall', to: '500000', outcome: null }])
  const shown = async () =>
    JSON.parse((await hefu(['content', 'show', played.caseNumber, '--json'], as('officer'))).stdout).contentRequests.map(
      ({ outcome }: { outcome: string }) => outcome,
    )
  await expect.poll(shown, { timeout: 30_000, interval: 500 }).toEqual(['recalled'])
  const again = await hefu(recall, as('officer'))
  expect([again.status, again.stdout, again.stderr.length > 0]).toEqual([1, '', true])
})
