import { RepeatedToolCall } from './errors';
import { canonicalJson } from './ledger/call-keys';
import type { RequestedCall } from './model-turn';

/** So many equal calls in a row are a model that goes in circles. */
const MOST = 3;

/** Watches what a model asks for in one run, whatever the tools answer; a later attempt counts the same answers alike. */
export class RepeatedCalls {
  private last = '';
  private times = 0;

  constructor(private readonly agent: string) {}

  /** Throws `RepeatedToolCall` at the third call of the same tool with the same arguments. */
  add(calls: readonly RequestedCall[]): void {
    for (const { name, input, malformed } of calls) {
      const call = canonicalJson([name, malformed ?? input]);
      this.times = call === this.last ? this.times + 1 : 1;
      this.last = call;
      if (this.times === MOST) throw new RepeatedToolCall(this.agent, name, MOST);
    }
  }
}
