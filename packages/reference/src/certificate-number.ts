import type { CertificateKind, SkillLevelCode } from './codes/certificates.ts'
import { isProvincePrefix } from './divisions/division.ts'
import { accept, type Branded, type Parsed, refuse } from './parsed.ts'

export type CertificateNumber = Branded<'CertificateNumber'>

export type CertificateNumberError = 'not-text' | 'format' | 'unknown-province'

/** What a number tells by its structure. No published scheme has a check digit: authenticity is the issuer's answer only. */
export type CertificateNumberParts = {
  kind: CertificateKind
  /** Two digits, e.g. 51; null where the scheme has none. */
  province: string | null
  /** Year of issue, four digits; null where the scheme has none. */
  year: number | null
  level: SkillLevelCode | null
}

/**
 * Skill level, 22 characters: kind Y (employer) or S (social body), institution 4, province 2, site 6, year 2, level 1, serial 6. The level
 * is 1 to 5, or the letter T (special grade), S (chief) or X (apprentice).
 */
const skillLevelPattern = /^[YS]\d{4}(\d{2})\d{6}(\d{2})([1-5TSX])\d{6}$/
/** Qualification, 16 digits: year 2, province 2, city 2, kind of institution 0 to 4, serial 3, level 1 to 5, serial 5. */
const qualificationPattern = /^(\d{2})(\d{2})\d{2}[0-4]\d{3}([1-5])\d{5}$/
/** Titles have no national scheme: letters, digits, Chinese characters, brackets, hyphen and slash. */
const titlePattern = /^[0-9A-Za-z\u4e00-\u9fff()（）〔〕[\]/-]{4,40}$/u

/** Checks the number of a certificate of the given kind by its structure and its province. */
export function parseCertificateNumber(kind: CertificateKind, value: unknown): Parsed<CertificateNumber, CertificateNumberError> {
  if (typeof value !== 'string') return refuse('not-text')
  const parts = readParts(kind, value)
  if (parts === null) return refuse('format')
  if (parts.province !== null && !isProvincePrefix(parts.province)) return refuse('unknown-province')
  return accept(value as CertificateNumber)
}

/** The parts of a number that `parseCertificateNumber` accepted for this kind. Throws RangeError for any other text. */
export function certificateNumberParts(kind: CertificateKind, number: CertificateNumber): CertificateNumberParts {
  const parts = readParts(kind, number)
  if (parts === null) throw new RangeError(`not a number of a certificate of kind ${kind}`)
  return parts
}

function readParts(kind: CertificateKind, value: string): CertificateNumberParts | null {
  if (kind === 'title') return titlePattern.test(value) ? { kind, province: null, year: null, level: null } : null
  if (kind === 'skill-level') {
    const [, province, year, level] = skillLevelPattern.exec(value) ?? []
    return level === undefined ? null : { kind, province: province as string, year: 2000 + Number(year), level: level as SkillLevelCode }
  }
  const [, year, province, level] = qualificationPattern.exec(value) ?? []
  return level === undefined ? null : { kind, province: province as string, year: fullYear(Number(year)), level: level as SkillLevelCode }
}

/** Qualification certificates began in 1994 (劳动法 69): two digits from 94 up belong to the last century. */
function fullYear(twoDigits: number): number {
  return twoDigits >= 94 ? 1900 + twoDigits : 2000 + twoDigits
}
