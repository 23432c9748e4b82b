/** One side of a case: a region in its role, and the agency that acts for it. */
export interface Participant {
  readonly region: string
  readonly role: string
  readonly agency: string
}
