import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExportOffer } from '@hefu/protocol'
import type { Files, Parts } from './build-log.ts'
import { exportFiles } from './build-log.ts'

export const TOKEN = 'auditor-token-of-a-test'

export interface LogServer extends AsyncDisposable {
  readonly url: string
  /** Paths asked for, in order. */
  readonly asked: string[]
  /** What is served from now on: the log of that epoch, and it is the live one. */
  serve(parts: Parts): void
  /** In place of what that file of the live log holds. */
  damage(path: string, bytes: Uint8Array): void
  /** Answers the request that comes after so many others by cutting the connection, and all that follow. */
  breakAfter(requests: number): void
}

/** The auditor's API over the logs of a node, on a free port. */
export async function serveLog(parts: Parts, receiptsPerPage = 7): Promise<LogServer> {
  const asked: string[] = []
  const logs: Served[] = []
  const serve = (next: Parts) => {
    logs[next.manifest.epoch] = { parts: next, files: exportFiles(next) }
  }
  serve(parts)
  let left = Number.POSITIVE_INFINITY
  const server = createServer((request, response) => {
    if (left-- <= 0) return void request.socket.destroy()
    asked.push(request.url ?? '')
    answer(request, response, logs, receiptsPerPage)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    serve,
    damage: (path, bytes) => void logs.at(-1)?.files.set(path, bytes),
    breakAfter: (requests) => {
      left = requests
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

interface Served {
  readonly parts: Parts
  readonly files: Map<string, Uint8Array>
}

function answer(request: IncomingMessage, response: ServerResponse, logs: readonly Served[], perPage: number): void {
  const url = new URL(request.url ?? '', 'http://node')
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end('{"code":"unauthorized"}')
  const log = logs[Number(url.searchParams.get('epoch') ?? logs.length - 1)]
  if (log === undefined) return void response.writeHead(404).end()
  const { parts, files } = log
  const path = url.pathname.replace(/^\/v1\/exchange-log\//, '')
  if (path === 'export') return void response.end(JSON.stringify(offerOf(parts)))
  if (path === 'receipts') receipts(url, response, parts, perPage)
  else {
    const file = fileAt(path.replace(/^bundles\//, 'tile/entries/').replace(/^tiles\//, 'tile/'), files)
    if (file === undefined) response.writeHead(404).end()
    else response.end(file)
  }
}

/** A partial tile also as narrow as it once was; once it is whole, only whole. */
function fileAt(path: string, files: Files): Uint8Array | undefined {
  const [name, width] = path.split('.p/')
  const wider = [...files.keys()].find((one) => one.startsWith(`${name}.p/`))
  return files.get(path) ?? (wider?.includes('entries') ? undefined : files.get(wider ?? '')?.subarray(0, Number(width) * 32))
}

export function offerOf({ manifest, checkpoint, witnessed, cosigned }: Parts): ExportOffer {
  const { region, origin, epoch } = manifest
  return {
    v: 1,
    region,
    origin,
    epoch,
    checkpoint,
    witnessed: Object.entries(witnessed).map(([witness, note]) => ({ witness, note })),
    cosigned: Object.entries(cosigned).map(([of, note]) => ({ origin: of, note })),
    earlier: [],
  }
}

function receipts(url: URL, response: ServerResponse, parts: Parts, perPage: number): void {
  const after = url.searchParams.get('after')
  const from = after === null ? 0 : parts.receipts.findIndex(({ digest }) => digest === after) + 1
  const page = parts.receipts.slice(from, from + perPage)
  if (from + perPage < parts.receipts.length)
    response.setHeader('link', `</v1/exchange-log/receipts?after=${page.at(-1)?.digest}>; rel="next"`)
  response.end(page.map((receipt) => `${JSON.stringify(receipt)}\n`).join(''))
}
