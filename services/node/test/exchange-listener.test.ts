import { MESSAGE_CONTENT_TYPE, MESSAGES_CONTENT_TYPE } from '@hefu/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPair, type TestPair } from './node-pair.ts'

let pair: TestPair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  const stored = await pair.chengdu.node.ctx.db.selectFrom('inbox').select('jti').execute()
  await pair[Symbol.asyncDispose]()
  expect(stored).toEqual([])
})

async function post(body: string, type: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${pair.chengdu.node.exchange}/exchange/v1/inbox`, {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
  })
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Record<string, unknown> }
}

describe('the inbox', () => {
  const token = `${'a'.repeat(80)}.${'b'.repeat(80)}.${'c'.repeat(86)}`

  it('answers all that cannot be verified alike', async () => {
    const bodies = ['x', token, `${token}\n${token}`, '\n\n\n', '{}', '..']
    const answers = await Promise.all(bodies.map(async (body) => await post(body, MESSAGES_CONTENT_TYPE)))
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 400, type: 'application/problem+json', body: { code: 'unverifiable' } })
    const texts = answers.map(({ body: { instance, traceId, ...rest } }) => JSON.stringify(rest))
    expect(new Set(texts).size).toBe(1)
  })

  it.each(['application/json', 'text/plain', 'application/hefu-message', `${MESSAGE_CONTENT_TYPE}; charset=utf-8`])(
    'takes no %s',
    async (type) => {
      expect(await post(token, type)).toMatchObject({ status: 415, body: { code: 'media-type' } })
    },
  )

  it('takes nothing compressed, empty or too large', async () => {
    expect(await post(token, MESSAGE_CONTENT_TYPE, { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 })
    expect(await post('', MESSAGE_CONTENT_TYPE)).toMatchObject({ status: 400, body: { code: 'malformed-request' } })
    expect(await post('x'.repeat(256 * 1024 + 1), MESSAGE_CONTENT_TYPE)).toMatchObject({ status: 413, body: { code: 'too-large' } })
    expect(await post('x\n'.repeat(501), MESSAGES_CONTENT_TYPE)).toMatchObject({ status: 413 })
    expect(await post('x'.repeat(8 * 1024 * 1024 + 1), MESSAGES_CONTENT_TYPE)).toMatchObject({ status: 413 })
  })
})

describe('signed requests', () => {
  it.each([undefined, 'Hefu', 'Hefu a.b.c', 'Bearer token'])('are refused alike with %s', async (authorization) => {
    const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) }
    for (const body of ['', '{}', 'no JSON', '{"days":{"from":"2026-11-22","to":"2026-11-22"}}']) {
      const response = await fetch(`${pair.chengdu.node.exchange}/exchange/v1/heads`, { method: 'POST', headers, body })
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Hefu'])
      expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
    }
  })
})

describe('the listeners', () => {
  it('share no route', async () => {
    const { api, exchange } = pair.chengdu.node
    for (const path of ['/v1/cases', '/livez', '/readyz', '/metrics', '/docs', '/docs/json', '/'])
      expect((await fetch(`${exchange}${path}`)).status).toBe(404)
    for (const path of ['/exchange/v1/inbox', '/.well-known/hefu']) expect((await fetch(`${api}${path}`)).status).toBe(404)
  })

  it('describe the node to peers, with public keys only', async () => {
    const answer = (await (await fetch(`${pair.chengdu.node.exchange}/.well-known/hefu`)).json()) as { keys: object[] }
    expect(answer).toMatchObject({
      region: '510100',
      versions: [1],
      procedures: ['certificate-recognition/1', 'insurance-transfer/1', 'violation-notice/1'],
    })
    for (const key of answer.keys) expect(Object.keys(key).sort()).toEqual(['crv', 'kid', 'kty', 'x'])
  })
})

describe('the documentation', () => {
  it('asks no other host for anything, and forbids the browser to', async () => {
    const page = await fetch(`${pair.chengdu.node.api}/docs`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    const html = await page.text()
    // What the policy would refuse, the page does not try: no script or style inside it, every file from here.
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/)
    const files = [...html.matchAll(/(?:src|href)=["']([^"']+)/g)].map(([, address]) => address as string)
    expect(files.map((file) => file.split('/').at(-1))).toEqual(expect.arrayContaining(['swagger-ui.css', 'swagger-initializer.js']))
    for (const file of files) {
      const { host, href } = new URL(file, page.url)
      expect(host).toBe(new URL(page.url).host)
      const answer = await fetch(href)
      const text = await answer.text()
      expect([file, answer.status]).toEqual([file, 200])
      if (file.endsWith('.css')) expect(text).not.toMatch(/url\(["']?(?!["']?data:image\/)|@import|@font-face/)
    }
    expect((await fetch(`${pair.chengdu.node.api}/docs/json`)).status).toBe(200)
  })

  it('leaves the answers of the API with a policy that lets nothing run', async () => {
    const { headers } = await fetch(`${pair.chengdu.node.api}/livez`)
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
  })
})
