import { generateKeyPairSync } from 'node:crypto'
import { procedures } from '@hefu/procedures'
import { type PublicJwk, publicJwk, thumbprint } from '@hefu/protocol'
import { describe, expect, it } from 'vitest'
import { HefuError } from '../errors.ts'
import { ALERT_FROM, countAttempts, PER_CLIENT } from './attempts.ts'
import { parseClients } from './parse-clients.ts'
import { requireRole } from './require-role.ts'
import { requireCaseScope, requireScope } from './require-scope.ts'
import { scopesOfRole, scopeTable } from './scopes.ts'
import { parseStaffNumber, staffName } from './staff-number.ts'

const newKey = () => publicJwk(generateKeyPairSync('ed25519').privateKey)
/** The same 32 bytes in another spelling, under the thumbprint of that spelling. */
function respelled({ kty, crv, x }: PublicJwk): PublicJwk {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const members = { kty, crv, x: x.slice(0, -1) + letters[letters.indexOf(x.at(-1) ?? '') + 1] }
  return { ...members, kid: thumbprint(members) }
}
const first = { client: 'security-1', role: 'security', keys: [newKey()] }
const second = { client: 'security-2', role: 'security', keys: [newKey()] }

describe('parseClients', () => {
  it('reads the administrators', () => {
    expect(parseClients({ clients: [first, second] })).toMatchObject({
      ok: true,
      administrators: [{ client: 'security-1' }, { client: 'security-2' }],
    })
  })

  it.each([
    ['one alone', [first], ['/clients']],
    ['another role', [first, { ...second, role: 'officer' }], ['/clients/1/role']],
    ['one id twice', [first, { ...second, client: 'security-1' }], ['/clients/1/client']],
    ['one key twice', [first, { ...second, keys: first.keys }], ['/clients/1/keys/0']],
    ['one key in two spellings', [first, { ...second, keys: first.keys.map(respelled) }], ['/clients/1/keys/0/x']],
    ['a wrong thumbprint', [first, { ...second, keys: [{ ...newKey(), kid: newKey().kid }] }], ['/clients/1/keys/0']],
    ['a private key', [first, { ...second, keys: [{ ...newKey(), d: 'SECRET' }] }], ['/clients/1/keys/0']],
    ['a token of before', [first, { ...second, tokenSha256: 'SECRET' }], ['/clients/1']],
  ])('refuses %s and repeats no value', (_, clients, pointers) => {
    const parsed = parseClients({ clients })
    if (parsed.ok) expect.unreachable()
    else expect(parsed.problems.map(({ pointer }) => pointer)).toEqual(pointers)
    expect(JSON.stringify(parsed)).not.toContain('SECRET')
  })

  it.each([null, {}, { clients: [{}] }, { clients: 'all' }])('refuses %j', (json) => {
    expect(parseClients(json).ok).toBe(false)
  })
})

const caller = { client: 'desk', role: 'officer', agency: '510104-0001', scopes: new Set(['violation-notice:read']), actor: null } as const

function refusal(work: () => void): HefuError | null {
  try {
    work()
    return null
  } catch (error) {
    expect(error).toBeInstanceOf(HefuError)
    return error as HefuError
  }
}

describe('requireRole', () => {
  it('lets the named roles pass and names the rule otherwise', () => {
    expect(refusal(() => requireRole(caller, ['officer', 'auditor']))).toBeNull()
    expect(refusal(() => requireRole(caller, ['security']))).toMatchObject({
      code: 'role-not-allowed',
      detail: { en: expect.stringContaining('security') },
    })
  })
})

describe('scopes', () => {
  it('are for roles that do not meet: nobody reads documents and administers', () => {
    const of = (role: 'officer' | 'operator' | 'security' | 'auditor') => new Set(scopesOfRole(procedures, role))
    expect(of('operator').intersection(of('officer')).size).toBe(0)
    // Agreements say nothing of anybody: they are there to be read.
    expect([...of('security').intersection(of('officer').union(of('operator')).union(of('auditor')))]).toEqual(['agreements:read'])
    for (const scope of of('auditor')) expect(scope).not.toMatch(/:write$/)
    expect(scopeTable(procedures).map(({ scope }) => scope)).toContain('violation-notice:suspected')
  })

  it('refuse by name', () => {
    expect(refusal(() => requireScope({ procedures }, caller, '{procedure}:read'))).toBeNull()
    for (const scope of ['{procedure}:write', 'registers:read', 'violation-notice:suspected'])
      expect(refusal(() => requireScope({ procedures }, caller, scope))).toMatchObject({
        code: 'scope-not-allowed',
        detail: { en: expect.stringContaining(scope) },
      })
  })

  it('of a case are its procedure’s, and while few may see it, theirs', () => {
    const notice = { procedure: 'violation-notice', restricted: null }
    expect(refusal(() => requireCaseScope(caller, notice, 'read'))).toBeNull()
    expect(refusal(() => requireCaseScope(caller, notice, 'write'))).toMatchObject({ code: 'scope-not-allowed' })
    expect(refusal(() => requireCaseScope(caller, { ...notice, restricted: 'suspected' }, 'read'))?.detail?.zh).toContain(
      'violation-notice:suspected',
    )
    expect(refusal(() => requireCaseScope(caller, { ...notice, procedure: 'insurance-transfer' }, 'read'))).not.toBeNull()
  })
})

describe('parseStaffNumber', () => {
  it.each(['7', 'CD-0417', 'li.ming_2', '20231204', 'A'.repeat(64), '13800138000'])('takes %s', (text) => {
    expect(parseStaffNumber(text)).toEqual({ ok: true, value: text })
  })

  it.each([
    '510104199001011237',
    '51010419900101123x',
    'A-510104199001011237',
    '5101.0419.9001.0112-37',
    '510104900101123',
    '810000199001011238',
    '911124198108030024',
    'USA110081010103',
    'H12345678',
    'm1234567890',
  ])('refuses %s, which has the form of an identity number', (text) => {
    expect(parseStaffNumber(text)).toEqual({ ok: false, why: 'identity' })
  })

  it.each(['', ' ', '李明', 'a b', 'A'.repeat(65), 'a\nb', 'a/b', '{}'])('refuses %j for its form', (text) => {
    expect(parseStaffNumber(text)).toEqual({ ok: false, why: 'form' })
  })

  it('is named in the log by a key, and by agency: the same number elsewhere is somebody else', () => {
    const key = new Uint8Array(32).fill(7)
    expect(staffName(key, '510104-0001', '7')).toMatch(/^[\w-]{43}$/)
    expect(staffName(key, '510104-0001', '7')).not.toBe(staffName(key, '510105-0001', '7'))
    expect(staffName(key, '510104-0001', '7')).not.toBe(staffName(new Uint8Array(32), '510104-0001', '7'))
  })
})

describe('countAttempts', () => {
  const at = 1_000_000

  it('tells one name from one address to wait, for the rest of a minute, and nobody else', () => {
    const attempts = countAttempts()
    for (let n = 0; n < PER_CLIENT; n++) expect(attempts.failed('desk', '10.0.0.1', at).waitMs).toBe(0)
    expect(attempts.failed('desk', '10.0.0.1', at + 1_000).waitMs).toBe(59_000)
    expect(attempts.failed('desk', '10.0.0.2', at).waitMs).toBe(0)
    expect(attempts.failed('other', '10.0.0.1', at).waitMs).toBe(0)
    expect(attempts.floodMs('10.0.0.1', at)).toBe(0)
    expect(attempts.failed('desk', '10.0.0.1', at + 60_000).waitMs).toBe(0)
  })

  it('stops hearing an address that floods, tells once that failures are many, and forgets what it cannot hold', () => {
    const attempts = countAttempts()
    const told: number[] = []
    for (let n = 1; n <= 30_000; n++) if (attempts.failed(`name-${n}`, '10.0.0.1', at).areMany) told.push(n)
    expect(told).toEqual([ALERT_FROM])
    expect([attempts.floodMs('10.0.0.1', at), attempts.floodMs('10.0.0.2', at)]).toEqual([60_000, 0])
  })
})
