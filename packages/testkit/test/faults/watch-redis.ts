import { once } from 'node:events'
import { connect } from 'node:net'

export interface RedisWatch {
  /** Every command that the server was given since, with all its arguments. */
  text(): string
  stop(): void
}

/** Sees everything that is ever written to a Redis: jobs are gone from it as soon as they are done. */
export async function watchRedis(url: string): Promise<RedisWatch> {
  const { hostname, port, password } = new URL(url)
  const socket = connect(Number(port), hostname)
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.on('error', () => {})
  socket.write(`AUTH ${decodeURIComponent(password)}\r\nMONITOR\r\n`)
  while (!Buffer.concat(parts).toString().startsWith('+OK\r\n+OK\r\n')) await once(socket, 'data')
  return { text: () => unescaped(Buffer.concat(parts).toString('latin1')), stop: () => socket.destroy() }
}

/** MONITOR writes what is not printable ASCII as \xHH, byte by byte. */
function unescaped(text: string): string {
  const bytes = text.replaceAll('\\"', '"').replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
