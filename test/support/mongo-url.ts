/** Parts of MongoDB connection strings, which are no URLs where they name several hosts. */

function parts(url: string) {
  const match = /^(mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?)([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url);
  if (match === null) throw new Error('MONGO_URL is not a MongoDB connection string');
  const [, start = '', hosts = '', database = '', options = ''] = match;
  return { start, hosts, database, options: new URLSearchParams(options) };
}

/** Leads to another database of the same server; whoever is let in is looked up where it was. */
export function withDatabase(url: string, name: string): string {
  const { start, hosts, database, options } = parts(url);
  if (start.includes('@') && !options.has('authSource')) options.set('authSource', database || 'admin');
  return `${start}${hosts}/${name}?${options}`;
}

/** The first server's `host:port`. */
export function serverOf(url: string): string {
  const [first = ''] = parts(url).hosts.split(',');
  return first.includes(':') ? first : `${first}:27017`;
}

/** Leads to the same database by another address, and nowhere else. */
export function through(url: string, address: string): string {
  const { start, database, options } = parts(url);
  options.delete('replicaSet');
  options.set('directConnection', 'true');
  return `${start}${address}/${database}?${options}`;
}
