import { stat } from 'node:fs/promises'
import { type ExportManifest, exportManifest, parseExported } from '@hefu/protocol'
import { type Checkpoint, parseCheckpointNote } from '@hefu/translog'
import type { Text } from '../language.ts'
import { AuditError } from './audit-error.ts'
import { type ExportReader, readOrWhyNot } from './export-reader.ts'

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
  /** Notes that are there and cannot be read: paths, and why. */
  readonly unreadable: readonly { readonly path: string; readonly why: string }[]
}

/** Reads what says what the export is. Throws AuditError `manifest` or `checkpoint`: without them nothing can be checked. */
export async function openExport(reader: ExportReader): Promise<OpenedExport> {
  const manifestBytes = await readIfReadable(reader, 'manifest.json')
  const manifest = manifestBytes && parseExported(exportManifest, manifestBytes)
  if (manifest === undefined) throw noManifest(reader.folder ?? '', await whyNot(reader, manifestBytes !== undefined))
  const bytes = await readIfReadable(reader, 'checkpoint')
  const parsed = bytes && parseCheckpointNote(bytes)
  if (bytes === undefined || !parsed?.ok)
    throw new AuditError(
      'checkpoint',
      named(reader.folder ?? '', { zh: '导出目录没有可读的检查点', en: 'the export has no checkpoint that can be read' }),
    )
  const [witnessed, cosigned] = [await readNotes(reader, 'witnessed'), await readNotes(reader, 'cosigned')]
  return {
    reader,
    manifest,
    pinned: { path: 'checkpoint', bytes, checkpoint: parsed.value.checkpoint },
    witnessed: witnessed.notes,
    cosigned: cosigned.notes,
    unreadable: [...witnessed.unreadable, ...cosigned.unreadable],
  }
}

/** What somebody who is in the wrong place has to hear. */
const NO_MANIFEST = {
  'no-folder': { zh: '没有这个目录', en: 'there is no such folder' },
  unfinished: {
    zh: '导出尚未完成：再次运行同一条 hefu audit export 命令即可继续',
    en: 'the export is unfinished: the same command hefu audit export goes on with it',
  },
  none: { zh: '不是导出目录：没有 manifest.json', en: 'not an export: there is no manifest.json' },
  unreadable: { zh: '导出目录没有可读的 manifest.json', en: 'the export has no manifest.json that can be read' },
} as const

async function whyNot(reader: ExportReader, isThere: boolean): Promise<keyof typeof NO_MANIFEST> {
  if (isThere) return 'unreadable'
  if (reader.folder !== undefined && !(await isFolder(reader.folder))) return 'no-folder'
  const names = await reader.list('')
  if (names.includes('manifest.json')) return 'unreadable'
  return names.includes('pin.json') ? 'unfinished' : 'none'
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function noManifest(folder: string, why: keyof typeof NO_MANIFEST): AuditError {
  return new AuditError('manifest', named(folder, NO_MANIFEST[why]))
}

function named(folder: string, { zh, en }: Text): Text {
  return folder === '' ? { zh, en } : { zh: `${folder}：${zh}`, en: `${folder}: ${en}` }
}

async function readIfReadable(reader: ExportReader, path: string): Promise<Uint8Array | undefined> {
  const bytes = await readOrWhyNot(reader, path)
  return bytes instanceof Uint8Array ? bytes : undefined
}

async function readNotes(reader: ExportReader, folder: string) {
  const notes: ExportedNote[] = []
  const unreadable: { path: string; why: string }[] = []
  for (const name of await reader.list(folder)) {
    const path = `${folder}/${name}`
    const bytes = name.endsWith('.checkpoint') ? await readOrWhyNot(reader, path) : undefined
    if (bytes instanceof Uint8Array) notes.push({ path, bytes })
    else if (bytes?.code === 'file-unreadable') unreadable.push({ path, why: bytes.found })
  }
  return { notes, unreadable }
}
