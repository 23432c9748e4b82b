// An access token for a bureau's system, with nothing but Node: what any other language does in as many lines (RFC 7523, private_key_jwt).
//   node examples/get-token.mjs http://127.0.0.1:8080 CLIENT-ID KEY-FILE.pem
import { createPrivateKey, randomUUID, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [, , issuer, client, keyFile] = process.argv
const now = Math.floor(Date.now() / 1000)
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

// `alg` is Ed25519 (RFC 9864), not EdDSA; `aud` is the issuer alone; each assertion is used once.
const claims = { iss: client, sub: client, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 }
const input = `${encode({ alg: 'Ed25519', typ: 'JWT' })}.${encode(claims)}`
const signature = sign(null, Buffer.from(input), createPrivateKey(readFileSync(keyFile)))

const answer = await fetch(`${issuer}/oauth/token`, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: `${input}.${signature.toString('base64url')}`,
  }),
})
const body = await answer.json()
if (!answer.ok) throw new Error(`${body.error}: ${body.error_description}`)
console.log(body.access_token)
