import { formatPolicies, formatVerifierKey, type Policy } from '../../src/index.ts'
import { log, logAsWitness, otherLog, renamedLog, stranger, witnessA, witnessB, witnessC } from './test-keys.ts'

/** 2 of the 3 witnesses. */
export const examplePolicy: Policy = { log: log.key, witnesses: [witnessA.key, witnessB.key, witnessC.key], threshold: 2 }

/** Content of vectors/policies.json: policy files, valid and invalid. */
export function buildPolicies() {
  const l = `log ${formatVerifierKey(log.key)}`
  const [a, b, c] = [witnessA, witnessB, witnessC].map(({ key }) => formatVerifierKey(key)) as [string, string, string]
  const witnesses = `witness A ${a}\nwitness B ${b}\nwitness C ${c}`
  const federation: Policy[] = [examplePolicy, { log: otherLog.key, witnesses: [stranger.key], threshold: 1 }]
  const policy = (group: string, quorum = 'quorum g'): string => `${l}\n${witnesses}\n${group}\n${quorum}\n`
  const renamed = formatVerifierKey({ ...witnessA.key, name: 'again.example' })
  return {
    valid: [
      { why: 'two of three', text: policy('group g 2 A B C'), policies: [{ log: log.key.name, witnesses: 3, threshold: 2 }] },
      { why: 'all', text: policy('group g all C B A'), policies: [{ log: log.key.name, witnesses: 3, threshold: 3 }] },
      {
        why: 'a single witness needs no group',
        text: `${l}\nwitness A ${a}\nquorum A\n`,
        policies: [{ log: log.key.name, witnesses: 1, threshold: 1 }],
      },
      {
        why: 'any of one',
        text: `${l}\nwitness A ${a}\ngroup g any A\nquorum g\n`,
        policies: [{ log: log.key.name, witnesses: 1, threshold: 1 }],
      },
      {
        why: 'comments, tabs, blank lines, addresses',
        text: `# 合符\n\n \t${l} https://log.example/\n\twitness  A\t${a} https://witness.example/\n  # end\nquorum A`,
        policies: [{ log: log.key.name, witnesses: 1, threshold: 1 }],
      },
      {
        why: 'one policy for each log',
        text: formatPolicies(federation),
        policies: federation.map((one) => ({ log: one.log.name, witnesses: one.witnesses.length, threshold: one.threshold })),
      },
    ],
    invalid: [
      { why: 'nothing', text: '', code: 'syntax' },
      { why: 'only a comment', text: '# later\n', code: 'syntax' },
      { why: 'no quorum line', text: `${l}\n${witnesses}\ngroup g 2 A B C\n`, code: 'syntax' },
      { why: 'no log', text: `${witnesses}\ngroup g 2 A B C\nquorum g\n`, code: 'syntax' },
      { why: 'CR LF', text: policy('group g 2 A B C').replaceAll('\n', '\r\n'), code: 'control' },
      { why: 'a word too many', text: policy('group g 2 A B C', 'quorum g h'), code: 'syntax' },
      { why: 'two addresses', text: policy('group g 2 A B C').replace(l, `${l} x y`), code: 'syntax' },
      { why: 'another keyword', text: policy('Group g 2 A B C'), code: 'syntax' },
      { why: 'two groups', text: policy('group g 2 A B C\ngroup h 2 A B C'), code: 'syntax' },
      { why: 'a group of nobody', text: policy('group g 1'), code: 'syntax' },
      { why: 'a witness after the group', text: `${l}\nwitness A ${a}\ngroup g 1 A\nwitness B ${b}\nquorum g\n`, code: 'syntax' },
      { why: 'threshold with a leading zero', text: policy('group g 02 A B C'), code: 'syntax' },
      { why: 'threshold with a sign', text: policy('group g +2 A B C'), code: 'syntax' },
      { why: 'a log key cut short', text: policy('group g 2 A B C').replace(l, l.slice(0, -1)), code: 'key' },
      { why: 'a witness key cut short', text: policy('group g 2 A B C').replace(a, a.slice(0, -1)), code: 'key' },
      { why: 'the quorum is not defined', text: policy('group g 2 A B C', 'quorum h'), code: 'name' },
      { why: 'the quorum is one witness beside a group', text: policy('group g 2 A B C', 'quorum A'), code: 'name' },
      { why: 'an unknown member', text: policy('group g 2 A B D'), code: 'name' },
      { why: 'a member twice', text: policy('group g 3 A B C A'), code: 'name' },
      { why: 'a name twice', text: policy('group g 2 A B C').replace('witness B', 'witness A'), code: 'name' },
      { why: 'a group with a witness’s name', text: policy('group A 2 A B C', 'quorum A'), code: 'name' },
      { why: 'a witness called none', text: policy('group g 2 A B C').replace('witness B', 'witness none'), code: 'name' },
      { why: 'no cosignature asked for', text: policy('group g 2 A B C', 'quorum none'), code: 'two-quorums' },
      { why: 'one of three', text: policy('group g 1 A B C'), code: 'two-quorums' },
      { why: 'any of three', text: policy('group g any A B C'), code: 'two-quorums' },
      { why: 'one of two', text: `${l}\nwitness A ${a}\nwitness B ${b}\ngroup g 1 A B\nquorum g\n`, code: 'two-quorums' },
      { why: 'none of three', text: policy('group g 0 A B C'), code: 'threshold' },
      { why: 'four of three', text: policy('group g 4 A B C'), code: 'threshold' },
      { why: 'a witness outside of the quorum', text: policy('group g 2 A B'), code: 'idle-witness' },
      { why: 'a second witness without a group', text: `${l}\nwitness A ${a}\nwitness B ${b}\nquorum A\n`, code: 'idle-witness' },
      { why: 'one key under two names of witnesses', text: policy('group g 2 A B C').replace(b, a), code: 'duplicate-key' },
      { why: 'a name the key id is not of', text: policy('group g 2 A B C').replace(b, renamed), code: 'key' },
      { why: 'a witness key as log key', text: policy('group g 2 A B C').replace(l, `log ${a}`), code: 'key-type' },
      { why: 'a log key as witness key', text: policy('group g 2 A B C').replace(a, formatVerifierKey(log.key)), code: 'key-type' },
      {
        why: 'the log’s own key as a witness',
        text: policy('group g 2 A B C').replace(c, formatVerifierKey(logAsWitness.key)),
        code: 'duplicate-key',
      },
      {
        why: 'the key of one log as a witness of another',
        text: `log ${formatVerifierKey(otherLog.key)}\nwitness A ${formatVerifierKey(logAsWitness.key)}\nquorum A\n${policy('group g 2 A B C')}`,
        code: 'duplicate-key',
      },
      {
        why: 'one key for two logs',
        text: `log ${formatVerifierKey(renamedLog.key)}\nwitness A ${a}\nquorum A\n${policy('group g 2 A B C')}`,
        code: 'duplicate-log',
      },
      { why: 'the same log twice', text: policy('group g 2 A B C') + policy('group g 3 A B C'), code: 'duplicate-log' },
    ],
  }
}
