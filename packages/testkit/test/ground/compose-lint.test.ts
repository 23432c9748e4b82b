import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSettings } from '@hefu/node'
import { expect, test } from 'vitest'
import { optionalSettings, requiredSettings } from '../../src/processes/spawn-node.ts'
import { composeFile, nodeServices, readAtRoot } from './compose-file.ts'

const file = composeFile()
const nodes = nodeServices(file)
const services = Object.entries(file.services)
const fromSecretFile = ['DATABASE_URL', 'HEFU_MIGRATION_DATABASE_URL', 'HEFU_SEQUENCER_DATABASE_URL', 'QUEUE_URL']

test('two regions, each with its own node, PostgreSQL and Redis, on a network of its own', () => {
  expect([...nodes.keys()]).toEqual(['510100', '500000'])
  for (const { name, service } of nodes.values()) {
    expect(service.networks).toEqual([name, 'between'])
    expect(file.services[`${name}-postgres`]?.networks).toEqual([name])
    expect(file.services[`${name}-redis`]?.networks).toEqual([name])
  }
  expect(services.length).toBe(1 + 3 * nodes.size)
})

test.each([...nodes.values()])('$name is given exactly the settings that a node reads', ({ service }) => {
  const given = Object.keys(service.environment ?? {})
  const known = [...requiredSettings, ...optionalSettings]
  expect(given.filter((name) => !known.some((each) => each === name))).toEqual([])
  expect(known.filter((name) => !given.includes(name) && !fromSecretFile.includes(name))).toEqual([])
  expect(service.command).toContain('--env-file=/config/node.env')
})

test.each([...nodes])('the node accepts the settings of %s as they stand', (_, { service }) => {
  const secrets = { DATABASE_URL: 'postgres://hefu:secret@chengdu-postgres:5432/hefu', QUEUE_URL: 'redis://:secret@chengdu-redis:6379' }
  expect(readSettings({ ...service.environment, ...secrets })).toMatchObject({ ok: true, value: { queueUrl: secrets.QUEUE_URL } })
  expect(readSettings({ ...service.environment, ...secrets, HEFU_STRANGER: '1' }).ok).toBe(false)
})

test('a node starts after its keys, its database and its queue', () => {
  for (const { name, service } of nodes.values()) {
    expect(service.depends_on).toEqual({
      setup: { condition: 'service_completed_successfully' },
      [`${name}-postgres`]: { condition: 'service_healthy' },
      [`${name}-redis`]: { condition: 'service_healthy' },
    })
  }
})

test.each(services)('%s has a health check, except the one that only sets up', (name, service) => {
  expect(service.healthcheck?.disable === true).toBe(name === 'setup')
  expect((service.healthcheck?.test ?? []).length > 0).toBe(name !== 'setup')
})

test('no secret stands in the file; passwords come from files made at random', () => {
  const text = readAtRoot('docker-compose.yml')
  expect(text).not.toMatch(/:\/\/[^\s/@]*:[^\s/@]+@/)
  for (const [, service] of services) {
    const values = Object.entries(service.environment ?? {})
    expect(values.filter(([key, value]) => /PASSWORD|SECRET|TOKEN(?!_SECONDS)/.test(key) && !value.startsWith('/config/'))).toEqual([])
    expect((service.command ?? []).filter((word) => /requirepass|password=/i.test(word))).toEqual([])
  }
})

test('every region sees its own folder of the configuration alone, and writes its epoch keys alone', () => {
  for (const [region, { name }] of nodes) {
    for (const service of [name, `${name}-postgres`, `${name}-redis`]) {
      const config = file.services[service]?.volumes?.filter((mount) => typeof mount !== 'string')
      const mount = { type: 'volume', source: 'config', read_only: true }
      // What the image of PostgreSQL runs when it makes a database: the users of the node.
      const initdb = { ...mount, target: '/docker-entrypoint-initdb.d', volume: { subpath: `${region}/initdb` } }
      const own = { ...mount, target: '/config', volume: { subpath: region } }
      const epochs = { type: 'volume', source: 'config', target: '/epochs', volume: { subpath: `${region}/epochs` } }
      expect(config).toEqual(service === name ? [own, epochs] : service.endsWith('-postgres') ? [own, initdb] : [own])
    }
  }
})

test('data lies in named volumes, all of them declared and used', () => {
  const used = services.flatMap(([, service]) =>
    (service.volumes ?? []).map((mount) => (typeof mount === 'string' ? mount.split(':')[0] : mount.source)),
  )
  expect([...new Set(used)].sort()).toEqual(Object.keys(file.volumes).sort())
  for (const { name } of nodes.values()) expect(file.services[`${name}-postgres`]?.volumes).toContain(`${name}-data:/var/lib/postgresql`)
})

test('nothing is published beyond this machine, nor two on one port', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? [])
  expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:8080$/.test(port))).toEqual([])
  expect(new Set(ports).size).toBe(nodes.size)
})

test('what we build runs without root, without capabilities, on a file system it cannot write', () => {
  const ours = services.filter(([name, service]) => service.build !== undefined || name.endsWith('-redis'))
  expect(ours.length).toBe(1 + 2 * nodes.size)
  for (const [, service] of ours) {
    expect([service.cap_drop, service.read_only, service.privileged]).toEqual([['ALL'], true, undefined])
    expect(service.user ?? 'of the image').not.toMatch(/^(0|root)\b/)
  }
})

test('the image: Node 24, a user that is not root, links of the workspace kept', () => {
  const lines = readAtRoot('Dockerfile').split('\n')
  const stages = lines.filter((line) => line.startsWith('FROM '))
  expect(stages.length).toBe(2)
  for (const stage of stages) expect(stage).toMatch(/^FROM node:24-/)
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
  expect(last.filter((line) => line.startsWith('USER '))).toEqual(['USER node'])
  expect(last.findIndex((line) => line.startsWith('RUN '))).toBeLessThan(last.indexOf('USER node'))
  expect(lines.join('\n')).not.toContain('pnpm deploy')
  expect(lines).toContain('RUN pnpm install --prod --frozen-lockfile')
  expect(last.at(-2)).toBe('CMD ["node", "services/node/src/main.ts"]')
})

test('what the image copies and runs exists, and the context lets it through', () => {
  const text = readAtRoot('Dockerfile')
  const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) => (match[1] ?? '').split(' '))
  expect(copied.filter((path) => !existsSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url))))).toEqual([])
  const ignored = readAtRoot('.dockerignore').split('\n')
  expect(copied.filter((path) => !ignored.includes(`!${path}`))).toEqual([])
  expect(ignored).toContain('**/node_modules')
  const scripts = [...services.flatMap(([, service]) => service.command ?? []), 'services/node/src/main.ts'].filter((word) =>
    word.endsWith('.ts'),
  )
  expect(scripts.filter((path) => !existsSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url))))).toEqual([])
})
