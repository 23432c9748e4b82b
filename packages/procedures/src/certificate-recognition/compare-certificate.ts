import type { CertificateField } from './documents.ts'
import type { Certificate } from './fields.ts'

/** Which fields differ between the certificate that was shown and the one in the register, number aside. */
export function differingFields(shown: Certificate, registered: Certificate): CertificateField[] {
  const values = (certificate: Certificate): Readonly<Record<CertificateField, string>> => ({
    kind: certificate.kind,
    'holder-name': certificate.holder.name,
    'holder-id-number': certificate.holder.idNumber,
    occupation: certificate.occupation,
    level: certificate.level,
    'issue-date': certificate.issueDate,
  })
  const one = values(shown)
  const other = values(registered)
  return (Object.keys(one) as CertificateField[]).filter((field) => one[field] !== other[field])
}
