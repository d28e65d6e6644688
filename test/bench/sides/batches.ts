interface Waiting<Item> {
  item: Item;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** The least a group commit needs: what comes in during one commit makes the next. */
export class Batches<Item> {
  private waiting: Waiting<Item>[] = [];
  private draining: Promise<void> | null = null;

  constructor(
    private readonly most: number,
    private readonly commit: (items: Item[]) => Promise<void>,
  ) {}

  get length(): number {
    return this.waiting.length;
  }

  add(item: Item): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.draining ??= new Promise<void>((begin) => setImmediate(begin)).then(() => this.drain());
    });
  }

  async idle(): Promise<void> {
    await this.draining;
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.most);
      try {
        await this.commit(batch.map(({ item }) => item));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.draining = null;
  }
}
