import { readFile } from 'node:fs/promises'
import { parseStrictJson } from '@hefu/protocol'
import type { Parsed } from './settings.ts'

export async function loadJson(path: string, setting: string): Promise<Parsed<unknown>> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch {
    return { ok: false, problems: [{ setting, zh: '文件不存在或无法读取', en: 'names a file that does not exist or cannot be read' }] }
  }
  const json = parseStrictJson(bytes)
  if (json.ok) return { ok: true, value: json.value }
  return {
    ok: false,
    problems: [{ setting, zh: `文件不是严格的 JSON（${json.code}）`, en: `names a file that is not strict JSON (${json.code})` }],
  }
}
