import { createHmac, randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JsonObject } from '@reflex/core';

/** One webhook as GitHub sends it. */
export interface GitHubDelivery {
  /** Of `X-GitHub-Delivery`. */
  id: string;
  /** Of `X-GitHub-Event`, such as `issues`. */
  event: string;
  payload: JsonObject;
  /** `api.github.com` or the version of the Enterprise Server it was recorded on. */
  edition: string;
}

interface Example {
  name: string;
  examples: JsonObject[];
}

/** Every payload of the package `@octokit/webhooks-examples`: real ones, recorded by the community. */
export function githubDeliveries(): GitHubDelivery[] {
  const folder = dirname(require.resolve('@octokit/webhooks-examples/package.json'));
  return globSync('*/index.json', { cwd: folder })
    .sort()
    .flatMap((file) => {
      const kinds = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Example[];
      return kinds.flatMap(({ name, examples }) =>
        examples.map((payload) => ({ id: randomUUID(), event: name, payload, edition: dirname(file) })),
      );
    });
}

/** The headers of a delivery whose body is `body`, signed with `secret` as GitHub does. */
export function githubHeaders({ id, event }: GitHubDelivery, body: string, secret: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-delivery': id,
    'x-github-event': event,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}
