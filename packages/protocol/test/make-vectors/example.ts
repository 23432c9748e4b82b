import { type AgencyCode, type DateText, mintCaseNumber, type RegionId } from '@hefu/reference'
import { type FederationFile, type MessageClaims, uuidV7 } from '../../src/index.ts'
import { CHENGDU, CHENGDU_LOG, CHENGDU_WITNESS, CHONGQING, CHONGQING_LOG, CHONGQING_WITNESS } from './test-keys.ts'

/** 2026-11-22T00:00:00Z, epoch seconds. */
export const ISSUED_AT = Date.UTC(2026, 10, 22) / 1000
/** When the vectors are judged. They give the same answers by any later clock until `FAR`: a test may post them to a running node. */
export const JUDGED_AT = ISSUED_AT + 60
/** 2096-01-01T00:00:00Z, epoch seconds. */
export const FAR = Date.UTC(2096, 0, 1) / 1000

export const SENDER = '510100' as RegionId
export const RECEIVER = '500000' as RegionId

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

export const exampleJti = (n: number): string => uuidV7(ISSUED_AT * 1000, bytes(10, n))

export const exampleFederation: FederationFile = {
  version: 1,
  regions: [
    {
      region: SENDER,
      name: { zh: '成都', en: 'Chengdu' },
      exchangeUrl: 'https://hefu.chengdu.example',
      addresses: ['192.0.2.0/25', '2001:db8:1::/48'],
      keys: [CHENGDU.jwk],
      log: CHENGDU_LOG.verifierKey,
      witness: CHENGDU_WITNESS.verifierKey,
    },
    {
      region: RECEIVER,
      name: { zh: '重庆', en: 'Chongqing' },
      exchangeUrl: 'https://hefu.chongqing.example',
      addresses: ['192.0.2.128/25'],
      keys: [CHONGQING.jwk],
      log: CHONGQING_LOG.verifierKey,
      witness: CHONGQING_WITNESS.verifierKey,
    },
  ],
  agencies: [
    { code: '510104-0001' as AgencyCode, region: SENDER, name: { zh: '锦江区劳动保障监察大队', en: 'Jinjiang labour inspectorate' } },
    { code: '500103-0001' as AgencyCode, region: RECEIVER, name: { zh: '渝中区劳动保障监察大队', en: 'Yuzhong labour inspectorate' } },
  ],
  agreements: [
    {
      id: 'chengdu-chongqing-violations',
      version: 2,
      procedure: 'violation-notice/1',
      regions: [SENDER, RECEIVER],
      purposes: ['labour-inspection'],
      deadlineRules: 1,
      automatic: false,
    },
    {
      id: 'chengdu-chongqing-transfers',
      version: 1,
      procedure: 'insurance-transfer/1',
      regions: [SENDER, RECEIVER],
      purposes: ['insurance-transfer'],
      deadlineRules: 1,
      automatic: true,
    },
  ],
}

export const exampleClaims: MessageClaims = {
  iss: SENDER,
  aud: RECEIVER,
  jti: exampleJti(1),
  salt: Buffer.from(bytes(16, 0x5a)).toString('base64url'),
  iat: ISSUED_AT,
  exp: FAR,
  procedure: 'violation-notice/1',
  document: 'notice',
  case: mintCaseNumber(SENDER, 'VN', '2026-11-22' as DateText, bytes(7, 9)),
  agreement: 'chengdu-chongqing-violations/2',
  seen: [],
  from: '510104-0001' as AgencyCode,
  to: '500103-0001' as AgencyCode,
  purpose: 'labour-inspection',
  basis: '关于实施跨地区劳动保障监察案件协查的通知',
  data: { facts: '拖欠工资', workers: 12, amountYuan: '1234.00' },
}
