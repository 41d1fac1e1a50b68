/** Hands out names that are not taken yet. */
export class Names {
  private readonly next = new Map<string, number>()

  constructor(private readonly taken: Set<string>) {}

  /** `wish`, or `wish_2`, `wish_3`, ... */
  fresh(wish: string): string {
    let name = wish
    for (let i = this.next.get(wish) ?? 2; this.taken.has(name); i++) {
      name = `${wish}_${i}`
      this.next.set(wish, i + 1)
    }
    this.taken.add(name)
    return name
  }
}
