import { titleLevelByCode } from '@hefu/reference'
import type { Text } from '../engine/procedure.ts'
import type { Certificate } from './fields.ts'

/**
 * Recognition is a rule look-up, not a vote. Each rule says for which certificates it may be named in a decision.
 * `title-senior`: senior titles issued by the two bureaus need no re-evaluation; `title-agreement`: middle and junior titles, by the
 * agreement of the bureaus concerned (川渝职称互认, 2021-03); `title-correspondence`: a qualification appointed by the local table.
 */
export const recognitionRuleCodes = ['title-senior', 'title-agreement', 'title-correspondence', 'skill-level', 'qualification'] as const

type RecognitionRuleCode = (typeof recognitionRuleCodes)[number]

interface RecognitionRule extends Text {
  readonly code: RecognitionRuleCode
  readonly appliesTo: (certificate: Certificate) => boolean
}

const rules: Readonly<Record<RecognitionRuleCode, Omit<RecognitionRule, 'code'>>> = {
  'title-senior': {
    zh: '川渝高级职称互认，无需重新评审或确认',
    en: 'Senior titles are recognised without re-evaluation',
    appliesTo: (certificate) => certificate.kind === 'title' && titleLevelByCode[certificate.level].senior,
  },
  'title-agreement': {
    zh: '中级、初级职称按双方协议互认',
    en: 'Middle and junior titles are recognised by agreement',
    appliesTo: (certificate) => certificate.kind === 'title' && !titleLevelByCode[certificate.level].senior,
  },
  'title-correspondence': {
    zh: '职业资格与职称对应',
    en: 'Correspondence of qualification and title',
    appliesTo: (certificate) => certificate.kind === 'qualification',
  },
  'skill-level': {
    zh: '职业技能等级证书互认',
    en: 'Skill-level certificates are recognised',
    appliesTo: (certificate) => certificate.kind === 'skill-level',
  },
  qualification: {
    zh: '职业资格证书互认',
    en: 'Qualification certificates are recognised',
    appliesTo: (certificate) => certificate.kind === 'qualification',
  },
}

export function ruleApplies(code: RecognitionRuleCode, certificate: Certificate): boolean {
  return rules[code].appliesTo(certificate)
}

/** The rules, with their texts, that a decision on this certificate may name. */
export function rulesFor(certificate: Certificate): readonly RecognitionRule[] {
  return recognitionRuleCodes.filter((code) => ruleApplies(code, certificate)).map((code) => ({ code, ...rules[code] }))
}
