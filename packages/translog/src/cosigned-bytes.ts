/**
 * What a cosignature/v1 signs (C2SP tlog-cosignature): a header line that no checkpoint can begin like, the time in epoch seconds, and
 * the whole checkpoint text with its extension lines.
 */
export function cosignedBytes(checkpointText: string, time: number): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${checkpointText}`)
}
