import { exampleClaims, exampleJti, FAR, ISSUED_AT } from './example.ts'
import { withClaims, withPayload, withPayloadText, withUnusedBit } from './forge.ts'
import { deferred, type HostileMessage, refused, unverifiable } from './hostile-message.ts'

/** Payloads that are not strict JSON, each correctly signed. */
export async function hostileJson(): Promise<HostileMessage[]> {
  const json = JSON.stringify(exampleClaims)
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  const signed = async (name: string, why: string, content: string | Uint8Array): Promise<HostileMessage> =>
    unverifiable(`json-${name}`, why, await withPayload(content))
  const replaced = async (name: string, why: string, search: string, replacement: string): Promise<HostileMessage> =>
    unverifiable(`json-${name}`, why, await withPayloadText(search, replacement))
  const splice = (bytes: number[]): Uint8Array => {
    const [before = '', after = ''] = json.split('拖欠工资')
    return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])
  }
  return [
    await signed('not', 'not JSON', 'facts'),
    await signed('array', 'a list', `[${json}]`),
    await signed('null', 'null', 'null'),
    await signed('text', 'a JSON string', JSON.stringify(json)),
    await signed('number', 'a number', '1'),
    await signed('bom', 'byte order mark', `\uFEFF${json}`),
    await signed('utf16', 'UTF-16', Buffer.from(json, 'utf16le')),
    await signed('utf8-invalid', 'a byte that is never UTF-8', splice([0xff])),
    await signed('utf8-truncated', 'a character cut short', splice([0xe6, 0x8b])),
    await signed('utf8-overlong', 'overlong form of "/"', splice([0xc0, 0xaf])),
    await signed('utf8-surrogate', 'a surrogate written in UTF-8', splice([0xed, 0xa0, 0x80])),
    await signed('gb18030', 'GB18030 instead of UTF-8', splice([0xcd, 0xcf, 0xc7, 0xb7])),
    await signed('trailing-text', 'a second value after the first', `${json}{}`),
    await signed('trailing-nul', 'U+0000 after the value', `${json}\0`),
    await signed('unterminated', 'no closing brace', json.slice(0, -1)),
    await signed('trailing-comma', 'trailing comma', json.replace(/\}$/, ',}')),
    await signed('comment', 'a comment', json.replace('{', '{/**/')),
    await signed('single-quotes', 'single quotes', json.replaceAll('"', "'")),
    await replaced('duplicate-iss', 'iss twice', '{', '{"iss":"500000",'),
    await replaced('duplicate-same', 'jti twice with the same value', '{', `{"jti":"${exampleClaims.jti}",`),
    await replaced('duplicate-escaped', 'aud twice, once spelled with an escape', '{', '{"\\u0061ud":"500000",'),
    await replaced('duplicate-in-data', 'a member of the document twice', '"workers":12', '"workers":1,"workers":12'),
    await replaced('duplicate-proto', '__proto__ twice', '"workers":12', '"__proto__":1,"__proto__":2'),
    await replaced('depth', 'nested 33 deep', '"workers":12', `"workers":${nested(31)}`),
    await replaced('depth-20000', 'nested 20,000 deep, to exhaust the stack', '"workers":12', `"workers":${nested(20_000)}`),
    await replaced('nul', 'U+0000 in a text', '拖欠工资', '\\u0000'),
    await replaced('control', 'a raw control character in a text', '拖欠工资', '\u0001'),
    await replaced('newline', 'a raw line end in a text', '拖欠工资', '\n'),
    await replaced('lone-surrogate', 'half a surrogate pair', '拖欠工资', '\\ud83d'),
    await replaced('reversed-surrogates', 'a surrogate pair the wrong way round', '拖欠工资', '\\ude00\\ud83d'),
    await replaced('bad-escape', 'an escape that JSON does not have', '拖欠工资', '\\x41'),
    await replaced('short-escape', 'an escape of three digits', '拖欠工资', '\\u041'),
    await replaced('integer', 'an integer that a double rounds', '"workers":12', '"workers":12345678901234567890'),
    await replaced('integer-2-53', 'two to the power of 53, plus one', '"workers":12', '"workers":9007199254740993'),
    await replaced('integer-exponent', 'a great integer written with an exponent', '"workers":12', '"workers":1e20'),
    await replaced('infinite', 'a number beyond all doubles', '"workers":12', '"workers":1e400'),
    await replaced('leading-zero', 'leading zero', '"workers":12', '"workers":012'),
    await replaced('plus', 'leading plus', '"workers":12', '"workers":+12'),
    await replaced('hex', 'hexadecimal number', '"workers":12', '"workers":0x0c'),
    await replaced('nan', 'NaN', '"workers":12', '"workers":NaN'),
    await replaced('bare-point', 'no digit after the point', '"workers":12', '"workers":12.'),
    await replaced('unquoted', 'a member name without quotes', '"workers":12', 'workers:12'),
  ]
}

/** Claims that break the profile, each correctly signed by the sender's own key. */
export async function hostileClaims(): Promise<HostileMessage[]> {
  const nobody = async (name: string, why: string, changes: Readonly<Record<string, unknown>>): Promise<HostileMessage> =>
    unverifiable(`claims-${name}`, why, await withClaims(changes))
  const schema = async (name: string, why: string, changes: Readonly<Record<string, unknown>>): Promise<HostileMessage> =>
    refused('schema', `claims-${name}`, why, await withClaims(changes))
  const audience = async (name: string, why: string, aud: unknown): Promise<HostileMessage> =>
    refused('audience', `claims-${name}`, why, await withClaims({ aud }))
  const agreement = async (name: string, why: string, changes: Readonly<Record<string, unknown>>): Promise<HostileMessage> =>
    refused('agreement', `claims-${name}`, why, await withClaims(changes))
  const registry = async (name: string, why: string, changes: Readonly<Record<string, unknown>>): Promise<HostileMessage> =>
    deferred('registry', `claims-${name}`, why, await withClaims(changes))
  const digests = Array.from({ length: 65 }, (_, n) => Buffer.alloc(32, n).toString('base64url'))
  const later = FAR + 3600
  return [
    unverifiable('claims-empty', 'no claims', await withPayload('{}')),
    await nobody('iss-missing', 'no iss: nobody to answer', { iss: undefined }),
    await nobody('iss-array', 'iss as a list', { iss: ['510100'] }),
    await nobody('iss-number', 'iss as a number', { iss: 510100 }),
    await nobody('iss-text', 'iss not a division code', { iss: 'Chengdu' }),
    await nobody('iss-receiver', 'in the name of the receiver itself', { iss: '500000' }),
    await nobody('iss-unknown', 'in the name of a region that is not in the federation', { iss: '530000' }),
    await nobody('jti-missing', 'no jti: nothing to call it by', { jti: undefined }),
    await nobody('jti-v4', 'jti a UUIDv4', { jti: '9b2f1c5e-7f0a-4c2b-8d3e-1a2b3c4d5e6f' }),
    await nobody('jti-upper-case', 'jti in upper case: a second spelling', { jti: exampleClaims.jti.toUpperCase() }),
    await nobody('jti-braces', 'jti in braces', { jti: `{${exampleClaims.jti}}` }),
    await nobody('jti-number', 'jti a number', { jti: 1 }),
    await nobody('jti-newline', 'jti with a line end after it', { jti: `${exampleClaims.jti}\n` }),
    await schema('jti-time', 'the time in jti is 121 s away from iat', { iat: ISSUED_AT - 121 }),
    await audience('aud-array', 'aud as a list', ['500000']),
    await audience('aud-other', 'aud another region', '510000'),
    await audience('aud-sender', 'aud the sender', '510100'),
    await audience('aud-missing', 'no aud', undefined),
    await audience('aud-null', 'aud null', null),
    await audience('aud-number', 'aud a number', 500000),
    await audience('aud-space', 'aud with a space', '500000 '),
    await audience('aud-full-width', 'aud in full-width digits', '５０００００'),
    deferred('clock', 'claims-iat-ahead', 'iat far ahead of every clock', await withClaims({ iat: FAR, exp: later })),
    refused('expired', 'claims-expired', 'exp has passed', await withClaims({ exp: ISSUED_AT + 1 })),
    refused('expired', 'claims-exp-before-iat', 'exp before iat', await withClaims({ exp: ISSUED_AT - 10 })),
    refused('expired', 'claims-exp-zero', 'exp at the epoch', await withClaims({ exp: 0 })),
    await schema('iat-text', 'iat as text', { iat: String(ISSUED_AT) }),
    await schema('iat-fraction', 'iat with a fraction', { iat: ISSUED_AT + 0.5 }),
    await schema('iat-negative', 'iat before the epoch', { iat: -1 }),
    await schema('iat-milliseconds', 'iat in milliseconds', { iat: ISSUED_AT * 1000 }),
    await schema('iat-missing', 'no iat', { iat: undefined }),
    await schema('exp-text', 'exp as text', { exp: String(FAR) }),
    await schema('exp-missing', 'no exp: good for ever', { exp: undefined }),
    await schema('exp-null', 'exp null', { exp: null }),
    await schema('salt-missing', 'no salt', { salt: undefined }),
    await schema('salt-short', 'salt of 15 bytes', { salt: Buffer.alloc(15).toString('base64url') }),
    await schema('salt-long', 'salt of 17 bytes', { salt: Buffer.alloc(17).toString('base64url') }),
    await schema('salt-unused-bits', 'salt with an unused bit set', { salt: withUnusedBit(exampleClaims.salt) }),
    await schema('salt-padded', 'salt with padding', { salt: `${exampleClaims.salt}==` }),
    await schema('procedure-unversioned', 'procedure without a version', { procedure: 'violation-notice' }),
    await schema('procedure-upper-case', 'procedure in upper case', { procedure: 'Violation-Notice/1' }),
    await schema('procedure-version-zero', 'version 0', { procedure: 'violation-notice/0' }),
    await schema('procedure-path', 'procedure a path', { procedure: '../violation-notice/1' }),
    await schema('document-missing', 'no document', { document: undefined }),
    await schema('document-path', 'document a path', { document: '../notice' }),
    await schema('document-proto', 'document the name of a prototype', { document: '__proto__' }),
    await schema('case-check-character', 'case number with a wrong check character', { case: wrongCheck(exampleClaims.case) }),
    await schema('case-lower-case', 'case number in lower case', { case: exampleClaims.case.toLowerCase() }),
    await schema('case-null', 'case null', { case: null }),
    await schema('case-missing', 'no case', { case: undefined }),
    await schema('agreement-unversioned', 'agreement without a version', { agreement: 'chengdu-chongqing-violations' }),
    await schema('agreement-object', 'agreement as an object', { agreement: { id: 'chengdu-chongqing-violations', version: 2 } }),
    await agreement('agreement-older', 'a version of the agreement that is not in the federation file, older than the one there', {
      agreement: 'chengdu-chongqing-violations/1',
    }),
    await agreement('agreement-procedure', 'an agreement about another procedure', { agreement: 'chengdu-chongqing-transfers/1' }),
    await agreement('agreement-purpose', 'a purpose the agreement does not name', { purpose: 'marketing' }),
    await agreement('from-foreign', 'from an agency of another region', { from: '500103-0001' }),
    await agreement('to-foreign', 'to an agency of another region', { to: '510104-0001' }),
    await registry('agreement-newer', 'a version of the agreement that the receiver may not know yet', {
      agreement: 'chengdu-chongqing-violations/3',
    }),
    await registry('agreement-unknown', 'an agreement that the receiver may not know yet', {
      agreement: 'chengdu-chongqing-certificates/1',
    }),
    await registry('from-unknown', 'an agency of the sender that the receiver may not know yet', { from: '510104-9999' }),
    await registry('to-unknown', 'an agency that is in no federation file here', { to: '500103-9999' }),
    await schema('seen-missing', 'no seen', { seen: undefined }),
    await schema('seen-text', 'seen as text', { seen: digests[0] }),
    await schema('seen-65', '65 digests', { seen: digests }),
    await schema('seen-twice', 'a digest twice', { seen: [digests[0], digests[0]] }),
    await schema('seen-not-digest', 'not a digest', { seen: ['abc'] }),
    await schema('seen-unused-bits', 'a digest with an unused bit set', { seen: [withUnusedBit(digests[0] ?? '')] }),
    await schema('answers-null', 'answers null instead of absent', { answers: null }),
    await schema('answers-array', 'answers as a list', { answers: [digests[0]] }),
    await schema('answers-hex', 'answers in hexadecimal', { answers: 'ab'.repeat(32) }),
    await schema('from-text', 'from not an agency code', { from: '510104' }),
    await schema('to-missing', 'no to', { to: undefined }),
    await schema('purpose-missing', 'no purpose', { purpose: undefined }),
    await schema('purpose-empty', 'empty purpose', { purpose: '' }),
    await schema('basis-missing', 'no legal basis', { basis: undefined }),
    await schema('basis-empty', 'empty legal basis', { basis: '' }),
    await schema('basis-long', 'legal basis of 501 characters', { basis: '法'.repeat(501) }),
    await schema('data-missing', 'no document', { data: undefined }),
    await schema('data-array', 'document a list', { data: [] }),
    await schema('data-null', 'document null', { data: null }),
    await schema('data-text', 'document a text', { data: '{}' }),
    await schema('unknown-nbf', 'a registered claim that the profile does not have', { nbf: ISSUED_AT }),
    await schema('unknown-member', 'an invented claim', { admin: true }),
    refused('schema', 'claims-unknown-proto', 'a claim called __proto__', await withPayloadText('{', '{"__proto__":{"admin":true},')),
    refused('schema', 'claims-unknown-constructor', 'a claim called constructor', await withClaims({ constructor: { admin: true } })),
    await schema('several', 'several claims wrong at once: one answer', { jti: exampleJti(2), iat: 'now', seen: {}, data: 1 }),
  ]
}

function wrongCheck(caseNumber: string): string {
  return caseNumber.slice(0, -1) + (caseNumber.endsWith('0') ? '1' : '0')
}
