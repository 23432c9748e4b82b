/** Shows how far a long command is: a bar on a terminal, else a line at each quarter. On stderr: stdout may be JSON. */
export interface ProgressBar {
  show(done: number, total: number): void
  end(): void
}

const CELLS = 30

export function progressBar(
  title: string,
  stream: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean } = process.stderr,
): ProgressBar {
  let shown = -1
  const steps = stream.isTTY ? 200 : 4
  return {
    show(done, total) {
      const step = total === 0 ? steps : Math.floor((done * steps) / total)
      if (step === shown) return
      shown = step
      const cells = Math.floor((step * CELLS) / steps)
      const counts = `${done}/${total}  ${title}`
      if (stream.isTTY) stream.write(`\r  ${'█'.repeat(cells)}${'░'.repeat(CELLS - cells)} ${counts}`)
      else if (step > 0) stream.write(`  ${counts}\n`)
    },
    end() {
      if (stream.isTTY && shown >= 0) stream.write('\n')
    },
  }
}
