/** A text in both languages of the house. */
export type Bilingual = { readonly zh: string; readonly en: string }
