import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_RECEIPT_LINE_BYTES, parseReceiptLine } from '@hefu/protocol'
import { toOut } from './export-files.ts'
import { folderReader, linesOf } from './export-reader.ts'
import { badAnswer, type LogApi } from './log-api.ts'

const FILE = 'receipts.ndjson'
const PAGE = 'receipts'

/** Fetches all receipts, page by page, after those that are in the folder already. Gives how many there are. */
export async function exportReceipts(api: LogApi, folder: string): Promise<number> {
  const held = await readHeld(folder)
  await using file = await toOut(folder, () => open(join(folder, FILE), 'a'))
  // What was cut off in the middle of a line is fetched again.
  await toOut(folder, () => file.truncate(held.bytes))
  let count = held.count
  let next: string | undefined = held.last === undefined ? PAGE : `${PAGE}?after=${held.last}`
  while (next !== undefined) {
    const page = await api.page(next)
    for await (const line of linesOf(page.body, MAX_RECEIPT_LINE_BYTES)) {
      if (line === undefined || parseReceiptLine(line) === undefined) throw badAnswer(PAGE)
      await toOut(folder, () => file.appendFile(Buffer.concat([line, NEWLINE])))
      count++
    }
    next = page.next()
  }
  return count
}

const NEWLINE = Buffer.from('\n')

interface Held {
  readonly count: number
  /** Length of the whole lines. */
  readonly bytes: number
  /** Digest of the last: where to go on. */
  readonly last: string | undefined
}

async function readHeld(folder: string): Promise<Held> {
  let held: Held = { count: 0, bytes: 0, last: undefined }
  for await (const line of linesOf(folderReader(folder).stream(FILE), MAX_RECEIPT_LINE_BYTES)) {
    const receipt = line && parseReceiptLine(line)
    if (line === undefined || receipt === undefined) break
    held = { count: held.count + 1, bytes: held.bytes + line.length + 1, last: receipt.digest }
  }
  return held
}
