import { createRequire } from 'node:module';
import type mongoose from 'mongoose';
import { failWritesOnClose } from './closing-writes.ts';

const load = createRequire(import.meta.url);
let loaded: typeof mongoose | undefined;

/** Loaded by who uses it first: 300 ms and 40 MB that a process on the embedded store is spared. */
export function driver(): typeof mongoose {
  loaded ??= loadMended();
  return loaded;
}

function loadMended(): typeof mongoose {
  const ofMongoose = createRequire(load.resolve('mongoose'));
  failWritesOnClose(ofMongoose('mongodb/lib/cmap/connection.js').Connection.prototype);
  return load('mongoose');
}
