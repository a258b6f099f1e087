/**
 * Changes parts of MongoDB connection strings. Such a string may name several hosts, and then the class `URL`
 * cannot parse it.
 */

function parts(url: string) {
  const match = /^(mongodb(?:\+srv)?:\/\/(?:[^@/?]*@)?)([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(url);
  if (match === null) throw new Error('MONGO_URL is not a MongoDB connection string');
  const [, start = '', hosts = '', database = '', options = ''] = match;
  return { start, hosts, database, options: new URLSearchParams(options) };
}

/**
 * Returns the URL of another database on the same server. In the returned URL, the user is still
 * authenticated against the database of the original URL.
 */
export function withMongoDatabase(url: string, name: string): string {
  const { start, hosts, database, options } = parts(url);
  if (start.includes('@') && !options.has('authSource')) options.set('authSource', database || 'admin');
  return `${start}${hosts}/${name}?${options}`;
}

/** Returns `host:port` of the first server in the connection string. */
export function getFirstMongoServer(url: string): string {
  const [first = ''] = parts(url).hosts.split(',');
  return first.includes(':') ? first : `${first}:27017`;
}

/**
 * Returns the URL of the same database at another address. With this URL, the driver connects only to the
 * given address, and does not look for other members of the replica set.
 */
export function withMongoAddress(url: string, address: string): string {
  const { start, database, options } = parts(url);
  options.delete('replicaSet');
  options.set('directConnection', 'true');
  return `${start}${address}/${database}?${options}`;
}
