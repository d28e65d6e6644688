import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Access, ApiKeys, InvalidKey, KeyRequired, readKey, type PresentedKey, type Principal } from '@reflex/auth';
import { TokenBucket } from '@reflex/core';
import { RealtimeOptions } from './realtime-options';

const SCOPE = 'events:write';

/** Somebody who may send, and what to ask for again later; without a key where access is open. */
export interface Admitted {
  principal: Principal;
  key: PresentedKey | null;
}

interface KeyUse {
  connections: number;
  bucket: TokenBucket;
}

/** Decides who may use a socket, and how much of it one key may. */
@Injectable()
export class SocketAccess {
  private readonly uses = new Map<string, KeyUse>();

  constructor(
    private readonly access: Access,
    private readonly keys: ApiKeys,
    private readonly options: RealtimeOptions,
  ) {}

  /** What the request for a socket proves by itself; `null` when its first frame has to. Throws for a wrong key. */
  async ofRequest(headers: IncomingHttpHeaders): Promise<Admitted | null> {
    if (this.access.isOpen) return { principal: await this.access.assert(headers, SCOPE), key: null };
    const text = this.access.keyOfUpgrade(headers);
    return text === undefined ? null : this.ofKey(text);
  }

  /** The same for the first frame, `{"auth": "<key>"}`. */
  async ofFrame(text: string): Promise<Admitted> {
    const key = authOf(text);
    if (key === null) throw new KeyRequired();
    return this.ofKey(key);
  }

  async isStillAdmitted({ key }: Admitted): Promise<boolean> {
    if (key === null) return true;
    try {
      await this.keys.verifyPresented(key);
      return true;
    } catch (error) {
      // An outage is no reason to turn everybody away who was let in.
      return !(error instanceof InvalidKey);
    }
  }

  /** Counts one more connection of a key; `null` when it has too many. What it answers limits all of them together. */
  enter({ principal }: Admitted): { bucket: TokenBucket | undefined; leave: () => void } | null {
    const { keyId } = principal;
    if (keyId === null) return { bucket: undefined, leave: () => undefined };
    const use = this.uses.get(keyId) ?? { connections: 0, bucket: this.newBucket() };
    if (use.connections >= this.options.maxConnectionsPerKey) return null;
    use.connections += 1;
    this.uses.set(keyId, use);
    return { bucket: use.bucket, leave: () => this.leave(keyId, use) };
  }

  private leave(keyId: string, use: KeyUse): void {
    use.connections -= 1;
    if (use.connections === 0) this.uses.delete(keyId);
  }

  private newBucket(): TokenBucket {
    const perSecond = this.options.messagesPerSecondAndKey;
    return new TokenBucket(perSecond * 2, perSecond / 1_000, performance.now());
  }

  private async ofKey(text: string): Promise<Admitted> {
    const key = readKey(text);
    if (key === null) throw new InvalidKey();
    return { principal: await this.access.assertKey(text, SCOPE), key };
  }
}

function authOf(text: string): string | null {
  try {
    const frame = JSON.parse(text) as { auth?: unknown } | null;
    return typeof frame?.auth === 'string' ? frame.auth : null;
  } catch {
    return null;
  }
}
