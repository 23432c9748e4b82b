import type { Text } from '../language.ts'

/** `error`: the evidence does not hold; `warning`: somebody has to explain it; `note`: an honest export has it too, no verdict. */
export type Severity = 'error' | 'warning' | 'note'

interface Meaning extends Text {
  readonly severity: Severity
}

const error = (zh: string, en: string): Meaning => ({ severity: 'error', zh, en })
const warning = (zh: string, en: string): Meaning => ({ severity: 'warning', zh, en })
const note = (zh: string, en: string): Meaning => ({ severity: 'note', zh, en })

const TREE = {
  'file-missing': error('导出缺少该文件，其中的内容无法核验。', 'The export lacks this file, so what it held cannot be checked.'),
  'file-unreadable': error(
    '文件在而无法读取，其中的内容无法核验。',
    'The file is there and cannot be read, so what it holds cannot be checked.',
  ),
  'file-form': error(
    '文件不是规定的格式，导出已损坏或被改动。',
    'The file does not have its format: the export is damaged or was altered.',
  ),
  'not-examined': note(
    '导出只含部分条目，其余条目仅以哈希证明，内容未经核验。',
    'The export leaves entries out: of those nothing is known but that their hashes are in the tree.',
  ),
  'leaf-differs': error(
    '条目内容与树中的叶哈希不符：该条目或其哈希瓦片被改动，或导出文件损坏；请先重新导出。',
    'The entry is not the one that the hash tile was built over: one of the two was altered, or the file is damaged. Export again first.',
  ),
  'tile-differs': error('哈希瓦片与其下层不符：树被改动。', 'The hash tile does not follow from the level below it: the tree was altered.'),
  'tree-cut': error(
    '自此以后整棵树的文件都不在：检查点所述的长度不可信，其余未再核验。',
    'From here on no file of the tree is there: the size that the checkpoint names is not to be believed, and the rest was not looked at.',
  ),
  'root-differs': error(
    '此导出中的树不通向检查点：有条目或哈希瓦片被改动、删除、插入或调换，或文件损坏；请先重新导出。',
    'The tree in this export does not lead to the checkpoint: an entry or a hash tile was altered, removed, inserted or moved, or a file is damaged. Export again first.',
  ),
} as const

const HEADS = {
  'manifest-differs': error('清单与检查点所述不一致。', 'The manifest and the checkpoint do not say the same.'),
  'checkpoint-signature': error('检查点没有日志密钥的有效签名。', 'The checkpoint bears no good signature of the log’s key.'),
  'witness-signature': error('见证检查点的签名无效。', 'A witnessed checkpoint bears a signature that does not verify.'),
  'witness-contradicts': error(
    '见证人联署过的历史不是这一份：重新导出后仍如此，即历史被改写。',
    'A witness cosigned another history than this one: if it stays so in a new export, the history was rewritten.',
  ),
  'witness-beyond': error(
    '见证人联署过更长的日志：尾部被截断或恢复了旧库。',
    'A witness cosigned a longer log: its tail was cut, or an old database was restored.',
  ),
  'no-quorum': error(
    '没有达到规定数量的见证人联署，历史未获证明。',
    'No quorum of witnesses cosigned any head: nothing of this history is proven.',
  ),
  'head-old': error(
    '最近的足数联署早于导出五分钟以上：可能隐去了新条目或见证已停止。',
    'The newest head with a quorum is more than 5 minutes older than the export: newer entries may be held back, or witnessing has stopped.',
  ),
  'head-ahead': warning(
    '足数联署的时间晚于导出：见证人的时钟有误，或以此掩饰日志头的陈旧。',
    'The quorum’s cosignatures are dated after the export: a witness’s clock is wrong, or hides how old the head is.',
  ),
  unproven: note('此后的条目尚无足数联署，暂未获证明。', 'From here on no quorum has cosigned yet: these entries are unproven.'),
  rollback: error('日志比上次核验时更短：已有条目被删除。', 'The log is shorter than when it was last verified: entries were removed.'),
  fork: error(
    '上次核验过的部分已经不同：向不同的人出示了不同的历史。',
    'The part verified last time has changed: different histories were shown.',
  ),
} as const

const ENTRIES = {
  'entry-form': error('条目不是规范 JSON（RFC 8785）。', 'The entry is not canonical JSON (RFC 8785).'),
  'entry-schema': error('条目不符合其种类的封闭结构。', 'The entry does not have the closed schema of its kind.'),
  'entry-party': error('条目所述的当事区域与本日志不符。', 'The entry names regions that do not belong to this log.'),
  'entry-repeated': error('同一报文或回执记录了两次。', 'One message or receipt is logged twice.'),
  'time-backwards': error('记录时间倒退：条目可能是事后插入的。', 'Time runs backwards: the entry may have been inserted later.'),
  'heartbeat-gap': warning(
    '日志有一段时间没有任何条目，心跳也没有：记录曾经停止。',
    'For a time there is no entry and no heartbeat: logging had stopped.',
  ),
  'node-away': note('节点停机期间没有条目。', 'No entries while the node was stopped.'),
  'successor-missing': error('后继日志的首条不是 log.successor。', 'Entry 0 of a successor log is not log.successor.'),
  'successor-misplaced': error('log.successor 出现在不该出现的位置。', 'A log.successor stands where none may be.'),
  'successor-differs': error(
    '后继日志所接续的不是上次核验的旧日志。',
    'The successor does not continue the old log as it was last verified.',
  ),
} as const

const PREVIOUS = {
  'previous-unchecked': note(
    '本日志接续一份旧日志；未提供旧日志的导出（--previous），旧日志未经核对。',
    'This log succeeds another; without an export of that (--previous) the previous epoch was not looked at.',
  ),
  'previous-other': error(
    '所给的旧日志不是本日志首条所述的那一份。',
    'The previous export is of another log than the one that entry 0 names.',
  ),
  'previous-unverified': error(
    '旧日志的导出本身未通过核验：请单独核验它。',
    'The export of the previous log does not verify by itself: verify it on its own.',
  ),
  'previous-differs': error(
    '旧日志在所述长度处的根与本日志首条所述不同：旧历史被改写。',
    'At the size that entry 0 names the previous log has another root: the old history was rewritten.',
  ),
  'previous-beyond': error(
    '见证人联署过的旧日志比首条所述更长：接续时丢弃了已见证的条目。',
    'Witnesses cosigned more of the previous log than entry 0 takes up: witnessed entries were dropped at the change.',
  ),
  'previous-short': warning(
    '旧日志的导出短于首条所述，接续关系未获证明。',
    'The previous export ends before the head that entry 0 names: that this log continues it is not proven.',
  ),
} as const

const RECEIPTS = {
  'receipt-form': error('回执行无法读取。', 'A line of the receipts cannot be read.'),
  'receipt-digest': error('回执的摘要不是其原文的摘要。', 'The digest is not that of the receipt’s text.'),
  'receipt-tree': error('回执所列报文算不出其签名的根。', 'The messages listed do not give the root that the receipt signs.'),
  'receipt-key-doubtful': note(
    '签发该回执的密钥后来泄露。它是否早于泄露，由办件的证据包判断（hefu audit case）。',
    'The key that signed this receipt was compromised later. Whether the receipt is older than that, the evidence of its case says (hefu audit case).',
  ),
  'receipt-signature': error(
    '回执签名无效，或不属于应签的区域。',
    'The receipt’s signature does not verify, or is not of the region that should have signed.',
  ),
  'content-request': error(
    '关于删除或召回的请求无法核验，或不属于本办件。',
    'A request to erase or give back content does not verify, or is about another case.',
  ),
  'content-answer': error(
    '对删除或召回请求的答复无法核验，或答复的不是该请求。',
    'The answer to a request to erase or give back content does not verify, or answers another request.',
  ),
  'content-unproven': error(
    '没有日志证明这份删除或召回的请求或答复。',
    'No log proves this request to erase or give back content, or this answer to one.',
  ),
  'content-answer-missing': error(
    '日志证明该请求已获答复，而证据包中没有答复：答复被移除。',
    'A log proves an answer to this request, and the package does not have it: it was left out.',
  ),
  'content-by-one': note(
    '该请求及其答复只有一方的日志证明，另一方的日志未提供证明。',
    'The log of one party alone proves this request with its answer; there is no proof from the other’s.',
  ),
  'receipt-unlogged': error(
    '有回执而日志中没有对应条目：日志遗漏了该回执。',
    'There is a receipt and no entry for it: the log leaves it out.',
  ),
  'receipt-differs': error('日志条目所述与回执原文不符。', 'The entry and the receipt itself do not say the same.'),
  'receipt-missing': error('日志记有回执而原文缺失：回执被移除。', 'The log has a receipt whose text is missing: it was dropped.'),
  'receipt-repeated': error('同一回执出现两次。', 'One receipt appears twice.'),
  'receipt-partial': warning(
    '回执覆盖的报文多于此处所列：未列出的可能从未记入日志。',
    'The receipt covers more messages than are shown: those left out may never have been logged.',
  ),
  'receipt-unproven': note('回执晚于本检查点，下次导出再核验。', 'The receipt is newer than this checkpoint: the next export shows it.'),
  'message-earlier': note(
    '回执所答复的报文不在本日志中，应在其接续的旧日志中：--previous 可核对。',
    'A receipt answers a message that this log does not have: the log before it should; --previous looks.',
  ),
  'message-unlogged': error(
    '回执证明了一份报文而日志没有它：报文被删除。',
    'A receipt proves a message that the log does not have: it was removed.',
  ),
  'message-differs': error('日志与回执对同一报文的说法不同。', 'The log and the receipt say different things of one message.'),
  'message-unreceipted': error(
    '收到的报文不在任何已签发的回执中：回执被移除。',
    'A message was received and no issued receipt covers it: a receipt was dropped.',
  ),
  'message-receipted-twice': error('两份回执都含同一报文。', 'Two receipts cover one message.'),
  'message-late': warning(
    '发出已久而没有回执：对方未收到，或没有答复。',
    'Sent long ago and still no receipt: the peer has not got it, or does not answer.',
  ),
  'message-open': note('已发出，尚无回执。', 'Sent, no receipt yet.'),
} as const

const MATCH = {
  'half-unverified': error(
    '这一半本身未通过核验，比对结果只供参考。',
    'This half does not verify by itself: what it is compared with proves little.',
  ),
  'sent-not-received': error(
    '一方发出并持有对方回执，对方日志却没有：对方删除了它。',
    'One half sent it and holds the other’s receipt; the other’s log does not have it: it was removed there.',
  ),
  'sent-missing': warning('发出已久，对方日志没有，也没有回执。', 'Sent long ago; the other half has no entry, and there is no receipt.'),
  'sent-late': note('刚发出，对方日志还没有。', 'Sent just now; the other half does not have it yet.'),
  'received-not-sent': error(
    '一方收到，发送方日志却没有：发送方删除了它。',
    'One half received it; the log of its sender does not have it: it was removed there.',
  ),
  'refused-elsewhere': note(
    '收到一份本应发往他处的报文并已拒收：他人可以转来，发送方不必记有发往此处。',
    'A message meant for another region came here and was refused: others can show it here, its sender need not have sent it here.',
  ),
  'received-later': note('对方导出之后才收到，发送方的导出未及。', 'Received when the export of its sender had already been made.'),
  'message-unlike': error('两半对同一报文的记载不同。', 'The two halves record one message differently.'),
  'receipt-not-issued': error(
    '一方持有回执，签发方日志却没有：签发方删除了它。',
    'One half holds a receipt that its issuer’s log does not have: it was removed there.',
  ),
  'receipt-not-received': warning('签发已久的回执，对方日志没有。', 'A receipt issued long ago is not in the other half’s log.'),
  'receipt-late': note('刚签发的回执，对方日志还没有。', 'A receipt issued just now is not in the other half’s log yet.'),
  'receipt-unlike': error('两半对同一回执的记载不同。', 'The two halves record one receipt differently.'),
  'cosigned-contradicts': error(
    '另一方联署过的检查点不属于这份历史：出示了不同的历史。',
    'The other half cosigned a head that is not of this history: different histories were shown.',
  ),
  'cosigned-beyond': error(
    '另一方联署过更长的日志：这一半的尾部被截断。',
    'The other half cosigned a longer log: the tail of this half was cut.',
  ),
  'cosigned-later': note(
    '另一方的导出较晚，其联署的检查点比这一半长；重新导出这一半即可核验其尾部。',
    'The other half was exported later and cosigned a longer log by then: export this half again to check its tail.',
  ),
  'cosigned-unchecked': note(
    '没有策略文件，未核验另一方所持检查点的签名。',
    'Without a policy the signatures of the heads that the other half holds are not checked.',
  ),
} as const

const EVIDENCE = {
  'document-digest': error('文书原文的摘要不符。', 'The digest is not that of the document’s text.'),
  'document-signature': error('文书签名无效，或不属于发文区域。', 'The document’s signature does not verify, or is not of its sender.'),
  'document-case': error('文书不属于本办件。', 'The document is not of this case.'),
  'case-unproven': error(
    '该文书未附内容，所附证明也都没有写明办件：不能证明它属于本办件。',
    'Its content is not in the package, and no proof names the case: that the document is of this case is not proven.',
  ),
  'document-missing': error(
    '其他文书提到的文书不在证据包中：有文书被移除。',
    'A document that others have seen is not in the package: it was left out.',
  ),
  'document-repeated': error('同一文书出现两次。', 'One document appears twice.'),
  'document-unproven': error('该文书没有任何日志证明。', 'No log proves this document.'),
  'proven-by-one': note(
    '只有一方的日志证明该文书，另一方的日志未提供证明。',
    'The log of one party alone proves this document; there is no proof from the other’s.',
  ),
  'peer-unproven': note(
    '制作证据包时该区域没有应答，或未能证明全部文书。',
    'When the package was made this region did not answer, or did not prove all documents.',
  ),
  'content-not-held': note('未附内容，只证明其摘要。', 'The content is not in the package: only its digest is proven.'),
  'receipt-path': error(
    '路径不能从该文书通向回执签名的根。',
    'The path does not lead from this document to the root that the receipt signs.',
  ),
  'receipt-open': note('该文书尚无回执。', 'This document has no receipt yet.'),
  'proof-form': error('日志证明无法读取。', 'A log proof cannot be read.'),
  'proof-log': error('该日志不在策略中，其证明不能采信。', 'The policy does not know this log: its proof counts for nothing.'),
  'proof-invalid': error('日志证明不成立。', 'A log proof does not hold.'),
  'proof-quorum': error('证明所用检查点没有足数联署。', 'The checkpoint of this proof has no quorum.'),
  'proof-entry': error('被证明的条目不是关于这份文书的。', 'The entry that is proven is not about this document.'),
  'key-invalid': error('密钥记录有误。', 'A key record is wrong.'),
  'key-unknown': error('联合体文件中没有该密钥。', 'The federation file does not have this key.'),
  'key-late': error(
    '签名首次被见证时，密钥已过期并超过投递期限。',
    'When the signature was first witnessed the key had expired, and the delivery horizon after it.',
  ),
  'key-early': error('签名首次被见证时，密钥尚未启用。', 'When the signature was first witnessed the key was not in use yet.'),
  'key-doubtful': warning(
    '签名首次被见证时密钥已泄露而尚未公告，真伪存疑。',
    'The signature was first witnessed after the key was compromised and before anybody was told: it is doubtful.',
  ),
  'key-compromised': error(
    '密钥已泄露，且此签名首次被见证时已经公告（或从未被见证）：不能采信。',
    'The key was compromised, and all had been told when the signature was first witnessed, or nobody witnessed it: it counts for nothing.',
  ),
  'keys-claimed': note('未提供联合体文件：密钥只是证据包自称的。', 'Without a federation file the keys are only what the package claims.'),
  'checkpoint-fork': error(
    '同一日志同一大小有两个不同的根：出示了不同的历史。',
    'One log has two roots at one size: different histories were shown.',
  ),
  'checkpoint-unknown': error('附带的检查点不成立。', 'A checkpoint of the package does not hold.'),
} as const

/** Every finding there can be, with what it means in one sentence. A new code does not compile without its meaning. */
export const MEANINGS = { ...TREE, ...HEADS, ...ENTRIES, ...PREVIOUS, ...RECEIPTS, ...MATCH, ...EVIDENCE } satisfies Record<string, Meaning>

export type FindingCode = keyof typeof MEANINGS
