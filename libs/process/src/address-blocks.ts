import { BlockList, isIP } from 'node:net';

/**
 * Parses a list of IP addresses and CIDR blocks.
 * @throws Error if an entry is neither an IP address nor a CIDR block
 */
export function parseAddressBlocks(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) addBlock(list, block);
  return list;
}

function addBlock(list: BlockList, block: string): void {
  const [address = '', prefix, ...rest] = block.split('/');
  const version = isIP(address);
  const longest = version === 6 ? 128 : 32;
  const length = prefix === undefined ? longest : Number(prefix);
  if (
    version === 0 ||
    prefix === '' ||
    rest.length > 0 ||
    !Number.isInteger(length) ||
    length < 0 ||
    length > longest
  ) {
    throw new Error('TRUSTED_PROXIES: must be a list of addresses or CIDR blocks, such as 10.0.0.0/8');
  }
  list.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
}
