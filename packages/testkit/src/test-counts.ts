import type { TestModule } from 'vitest/node'

export type TestCounts = { passed: number; failed: number; skipped: number; problems: string[] }

/**
 * Counts what a run has shown. A file that could not be loaded, a suite whose hook failed and a file without a single
 * test are failures of their own: otherwise their tests would be missing from the count without anybody noticing.
 * `filtered`: tests that a name pattern left out are not counted as skipped, and a file may have none left.
 */
export function countTests(modules: readonly TestModule[], options: { filtered: boolean }): TestCounts {
  const counts: TestCounts = { passed: 0, failed: 0, skipped: 0, problems: [] }
  for (const module of modules) {
    let tests = 0
    for (const test of module.children.allTests()) {
      tests++
      const { state } = test.result()
      if (state === 'passed') counts.passed++
      else if (state === 'failed') counts.failed++
      else if (!options.filtered) counts.skipped++
    }
    const errors = [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())]
    if (tests === 0 && errors.length === 0 && !options.filtered) fail(counts, `${module.relativeModuleId}: no test in this file`)
    for (const error of errors) fail(counts, `${module.relativeModuleId}: ${error.message}`)
  }
  return counts
}

function fail(counts: TestCounts, problem: string): void {
  counts.failed++
  counts.problems.push(problem)
}
