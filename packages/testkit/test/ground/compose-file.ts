import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export type Mount = string | { type: string; source: string; target: string; read_only?: boolean; volume?: { subpath: string } }

export type ComposeService = {
  image?: string
  build?: string
  user?: string
  command?: string[]
  environment?: Record<string, string>
  volumes?: Mount[]
  ports?: string[]
  networks?: string[]
  healthcheck?: { test?: string[]; disable?: boolean }
  depends_on?: Record<string, { condition: string }>
  privileged?: boolean
  cap_drop?: string[]
  read_only?: boolean
  stop_grace_period?: string
}

export type ComposeFile = { services: Record<string, ComposeService>; networks: Record<string, unknown>; volumes: Record<string, unknown> }

export function readAtRoot(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8')
}

/** docker-compose.yml with its anchors and merge keys resolved, as Compose sees it. */
export function composeFile(): ComposeFile {
  return parse(readAtRoot('docker-compose.yml'), { merge: true }) as ComposeFile
}

/** The services that run a node, by region. */
export function nodeServices(file: ComposeFile): Map<string, { name: string; service: ComposeService }> {
  return new Map(
    Object.entries(file.services).flatMap(([name, service]) => {
      const region = service.environment?.HEFU_REGION
      return region === undefined ? [] : [[region, { name, service }]]
    }),
  )
}
