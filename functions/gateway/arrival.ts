import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import * as z from 'zod';

/** How a request came here, as far as it can be believed. */
export interface Arrival {
  /** The client's address. */
  client: string;
  proto: 'http' | 'https';
}

/** Loopback, link-local, and the private ranges that the networks of clusters are made of. */
const privateNetworks =
  '127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,fc00::/7,fe80::/10';

const network = z.union([z.cidrv4(), z.cidrv6()]);

/** In the environment: the networks of the proxies before the gateway. */
export const networksVariable = z
  .string()
  .default(privateNetworks)
  .refine(
    (text) => text.split(',').every((part) => network.safeParse(part).success),
    'must be networks such as 10.0.0.0/8,::1/128',
  )
  .transform((text) => {
    const list = new BlockList();
    for (const part of text.split(',')) {
      const [address = '', bits] = part.split('/');
      list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
    }
    return list;
  });

/**
 * Reads X-Forwarded-For from its end, where our own hops wrote: each trusted hop is believed in whom it saw, and nobody
 * before the first one that is none of ours. (On Knative ingress, activator and queue-proxy add a hop each.)
 */
export const createArrivals = (trusted: BlockList) => {
  const isOurs = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return (incoming: IncomingMessage | undefined): Arrival => {
    let client = plain(incoming?.socket.remoteAddress ?? '');
    if (!incoming || isIP(client) === 0) return { client: 'unknown', proto: 'http' };
    const { headers } = incoming;
    if (!isOurs(client)) return { client, proto: 'http' };
    const way = String(headers['x-forwarded-for'] ?? '').split(',');
    for (let at = way.length - 1; at >= 0 && isOurs(client); at--) {
      const before = plain(way[at]?.trim() ?? '');
      if (isIP(before) === 0) break;
      client = before;
    }
    return { client, proto: headers['x-forwarded-proto'] === 'https' ? 'https' : 'http' };
  };
};

export type Arrivals = ReturnType<typeof createArrivals>;

/** An IPv4 client on a socket for both is written in IPv6's way. */
const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '');
