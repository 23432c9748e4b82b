import { readFileSync } from 'node:fs'
import pg from 'pg'
import { startPostgres } from '../packages/testkit/src/postgres/start-postgres.ts'
import { messageEntry } from './log-entries.ts'
const P = await startPostgres({durable:true})
const c = new pg.Client({connectionString:P.superuserUrl}); await c.connect()
const pid=(await c.query('select pg_backend_pid() p')).rows[0].p
const cpu=()=>{const t=readFileSync(`/proc/${pid}/stat`,'utf8'); const f=t.slice(t.lastIndexOf(')')+2).split(' '); return (Number(f[11])+Number(f[12]))*10}
const base=`index bigint not null, epoch smallint not null, at timestamptz not null, kind text not null, peer text, procedure text, case_number text, jti uuid, digest text, entry text not null`
const I:Record<string,string>={
 pk:'alter table e add primary key (index, epoch)', jti:'create index on e (jti) where jti is not null', case:'create index on e (case_number, index) where case_number is not null',
 time:'create index on e using brin (at) with (pages_per_range=32)', digest:'create index on e (digest) where digest is not null',
 dhash:'create index on e using hash (digest) where digest is not null', chash:'create index on e using hash (case_number) where case_number is not null',
 pk1:'alter table e add primary key (index, epoch)'}
const variants:Record<string,string[]>={all:['pk','jti','case','time','digest'],none:[],pk:['pk'],nojti:['pk','case','time','digest'],nodigest:['pk','jti','case','time'],nocase:['pk','jti','time','digest'],dhash:['pk','jti','case','time','dhash'],notime:['pk','jti','case','digest'],bothhash:['pk','jti','chash','time','dhash']}
const N=40, B=1000
for (const round of [1,2]) for (const [name,list] of Object.entries(variants)) {
  await c.query(`drop table if exists e; drop table if exists p; create table e (${base}); create table p (id bigint generated always as identity primary key, at timestamptz not null, kind text not null, entry text not null)`)
  for (const i of list) await c.query(I[i]!)
  const rows=Array.from({length:B*N},()=>messageEntry(Date.now()))
  for (let i=0;i<N;i++) await c.query("insert into p (at,kind,entry) select now(),'message.sent',x from unnest($1::text[]) x",[rows.slice(i*B,i*B+B).map(r=>r.entry)])
  await c.query('checkpoint')
  let t=cpu(); let read=0
  for (let i=0;i<N;i++) {
    const a=cpu()
    const {rows:pend}=await c.query('select id, entry from p order by id limit 1000')
    read+=cpu()-a
    const o=pend.map(r=>JSON.parse(r.entry))
    await c.query(`with gone as (delete from p using unnest($1::bigint[],$2::text[],$3::text[],$4::text[],$5::uuid[],$6::text[]) with ordinality as t(id,peer,procedure,case_number,jti,digest,n) where p.id=t.id returning p.at,p.kind,p.entry,t.*)
     insert into e select $7::bigint+n-1,0,at,kind,peer,procedure,case_number,jti,digest,entry from gone order by n`,[pend.map(r=>r.id),o.map(x=>x.aud),o.map(x=>x.procedure),o.map(x=>x.case),o.map(x=>x.jti),o.map(x=>x.digest),i*B])
  }
  const ms=cpu()-t
  const size=(await c.query("select pg_table_size('e') t, pg_indexes_size('e') i")).rows[0]
  console.log(round,name.padEnd(9),(ms/B/N*1000).toFixed(1),'us/entry; read',(read/B/N*1000).toFixed(1),'; table',(size.t/B/N).toFixed(0),'idx',(size.i/B/N).toFixed(0))
}
await c.end(); await P.stop()
