import { AgentSetupError } from '../errors';
import { EgressRefused } from './errors';
import { SecretRef } from './secret';
import type { Secrets } from './secrets';

/**
 * Where a tool may connect to: `api.example.com`, `*.example.com` for its subdomains, `host:8443` for another port than the
 * scheme's own, or a secret that holds a URL, for the host of that. In a tool, `*` leaves it to the agent.
 */
export type EgressHost = string | SecretRef;

/** What counts for one tool in the hands of one agent: both must allow a host. */
export interface EgressRule {
  agent: string;
  tool: string;
  toolHosts: readonly EgressHost[];
  /** `null`: whatever the tool may. */
  agentHosts: readonly EgressHost[] | null;
}

const HOST = /^(\*|(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/** At boot: throws `AgentSetupError` for what is no host, such as a URL. */
export function assertHosts(hosts: readonly EgressHost[], whose: string): void {
  const wrong = hosts.find((host) => typeof host === 'string' && (!HOST.test(host) || host.startsWith('*:')));
  if (wrong === undefined) return;
  throw new AgentSetupError(
    `${whose} lists "${String(wrong)}" under egress. Write hosts, such as api.example.com, *.example.com or localhost:9000.`,
  );
}

/** Why a tool that goes anywhere is not taken by an agent that does not say where. */
export function hostsMissing(agent: string, tool: string): string {
  return `Tool "${tool}" may connect to any host that its agent allows, but agent "${agent}" allows none. List hosts under @Agent({ egress }).`;
}

/** Throws `EgressRefused` for a URL that the rule does not allow by its scheme, host and port. */
export function assertAllowed(url: URL, rule: EgressRule, secrets: Secrets): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new EgressRefused(`Tools speak http and https only, not ${url.protocol.slice(0, -1)}.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new EgressRefused('Credentials do not belong into a URL. Send them in a header, as secret(…).');
  }
  const host = hostOf(url);
  if (!allows(rule.toolHosts, host, secrets)) {
    throw new EgressRefused(
      `The tool "${rule.tool}" may not connect to ${host}. Its egress option lists where it may.`,
    );
  }
  if (rule.agentHosts && !allows(rule.agentHosts, host, secrets)) {
    throw new EgressRefused(
      `The agent "${rule.agent}" may not connect to ${host}. Its egress option lists where it may.`,
    );
  }
}

/** Host with port, as allow-lists and people write it; the scheme's own port is left out. */
export function hostOf({ hostname, port }: URL): string {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return port === '' ? name : `${name}:${port}`;
}

function allows(hosts: readonly EgressHost[], host: string, secrets: Secrets): boolean {
  return hosts.some((entry) => {
    if (entry instanceof SecretRef) {
      const url = secrets.has(entry) ? URL.parse(secrets.reveal(entry)) : null;
      return url !== null && hostOf(url) === host;
    }
    if (entry === '*') return true;
    if (entry.startsWith('*.')) return host.endsWith(entry.slice(1).toLowerCase());
    return entry.toLowerCase() === host;
  });
}
