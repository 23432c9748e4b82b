import { actorName } from '../log/actor-name.ts'

/** Whoever a system acts for, as its bureau numbers its staff: opaque, and nobody's identity number. */
export function parseStaffNumber(
  text: string,
): { readonly ok: true; readonly value: string } | { readonly ok: false; readonly why: 'form' | 'identity' } {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(text)) return { ok: false, why: 'form' }
  return isShapedLikeIdentity(text) ? { ok: false, why: 'identity' } : { ok: true, value: text }
}

/**
 * The forms of packages/reference/src/person-id.ts (18 characters for citizens, residence permits and foreign permanent residents; 15 digits of
 * before 1999; three letters and twelve digits), and of travel permits from Hong Kong and Macau, anywhere in the text and however it is
 * divided up. The form alone: a wrong check character makes a person's number no less a person's.
 */
function isShapedLikeIdentity(text: string): boolean {
  const plain = text.replaceAll(/[._-]/g, '').toUpperCase()
  return /\d{17}[\dX]|\d{15}|[A-Z]{3}\d{12}/.test(plain) || /^[HM]\d{8}(?:\d{2})?$/.test(plain)
}

/** The log's name for that person. Numbers are the agency's own, so the same number elsewhere is somebody else. */
export function staffName(key: Uint8Array, at: string, staffNumber: string): string {
  return actorName(key, `${at}#${staffNumber}`)
}
