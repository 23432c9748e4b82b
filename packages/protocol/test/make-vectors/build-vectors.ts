import { signMessage } from '../../src/index.ts'
import { buildAnswers } from './answers.ts'
import { exampleClaims, exampleFederation, JUDGED_AT, RECEIVER } from './example.ts'
import { hostileClaims, hostileJson } from './hostile-payloads.ts'
import { buildHostileRequests } from './hostile-requests.ts'
import { hostileHeaders, hostileTexts } from './hostile-texts.ts'
import { buildLogEntries } from './log-entries.ts'
import { buildRequest } from './request.ts'
import { CHENGDU, CHENGDU_LOG, CHENGDU_WITNESS, CHONGQING, CHONGQING_LOG, CHONGQING_WITNESS, STRANGER } from './test-keys.ts'
import { buildTrust } from './trust.ts'

/** Content of every file in packages/protocol/vectors, by name. Ed25519 has no randomness, so the same files come out every time. */
export async function buildVectors(): Promise<Record<string, unknown>> {
  const { token, digest } = await signMessage(exampleClaims, CHENGDU.signer)
  const request = await buildRequest()
  return {
    'keys.json': {
      warning: 'Test keys. The private halves are public. Never enter them in a real federation file.',
      keys: [
        { owner: '510100', publicJwk: CHENGDU.jwk, privateSeedHex: CHENGDU.seed },
        { owner: '500000', publicJwk: CHONGQING.jwk, privateSeedHex: CHONGQING.seed },
        ...[CHENGDU_LOG, CHENGDU_WITNESS, CHONGQING_LOG, CHONGQING_WITNESS].map(({ name, verifierKey, seed }) => ({
          owner: name,
          verifierKey,
          privateSeedHex: seed,
        })),
        { owner: 'nobody (in no federation file)', publicJwk: STRANGER.jwk, privateSeedHex: STRANGER.seed },
      ],
    },
    'federation.json': exampleFederation,
    'trust.json': await buildTrust(),
    'log-entries.json': buildLogEntries(),
    'message-valid.json': { receiver: RECEIVER, judgedAt: JUDGED_AT, claims: exampleClaims, token, digest },
    'messages-invalid.json': {
      receiver: RECEIVER,
      judgedAt: JUDGED_AT,
      messages: [...(await hostileTexts(token)), ...(await hostileHeaders()), ...(await hostileJson()), ...(await hostileClaims())],
    },
    'answers.json': await buildAnswers(),
    'request-valid.json': request,
    'requests-invalid.json': { receiver: RECEIVER, judgedAt: JUDGED_AT, requests: await buildHostileRequests(request) },
  }
}
