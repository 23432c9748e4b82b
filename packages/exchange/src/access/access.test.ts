import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { HefuError } from '../errors.ts'
import { findCaller } from './find-caller.ts'
import { parseClients } from './parse-clients.ts'
import { requireRole } from './require-role.ts'

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const officer = { client: 'bureau-desk', role: 'officer', agency: '510104-0001', tokenSha256: sha256('one') }
const auditor = { client: 'audit', role: 'auditor', tokenSha256: sha256('two') }

describe('parseClients', () => {
  it('reads clients; only officers have an agency', () => {
    const parsed = parseClients({ clients: [officer, auditor] })
    expect(parsed).toMatchObject({
      ok: true,
      clients: [
        { client: 'bureau-desk', agency: '510104-0001' },
        { client: 'audit', agency: null },
      ],
    })
  })

  it('reports every problem with its pointer and repeats no value', () => {
    const { agency, ...homeless } = officer
    const parsed = parseClients({ clients: [homeless, { ...auditor, client: 'desk', agency }, { ...auditor, client: 'desk' }] })
    expect(parsed.ok).toBe(false)
    if (parsed.ok) return
    expect(parsed.problems.map(({ pointer }) => pointer)).toEqual([
      '/clients/0/agency',
      '/clients/1/agency',
      '/clients/2/client',
      '/clients/2/tokenSha256',
    ])
    expect(JSON.stringify(parsed.problems)).not.toContain(auditor.tokenSha256)
  })

  it.each([null, {}, { clients: [{}] }, { clients: [{ ...officer, token: 'plain' }] }, { clients: [{ ...officer, tokenSha256: 'AB' }] }])(
    'refuses %j',
    (json) => {
      expect(parseClients(json).ok).toBe(false)
    },
  )
})

describe('findCaller', () => {
  const parsed = parseClients({ clients: [officer, auditor] })
  const clients = parsed.ok ? parsed.clients : []

  it('finds by token and never tells the hash', () => {
    expect(findCaller(clients, 'one')).toEqual({ client: 'bureau-desk', role: 'officer', agency: '510104-0001' })
    expect(findCaller(clients, 'two')).toEqual({ client: 'audit', role: 'auditor', agency: null })
  })

  it.each(['', 'One', 'one ', sha256('one')])('knows no %j', (token) => {
    expect(findCaller(clients, token)).toBeNull()
  })
})

describe('requireRole', () => {
  const caller = { client: 'audit', role: 'auditor', agency: null } as const

  it('lets the named roles pass and names the rule otherwise', () => {
    requireRole(caller, ['officer', 'auditor'])
    try {
      requireRole(caller, ['officer'])
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(HefuError)
      expect(error).toMatchObject({ code: 'role-not-allowed', detail: { en: expect.stringContaining('officer') } })
    }
  })
})
