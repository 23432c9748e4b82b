import cliProgress from 'cli-progress'

export interface Progress {
  /** One step of one line; `name` as it was given to `startProgress`. */
  done(name: string): void
  stop(): void
}

export interface ProgressLine {
  readonly name: string
  readonly title: string
  readonly total: number
}

/** Bars on a terminal, else a line at each quarter. Everything on stderr: stdout may be JSON. */
export function startProgress(
  lines: readonly ProgressLine[],
  isTerminal: boolean,
  stream: NodeJS.WritableStream = process.stderr,
): Progress {
  return isTerminal ? bars(lines, stream) : quarters(lines, stream)
}

function bars(lines: readonly ProgressLine[], stream: NodeJS.WritableStream): Progress {
  const all = new cliProgress.MultiBar(
    { stream, hideCursor: true, gracefulExit: false, format: '  {bar} {value}/{total}  {title}', linewrap: null },
    cliProgress.Presets.shades_classic,
  )
  const byName = new Map(lines.map(({ name, title, total }) => [name, all.create(total, 0, { title })]))
  return { done: (name) => byName.get(name)?.increment(), stop: () => all.stop() }
}

function quarters(lines: readonly ProgressLine[], stream: NodeJS.WritableStream): Progress {
  const counts = new Map(lines.map(({ name }) => [name, 0]))
  return {
    done(name) {
      const line = lines.find((one) => one.name === name)
      if (line === undefined) return
      const before = counts.get(name) ?? 0
      counts.set(name, before + 1)
      const quarter = (count: number) => Math.floor((count * 4) / line.total)
      if (quarter(before + 1) > quarter(before)) stream.write(`  ${before + 1}/${line.total}  ${line.title}\n`)
    },
    stop() {},
  }
}
