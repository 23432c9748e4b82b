import { createConnection } from 'node:net'
import { describe, expect, test } from 'vitest'
import { waitUntil } from '../../src/processes/wait-until.ts'
import { findRedis, startRedis } from '../../src/redis/start-redis.ts'

test('redis-server is looked for on the given path alone', () => {
  expect(findRedis('')).toBe(undefined)
  expect(findRedis('/nowhere:/also-nowhere')).toBe(undefined)
})

describe.skipIf(findRedis() === undefined)('startRedis', () => {
  test('starts a server with a password and leaves nothing behind', async () => {
    const redis = await startRedis()
    const { port, password } = new URL(redis.url)
    expect(await say(Number(port), 'PING\r\n')).toContain('NOAUTH')
    expect(await say(Number(port), `AUTH ${password}\r\nCONFIG GET maxmemory-policy\r\n`)).toContain('noeviction')
    await redis.stop()
    await waitUntil(() => !isAlive(redis.pid), 5_000)
    await expect(say(Number(port), 'PING\r\n')).rejects.toThrow()
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function say(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write(`${command}QUIT\r\n`))
    socket.on('data', (chunk) => {
      answer += String(chunk)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}
