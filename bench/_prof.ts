import { setTimeout as sleep } from 'node:timers/promises'
import { noticeBody } from './notice.ts'
import { twoNodes } from './two-nodes.ts'
const say = (l: string) => process.stderr.write(l + '\n')
await using nodes = await twoNodes({ count: undefined, queue: undefined, say })
const [a, b] = nodes.federation.nodes
await a!.stop(); await b!.stop()
await a!.start({ NODE_OPTIONS: '--cpu-prof --cpu-prof-dir=/tmp/prof/a' }); await b!.start({ NODE_OPTIONS: '--cpu-prof --cpu-prof-dir=/tmp/prof/b' })
if (process.argv[2] === 'create') {
  const t = performance.now()
  for (let n = 0; n < 300; n++) await nodes.chengdu.officer.post('/v1/violation-notices', noticeBody())
  say(`created 300 in ${performance.now() - t}`)
  await sleep(1500)
} else {
  await nodes.chengdu.operator.post('/v1/peers/500000/pause')
  const answer = await nodes.chengdu.officer.post('/v1/imports?target=violation-notice', `${noticeBody()}\n`.repeat(2000), { headers: { 'content-type': 'application/x-ndjson' } })
  for (;;) { const { body } = await nodes.chengdu.officer.get(answer.headers.get('location')!); if (String(body.state) === 'done') break; await sleep(500) }
  say('submitted'); 
  if (process.argv[2] === 'exchange') { await a!.stop(); await a!.start({ NODE_OPTIONS: '--cpu-prof --cpu-prof-dir=/tmp/prof/a2' }) }
  const t = performance.now()
  await nodes.chengdu.operator.post('/v1/peers/500000/resume')
  for (;;) { const { rows } = await nodes.chongqing.database.query('select count(*) filter (where applied_at is not null) as n from inbox'); if (Number(rows[0].n) >= 2000) break; await sleep(50) }
  say(`exchanged in ${performance.now() - t}`)
}
