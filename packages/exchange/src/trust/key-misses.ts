/** Counts texts that came under a key nobody is known to have. Whoever refreshes manifests looks whether there are more than before. */
export class KeyMisses {
  #count = 0

  add(): void {
    this.#count++
  }

  get count(): number {
    return this.#count
  }
}
