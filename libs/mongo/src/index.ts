export { type Arrivals, arrivals } from './arrivals.ts';
export { guardMongo, isLostRace, MongoFailure, repeatingLost } from './failures.ts';
export { checkIndexes, ensureIndexes, type Index, IndexError, missingIndexes } from './indexes.ts';
export { modelOf, plainSchema } from './models.ts';
export { type Mongo, type MongoOptions, MongoRefused, openMongo } from './open.ts';
