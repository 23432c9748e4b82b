import type { ExportManifest } from '@hefu/protocol'
import { AuditError } from './audit-error.ts'
import type { ExportReader } from './export-reader.ts'
import { type OpenedExport, openExport } from './open-export.ts'
import { plainText } from './plain-text.ts'

/** All logs of a region, the first one first, the live one last. */
export type Logs = readonly OpenedExport[]

/**
 * Two halves, each whole: what was left out of one would look as if it had been removed there. `previous`: exports of the logs that theirs
 * succeed, of either region, in any order. Throws AuditError `same-region`, `part-only`, `previous`.
 */
export async function openHalves(
  readers: readonly [ExportReader, ExportReader],
  previous: readonly ExportReader[],
): Promise<readonly [Logs, Logs]> {
  const [a, b] = [await openExport(readers[0]), await openExport(readers[1])]
  const earlier = await Promise.all(previous.map((reader) => openExport(reader)))
  if (a.manifest.region === b.manifest.region) throw sameRegion(a.manifest.region)
  for (const { manifest, pinned } of [a, b, ...earlier]) if (isPart(manifest, pinned.checkpoint.size)) throw partOnly(manifest.region)
  const halves = [withEarlier(a, earlier), withEarlier(b, earlier)] as const
  const unused = earlier.find((one) => !halves.flat().includes(one))
  if (unused !== undefined) throw notOfThese(unused.manifest.origin)
  return halves
}

/** Every log from the first to this one, each once. */
function withEarlier(live: OpenedExport, earlier: readonly OpenedExport[]): Logs {
  const { region, epoch } = live.manifest
  return Array.from({ length: epoch + 1 }, (_, at) => {
    const log = at === epoch ? live : earlier.find(({ manifest }) => manifest.region === region && manifest.epoch === at)
    if (log === undefined) throw earlierMissing(live.manifest, at)
    return log
  })
}

function sameRegion(region: string): AuditError {
  return new AuditError('same-region', {
    zh: `两个导出都属于区域 ${region}，无从比对`,
    en: `both exports are of region ${region}: there is nothing to match`,
  })
}

function isPart({ from = 0, to }: ExportManifest, size: number): boolean {
  return from > 0 || (to !== undefined && to < size)
}

/** What was left out of one half would look as if it had been removed there. */
function partOnly(region: string): AuditError {
  return new AuditError('part-only', {
    zh: `区域 ${region} 的导出只含部分条目（--from/--to），无从比对；请完整导出`,
    en: `the export of region ${region} leaves entries out (--from/--to), so nothing can be matched: export it whole`,
  })
}

function earlierMissing({ region, epoch }: ExportManifest, missing: number): AuditError {
  return new AuditError('previous', {
    zh: `区域 ${region} 的日志是第 ${epoch} 期，此前的日志也属于这一半：请导出第 ${missing} 期（export --epoch ${missing}）并以 --previous 给出`,
    en: `the log of region ${region} is of epoch ${epoch}, and those before belong to this half too: export epoch ${missing} (export --epoch ${missing}) and give it with --previous`,
  })
}

function notOfThese(origin: string): AuditError {
  const name = plainText(origin)
  return new AuditError('previous', {
    zh: `${name}：--previous 给出的日志不属于这两半，或重复给出`,
    en: `${name}: --previous gives a log that is of neither half, or twice`,
  })
}
