/**
 * A signed message as few bytes: its three segments decoded, which base64url allows without loss (the check of texts in protocol refuses
 * every other spelling of the same bytes). So a sealed message, base64url again, is hardly longer than the message.
 */
const PACKED = 1
const PLAIN = 0
const SIGNATURE = 64

export function packMessage(message: string): Buffer {
  const first = message.indexOf('.')
  const second = message.lastIndexOf('.')
  const header = Buffer.from(message.slice(0, first), 'base64url')
  const payload = Buffer.from(message.slice(first + 1, second), 'base64url')
  const signature = Buffer.from(message.slice(second + 1), 'base64url')
  const packed = Buffer.concat([Buffer.of(PACKED, header.length), header, payload, signature])
  // Whatever came here by another way than the check of texts stays as it is.
  const isWhole = first > 0 && second > first && header.length < 256 && signature.length === SIGNATURE && unpackMessage(packed) === message
  return isWhole ? packed : Buffer.concat([Buffer.of(PLAIN), Buffer.from(message)])
}

export function unpackMessage(bytes: Buffer): string {
  if (bytes[0] === PLAIN) return bytes.toString('utf8', 1)
  const payloadAt = 2 + (bytes[1] as number)
  const segments = [bytes.subarray(2, payloadAt), bytes.subarray(payloadAt, -SIGNATURE), bytes.subarray(-SIGNATURE)]
  return segments.map((segment) => segment.toString('base64url')).join('.')
}
