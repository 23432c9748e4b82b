/** What is wrong with a federation file or a registry, and where. */
export interface FederationProblem {
  /** JSON pointer into the file. */
  readonly pointer: string
  readonly zh: string
  readonly en: string
}

export function repeated(values: readonly (readonly [value: string, pointer: string])[]): FederationProblem[] {
  const seen = new Set<string>()
  return values.flatMap(([value, pointer]) => {
    if (seen.has(value)) return [{ pointer, zh: `${value} 重复出现`, en: `${value} appears twice` }]
    seen.add(value)
    return []
  })
}

export function unknownRegion(region: string, pointer: string): FederationProblem {
  return { pointer, zh: `联合体中没有区域 ${region}`, en: `the federation has no region ${region}` }
}
