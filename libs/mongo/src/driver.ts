import { createRequire } from 'node:module';
import type mongoose from 'mongoose';
import { patchWritesToFailOnClose } from './closing-writes.ts';
import { patchPoolCheckInterval } from './pool-checks.ts';

const load = createRequire(import.meta.url);
let loaded: typeof mongoose | undefined;

/**
 * Loads mongoose when it is first needed, which saves 300 ms and 40 MB in a process that does not use
 * MongoDB.
 */
export function loadMongoose(): typeof mongoose {
  loaded ??= loadMended();
  return loaded;
}

function loadMended(): typeof mongoose {
  const ofMongoose = createRequire(load.resolve('mongoose'));
  patchWritesToFailOnClose(ofMongoose('mongodb/lib/cmap/connection.js').Connection.prototype);
  patchPoolCheckInterval(ofMongoose('mongodb/lib/cmap/connection_pool.js').ConnectionPool.prototype);
  return load('mongoose');
}
