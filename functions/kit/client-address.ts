import { isIPv6 } from 'node:net';

/**
 * Whom an address stands for: an IPv4 address one caller; of IPv6 the first 64 bits, the rest of which is anybody's to
 * choose who has them.
 */
export const addressBlock = (address: string): string => {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.toLowerCase().split('::') ?? [];
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [
    string[],
    string[],
  ];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
};

/** The client that the gateway names to a function: it takes no other's word for it, and hops add theirs behind. */
export const clientOf = (forwardedFor: string | undefined): string => {
  const first = forwardedFor?.split(',', 1)[0]?.trim();
  return first ? addressBlock(first) : 'inside';
};
