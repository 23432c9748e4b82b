import { RECEIPT_TYP, REQUEST_TYP } from '../../src/index.ts'
import { exampleClaims } from './example.ts'
import { header, signTexts, withHeader, withMalleatedSignature, withPublicKeyAsSecret, withUnusedBit } from './forge.ts'
import { type HostileMessage, unverifiable } from './hostile-message.ts'
import { CHENGDU, CHONGQING, STRANGER } from './test-keys.ts'

const encode = (content: string): string => Buffer.from(content).toString('base64url')

/** Other spellings of a good message, and texts that are no message. */
export async function hostileTexts(token: string): Promise<HostileMessage[]> {
  const [h = '', p = '', s = ''] = token.split('.')
  // One byte more of white space until the last character has unused bits.
  const spaced = (content: object): string =>
    [0, 1].map((n) => encode(JSON.stringify(content) + ' '.repeat(n))).find((text) => text.length % 4 > 1) ?? ''
  const slashed = Buffer.from(JSON.stringify({ ...exampleClaims, basis: '??????' })).toString('base64')
  return [
    unverifiable('signature-unused-bits', 'last character of the signature with an unused bit set', `${h}.${p}.${withUnusedBit(s)}`),
    unverifiable(
      'payload-unused-bits',
      'unused bit in the payload, signed as it is',
      await signTexts(h, withUnusedBit(spaced(exampleClaims))),
    ),
    unverifiable('header-unused-bits', 'unused bit in the header, signed as it is', await signTexts(withUnusedBit(spaced(header)), p)),
    unverifiable('suffix-padding-1', 'one "=" after the signature', `${token}=`),
    unverifiable('suffix-padding-2', 'the "==" of padded base64', `${token}==`),
    unverifiable('suffix-newline', 'line feed after the signature', `${token}\n`),
    unverifiable('suffix-crlf', 'CR LF after the signature', `${token}\r\n`),
    unverifiable('suffix-carriage-return', 'CR after the signature: a line of a CRLF file', `${token}\r`),
    unverifiable('suffix-space', 'space after the signature', `${token} `),
    unverifiable('suffix-tab', 'tab after the signature', `${token}\t`),
    unverifiable('suffix-nul', 'U+0000 after the signature', `${token}\0`),
    unverifiable('suffix-dot', 'an empty fourth segment', `${token}.`),
    unverifiable('prefix-space', 'space before the header', ` ${token}`),
    unverifiable('prefix-newline', 'line feed before the header', `\n${token}`),
    unverifiable('prefix-bom', 'byte order mark before the header', `\uFEFF${token}`),
    unverifiable('prefix-bearer', 'an authorization scheme before the header', `Bearer ${token}`),
    unverifiable('space-inside', 'space between two segments', `${h}. ${p}.${s}`),
    unverifiable('newline-inside', 'payload folded over two lines', `${h}.${p.slice(0, 76)}\n${p.slice(76)}.${s}`),
    unverifiable(
      'payload-standard-alphabet',
      'payload in base64 with "/" instead of base64url, signed as it is',
      await signTexts(h, slashed.replace(/=+$/, '')),
    ),
    unverifiable('payload-padded', 'payload with padding, signed as it is', await signTexts(h, `${p}=`)),
    unverifiable(
      'segment-length-impossible',
      'payload of 4n+1 characters, signed as it is',
      await signTexts(h, `${p}${'A'.repeat((5 - (p.length % 4)) % 4)}`),
    ),
    unverifiable('full-width', 'a full-width letter in place of an ASCII one', token.replace('e', 'ｅ')),
    unverifiable('percent-encoded', 'dots percent-encoded', token.replaceAll('.', '%2E')),
    unverifiable('quoted', 'the text as a JSON string', JSON.stringify(token)),
    unverifiable(
      'json-serialization',
      'JWS JSON serialization instead of compact',
      JSON.stringify({ protected: h, payload: p, signature: s }),
    ),
    unverifiable('empty', 'no text at all', ''),
    unverifiable('dots-only', 'three empty segments', '..'),
    unverifiable('one-segment', 'payload alone', p),
    unverifiable('two-segments', 'no signature segment', `${h}.${p}`),
    unverifiable('five-segments', 'the shape of an encrypted token', `${h}.${p}.${s}.${p}.${s}`),
    unverifiable('empty-header', 'empty header segment, signed as it is', await signTexts('', p)),
    unverifiable('empty-payload', 'empty payload segment (detached content), signed as it is', await signTexts(h, '')),
    unverifiable('empty-signature', 'empty signature segment', `${h}.${p}.`),
    unverifiable('signature-short', 'signature one character short', token.slice(0, -1)),
    unverifiable('signature-long', 'signature of 66 bytes', `${h}.${p}.${s.slice(0, -1)}AAA`),
    unverifiable('signature-zero', 'signature of zero bytes only', `${h}.${p}.${'A'.repeat(86)}`),
    unverifiable('signature-bit-flipped', 'one bit of the signature flipped', `${h}.${p}.${s.startsWith('A') ? 'B' : 'A'}${s.slice(1)}`),
    unverifiable('signature-malleated', 'S + L in place of S', withMalleatedSignature(token)),
    unverifiable(
      'payload-changed',
      'amount changed after signing',
      `${h}.${encode(JSON.stringify(exampleClaims).replace('1234.00', '9234.00'))}.${s}`,
    ),
    unverifiable(
      'signature-of-another',
      'a good signature over another payload',
      `${h}.${p}.${(await signTexts(h, encode('{}'))).split('.')[2]}`,
    ),
    unverifiable(
      'stranger-key',
      'signed by a key that is in no federation file, under its own kid',
      await signTexts(encode(JSON.stringify({ ...header, kid: STRANGER.jwk.kid })), p, STRANGER.signer),
    ),
    unverifiable('stranger-under-known-kid', 'signed by a stranger under the kid of a known key', await signTexts(h, p, STRANGER.signer)),
    unverifiable(
      'other-regions-kid',
      'signed by the sender under the kid of the receiver',
      await signTexts(encode(JSON.stringify({ ...header, kid: CHONGQING.jwk.kid })), p),
    ),
    unverifiable(
      'iss-does-not-own-kid',
      'a good signature of another region, in the name of the sender',
      await signTexts(encode(JSON.stringify({ ...header, kid: CHONGQING.jwk.kid })), p, CHONGQING.signer),
    ),
  ]
}

/** Headers other than exactly `alg`, `kid`, `typ`; correctly signed unless the attack is another one. */
export async function hostileHeaders(): Promise<HostileMessage[]> {
  const json = JSON.stringify(header)
  const signed = async (name: string, why: string, content: object | string | Uint8Array): Promise<HostileMessage> =>
    unverifiable(`header-${name}`, why, await withHeader(content))
  const unsigned = `${encode(JSON.stringify({ ...header, alg: 'none' }))}.${encode(JSON.stringify(exampleClaims))}.`
  return [
    unverifiable('header-alg-none-unsigned', 'alg none without a signature', unsigned),
    unverifiable('header-alg-hs256-public-key', 'HS256 with the public key as the secret', withPublicKeyAsSecret()),
    await signed('alg-none', 'alg none, with a good signature', { ...header, alg: 'none' }),
    await signed('alg-eddsa', 'the polymorphic name of the same algorithm', { ...header, alg: 'EdDSA' }),
    await signed('alg-hs256', 'alg HS256', { ...header, alg: 'HS256' }),
    await signed('alg-es256', 'alg ES256', { ...header, alg: 'ES256' }),
    await signed('alg-ed448', 'alg Ed448', { ...header, alg: 'Ed448' }),
    await signed('alg-lower-case', 'alg in lower case', { ...header, alg: 'ed25519' }),
    await signed('alg-missing', 'no alg', { kid: header.kid, typ: header.typ }),
    await signed('alg-null', 'alg null', { ...header, alg: null }),
    await signed('alg-array', 'alg as a list', { ...header, alg: ['Ed25519'] }),
    await signed('alg-twice', 'alg twice: none, then Ed25519', json.replace('{', '{"alg":"none",')),
    await signed('alg-twice-escaped', 'alg twice, once spelled with an escape', json.replace('{', '{"\\u0061lg":"Ed25519",')),
    await signed('kid-twice', 'kid twice', json.replace('{', `{"kid":"${STRANGER.jwk.kid}",`)),
    await signed('typ-twice', 'typ twice with the same value', json.replace('{', `{"typ":"${header.typ}",`)),
    await signed('jwk', 'brings its own key', { ...header, jwk: CHENGDU.jwk }),
    await signed('jku', 'names an address to fetch keys from', { ...header, jku: 'https://keys.example/jwks' }),
    await signed('x5u', 'names an address to fetch a certificate from', { ...header, x5u: 'https://keys.example/cert' }),
    await signed('x5c', 'brings its own certificate', { ...header, x5c: ['MIIB'] }),
    await signed('crit', 'crit', { ...header, crit: ['exp'], exp: 1 }),
    await signed('crit-empty', 'empty crit', { ...header, crit: [] }),
    await signed('b64', 'unencoded payload option (RFC 7797)', { ...header, b64: false, crit: ['b64'] }),
    await signed('b64-true', 'b64 with its default value', { ...header, b64: true }),
    await signed('cty', 'cty', { ...header, cty: 'json' }),
    await signed('zip', 'compressed payload', { ...header, zip: 'DEF' }),
    await signed('proto', 'a member called __proto__', json.replace('{', '{"__proto__":{"alg":"Ed25519"},')),
    await signed(
      'proto-for-alg',
      'alg only on the prototype',
      `{"__proto__":{"alg":"Ed25519"},"kid":"${header.kid}","typ":"${header.typ}"}`,
    ),
    await signed('typ-missing', 'no typ', { alg: header.alg, kid: header.kid }),
    await signed('typ-jwt', 'typ JWT', { ...header, typ: 'JWT' }),
    await signed('typ-receipt', 'a receipt passed off as a message', { ...header, typ: RECEIPT_TYP }),
    await signed('typ-request', 'a request token passed off as a message', { ...header, typ: REQUEST_TYP }),
    await signed('typ-upper-case', 'typ in upper case', { ...header, typ: 'HEFU-MESSAGE+JWT' }),
    await signed('typ-application', 'typ with its application/ prefix', { ...header, typ: 'application/hefu-message+jwt' }),
    await signed('typ-number', 'typ a number', { ...header, typ: 1 }),
    await signed('kid-missing', 'no kid', { alg: header.alg, typ: header.typ }),
    await signed('kid-null', 'kid null', { ...header, kid: null }),
    await signed('kid-number', 'kid a number', { ...header, kid: 0 }),
    await signed('kid-array', 'kid as a list', { ...header, kid: [header.kid] }),
    await signed('kid-object', 'kid an object', { ...header, kid: { x: header.kid } }),
    await signed('kid-empty', 'empty kid', { ...header, kid: '' }),
    await signed('kid-path', 'kid a path', { ...header, kid: '../../../../../../../../../../etc/hostname' }),
    await signed('kid-sql', 'kid a piece of SQL', { ...header, kid: "' OR '1'='1' -- " }),
    await signed('kid-proto', 'kid the name of a prototype', { ...header, kid: '__proto__' }),
    await signed('kid-space', 'kid with a space after it', { ...header, kid: `${header.kid} ` }),
    await signed('kid-unused-bits', 'kid with an unused bit set', { ...header, kid: withUnusedBit(header.kid) }),
    await signed('array', 'header a list', [header]),
    await signed('null', 'header null', 'null'),
    await signed('text', 'header a JSON string', JSON.stringify(json)),
    await signed('not-json', 'header not JSON', 'alg=Ed25519'),
    await signed('bom', 'byte order mark in the header', `\uFEFF${json}`),
    await signed('utf8', 'header not UTF-8', Buffer.concat([Buffer.from(json.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')])),
    await signed('trailing-comma', 'trailing comma', json.replace('}', ',}')),
    await signed('trailing-text', 'something after the header', `${json}{}`),
    await signed('nul', 'U+0000 in kid', json.replace(header.kid, `${header.kid}\\u0000`)),
  ]
}
