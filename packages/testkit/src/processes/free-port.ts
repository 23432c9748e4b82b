import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range from which systems take ports for outgoing connections (32768 upwards on Linux), so that a process that
 * is started again does not find its port taken by somebody's connection.
 */
const lowest = 15_000
const highest = 32_000

/** A TCP port that was free on 127.0.0.1 a moment ago. Whoever binds it must be ready to find it taken, and try again. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no free port on 127.0.0.1')
  return port
}

/** `count` different ports, all held open until the last is known, so that none is handed out twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => holdAny()))
  await Promise.all(held.map((each) => each.release()))
  return held.map((each) => each.port)
}

/** Whether this port can be bound on 127.0.0.1 now. */
export async function isFree(port: number): Promise<boolean> {
  try {
    const held = await hold(port)
    await held.release()
    return true
  } catch {
    return false
  }
}

async function holdAny(): Promise<Awaited<ReturnType<typeof hold>>> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await hold(randomInt(lowest, highest))
    } catch {
      // Taken: another one.
    }
  }
  return await hold(0)
}

function hold(port: number): Promise<{ port: number; release(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') return reject(new Error('no TCP address'))
      resolve({ port: address.port, release: () => new Promise((done) => server.close(() => done())) })
    })
  })
}
