/**
 * Names of a region's logs (protocol.md section 4): the first has the origin that the federation gave it, the one of epoch n that name and
 * `/n`. An epoch has four digits at most, a division code six: a first log may well be named after its region.
 */
const SUCCESSOR = /^(.+)\/([1-9][0-9]{0,3})$/

export function successorOrigin(first: string, epoch: number): string {
  return `${first}/${epoch}`
}

/** Whether the log of that name came before the live one, in the same region. */
export function isEarlierLog(origin: string, live: string): boolean {
  const [, first, epoch] = SUCCESSOR.exec(live) ?? []
  if (first === undefined) return false
  if (origin === first) return true
  const [, same, earlier] = SUCCESSOR.exec(origin) ?? []
  return same === first && Number(earlier) < Number(epoch)
}
