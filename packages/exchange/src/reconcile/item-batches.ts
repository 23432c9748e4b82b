import { type Item, MAX_ITEM_BYTES, MAX_ITEMS } from './heads-schemas.ts'

/** The first items that fit into one body, at least one. */
export function upToBytes(items: readonly Item[]): Item[] {
  return batchItems(items)[0] ?? []
}

/** All items, in order, in batches that each fit into one body. */
export function batchItems(items: readonly Item[]): Item[][] {
  const batches: Item[][] = []
  let bytes = 0
  for (const item of items) {
    const size = JSON.stringify(item).length
    const batch = batches.at(-1)
    if (batch === undefined || batch.length === MAX_ITEMS || bytes + size > MAX_ITEM_BYTES) {
      batches.push([item])
      bytes = size
    } else {
      batch.push(item)
      bytes += size
    }
  }
  return batches
}
