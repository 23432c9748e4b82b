import { type ExportManifest, exportManifest, parseExported } from '@hefu/protocol'
import { type Checkpoint, parseCheckpointNote } from '@hefu/translog'
import { AuditError } from './audit-error.ts'
import type { ExportReader } from './export-reader.ts'

/** A checkpoint with its signatures, as it lies in the folder. */
export interface ExportedNote {
  readonly path: string
  readonly bytes: Uint8Array
}

export interface OpenedExport {
  readonly reader: ExportReader
  readonly manifest: ExportManifest
  /** What the export is pinned to. Not verified. */
  readonly pinned: ExportedNote & { readonly checkpoint: Checkpoint }
  /** Of this log, cosigned by others. */
  readonly witnessed: readonly ExportedNote[]
  /** Of other logs, cosigned by this node. */
  readonly cosigned: readonly ExportedNote[]
}

/** Reads what says what the export is. Throws AuditError `manifest` or `checkpoint`: without them nothing can be checked. */
export async function openExport(reader: ExportReader): Promise<OpenedExport> {
  const manifestBytes = await reader.read('manifest.json')
  const manifest = manifestBytes && parseExported(exportManifest, manifestBytes)
  if (manifest === undefined)
    throw new AuditError('manifest', { zh: '导出目录没有可读的 manifest.json', en: 'the export has no manifest.json that can be read' })
  const bytes = await reader.read('checkpoint')
  const parsed = bytes && parseCheckpointNote(bytes)
  if (bytes === undefined || !parsed?.ok)
    throw new AuditError('checkpoint', { zh: '导出目录没有可读的检查点', en: 'the export has no checkpoint that can be read' })
  return {
    reader,
    manifest,
    pinned: { path: 'checkpoint', bytes, checkpoint: parsed.value.checkpoint },
    witnessed: await readNotes(reader, 'witnessed'),
    cosigned: await readNotes(reader, 'cosigned'),
  }
}

async function readNotes(reader: ExportReader, folder: string): Promise<ExportedNote[]> {
  const notes: ExportedNote[] = []
  for (const name of await reader.list(folder)) {
    const bytes = name.endsWith('.checkpoint') ? await reader.read(`${folder}/${name}`) : undefined
    if (bytes !== undefined) notes.push({ path: `${folder}/${name}`, bytes })
  }
  return notes
}
