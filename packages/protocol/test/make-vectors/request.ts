import { signRequest } from '../../src/index.ts'
import { exampleJti, ISSUED_AT, JUDGED_AT, RECEIVER, SENDER } from './example.ts'
import { CHENGDU } from './test-keys.ts'

/** A signed request of Chengdu to Chongqing, as it goes over the wire. */
export async function buildRequest() {
  const method = 'POST'
  const url = 'https://hefu.chongqing.example/exchange/v1/heads'
  const body = '{"days":{"from":"2026-10-23","to":"2026-11-22"}}'
  const request = { iss: SENDER, aud: RECEIVER, method, url, body, jti: exampleJti(1), now: ISSUED_AT } as const
  const authorization = await signRequest(request, CHENGDU.signer)
  const claims: Readonly<Record<string, unknown>> = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString())
  return { receiver: RECEIVER, judgedAt: JUDGED_AT, method, url, body, claims, authorization }
}
