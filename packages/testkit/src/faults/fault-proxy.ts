import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ActiveFault,
  activate,
  type Fault,
  type FaultOptions,
  flipOneBit,
  type InjectedFault,
  OF_THE_LOG,
  type SeenAnswer,
  type SeenRequest,
} from './fault.ts'

/** What passed, in the order of arrival. `answer` is what the sender was given, if anything. */
export type Exchange = { request: SeenRequest; faults: Fault['kind'][]; forwarded: number; answer?: SeenAnswer }

export type FaultProxy = {
  /** Base URL on 127.0.0.1, to be given to the sender in the place of the target's. */
  url: string
  /** Puts a fault on the link until it is removed or used up. Several work together, in the order they were put. */
  inject(fault: Fault, options?: FaultOptions): InjectedFault
  /** Removes all faults. */
  heal(): void
  /** The last 1,000 exchanges. */
  exchanges(): readonly Exchange[]
  /** Requests seen, requests handed to the target (a duplicate counts twice) and answers given to the sender; without those of the exchange log. */
  counts(): { requests: number; forwarded: number; answered: number }
  stop(): Promise<void>
}

const remembered = 1_000

/**
 * A proxy on 127.0.0.1 for one directed link between two nodes. It passes requests unchanged, Host included, as a cable
 * would; faults are switched on and off while it runs. A request goes on although its sender has hung up: so does a packet.
 */
export async function startFaultProxy(options: { target: string; port?: number }): Promise<FaultProxy> {
  const target = new URL(options.target)
  const agent = new Agent({ keepAlive: true })
  const faults = new Set<ActiveFault>()
  const log: Exchange[] = []
  const counts = { requests: 0, forwarded: 0, answered: 0 }
  const uncounted = { ...counts }

  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => incoming.socket.resetAndDestroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming)
    const active = [...faults].filter((each) => each.take(request))
    const exchange: Exchange = { request, faults: active.map((each) => each.fault.kind), forwarded: 0 }
    const counted = OF_THE_LOG.test(request.path) ? uncounted : counts
    counted.requests++
    log.push(exchange)
    if (log.length > remembered) log.shift()

    const sent = await beforeTarget(request, active)
    if (sent === 'reset') return void incoming.socket.resetAndDestroy()
    const answer = 'own' in sent ? sent.own : await afterTarget(await hand(sent.request, active, exchange, counted), request, active)
    if (answer === 'reset') return void incoming.socket.resetAndDestroy()
    exchange.answer = answer
    counted.answered++
    outgoing.writeHead(answer.status, { ...endToEnd(answer.headers), 'content-length': String(answer.body.length) })
    outgoing.end(answer.body)
  }

  async function hand(
    request: SeenRequest,
    active: readonly ActiveFault[],
    exchange: Exchange,
    counted: { forwarded: number },
  ): Promise<SeenAnswer> {
    const copies = active.some((each) => each.fault.kind === 'duplicate') ? 2 : 1
    exchange.forwarded = copies
    counted.forwarded += copies
    const [first] = await Promise.all(Array.from({ length: copies }, () => forward(target, agent, request)))
    if (first === undefined) throw new Error('nothing was forwarded')
    return first
  }

  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    inject(fault, faultOptions = {}) {
      const active = activate(fault, faultOptions)
      faults.add(active)
      void active.removed.then(() => faults.delete(active))
      return active
    },
    heal() {
      for (const each of faults) each.remove()
    },
    exchanges: () => log,
    counts: () => ({ ...counts }),
    async stop() {
      for (const each of faults) each.remove()
      agent.destroy()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function beforeTarget(
  request: SeenRequest,
  active: readonly ActiveFault[],
): Promise<'reset' | { request: SeenRequest } | { own: SeenAnswer }> {
  let passed = request
  for (const { fault, removed } of active) {
    if (fault.kind === 'drop-request') return 'reset'
    if (fault.kind === 'cut') {
      if (fault.how === 'hang') await removed
      return 'reset'
    }
    if (fault.kind === 'hold') await removed
    if (fault.kind === 'delay') await sleep(fault.ms)
    if (fault.kind === 'status') return { own: ownAnswer(fault) }
    if (fault.kind === 'corrupt' && fault.part === 'request') passed = { ...passed, body: flipOneBit(passed.body) }
  }
  return { request: passed }
}

async function afterTarget(given: SeenAnswer, request: SeenRequest, active: readonly ActiveFault[]): Promise<'reset' | SeenAnswer> {
  let answer = given
  for (const { fault } of active) {
    if (fault.kind === 'drop-answer') return 'reset'
    if (fault.kind === 'corrupt' && fault.part === 'answer') answer = { ...answer, body: flipOneBit(answer.body) }
    if (fault.kind === 'replace-answer') {
      const { status, body } = fault.replace(answer, request)
      answer = { ...answer, status: status ?? answer.status, body: Buffer.from(body) }
    }
  }
  return answer
}

function ownAnswer(fault: Extract<Fault, { kind: 'status' }>): SeenAnswer {
  const page = `<html><head><title>${fault.status}</title></head><body><center><h1>${fault.status}</h1></center></body></html>\n`
  return {
    status: fault.status,
    headers: { 'content-type': fault.contentType ?? 'text/html', ...fault.headers },
    body: Buffer.from(fault.body ?? page),
  }
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  return { method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: incoming.headers, body: await readAll(incoming) }
}

function forward(target: URL, agent: Agent, request: SeenRequest): Promise<SeenAnswer> {
  return new Promise((resolve, reject) => {
    const headers = { ...endToEnd(request.headers), ...(request.body.length > 0 ? { 'content-length': String(request.body.length) } : {}) }
    const outgoing = httpRequest(
      { agent, host: target.hostname, port: target.port, method: request.method, path: request.path, headers },
      (incoming) => {
        readAll(incoming).then((body) => resolve({ status: incoming.statusCode ?? 502, headers: incoming.headers, body }), reject)
      },
    )
    outgoing.once('error', reject)
    outgoing.end(request.body)
  })
}

/** RFC 9110 §7.6.1: what belongs to one connection is not passed on; lengths are written anew. */
function endToEnd(headers: SeenRequest['headers']): Record<string, string | string[]> {
  const hop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade', 'te', 'trailer', 'expect'])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined || hop.has(name) ? [] : [[name, value]])),
  )
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
