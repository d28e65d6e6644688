import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { EgressRefused } from './errors';

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Asks for all addresses of a name, as `dns.lookup` does. */
export type ResolveHost = (
  hostname: string,
  options: { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Tells which addresses tools may connect to: public ones, and those of networks that were named on purpose. */
export class AddressPolicy {
  private readonly networks: Network[];

  constructor(networks: readonly string[]) {
    this.networks = networks.map((network) => {
      const address = ipaddr.parse(network.split('/', 1)[0]!);
      return network.includes('/') ? ipaddr.parseCIDR(network) : [address, address.kind() === 'ipv4' ? 32 : 128];
    });
  }

  /** Throws `EgressRefused` unless it is public or of a named network; `host` is what it was resolved from. */
  assert(text: string, host: string): void {
    // Takes an IPv4 address out of its mapping into IPv6.
    const address = ipaddr.process(text);
    const range = rangeOf(address);
    if (range === 'unicast') return;
    // Where clouds keep their credentials; no setting opens it.
    const isOpened =
      range !== 'linkLocal' && this.networks.some((network) => isOfKind(address, network) && address.match(network));
    if (isOpened) return;
    throw new EgressRefused(
      `${host} leads to ${address.toString()}, which is no public address (${range}). ` +
        'If tools shall reach it, name its network in EGRESS_PRIVATE_NETWORKS.',
    );
  }
}

/**
 * The `lookup` of a socket: resolves a name once, vets every address of it, and lets the socket connect to exactly those. So
 * a name that answers something else the second time gains nothing.
 */
export function vettedLookup(policy: AddressPolicy, resolve: ResolveHost = systemLookup): LookupFunction {
  return (hostname: string, options: LookupOptions, done) => {
    resolve(hostname, { all: true }, (error, addresses) => {
      if (error) return done(error, '', 0);
      try {
        for (const { address } of addresses) policy.assert(address, hostname);
      } catch (refused) {
        return done(refused as Error, '', 0);
      }
      const wanted = addresses.filter(({ family }) => !options.family || options.family === family);
      const [first] = wanted;
      if (!first) return done(new EgressRefused(`${hostname} has no address.`), '', 0);
      if (options.all) done(null, wanted);
      else done(null, first.address, first.family);
    });
  };
}

const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

// What is not given out to anybody, such as IPv4 addresses in an old notation (::7f00:1), is no public address either.
function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = address.range();
  const isOutside = address.kind() === 'ipv6' && !address.match(GLOBAL_IPV6);
  return range === 'unicast' && isOutside ? 'reserved' : range;
}

function isOfKind(address: ipaddr.IPv4 | ipaddr.IPv6, [network]: Network): boolean {
  return address.kind() === network.kind();
}
