/**
 * Stores the generations of the read model in MongoDB: the pointer is a document, and each generation is a collection.
 */
import {
  createStrictMongooseSchema,
  ensureIndexes,
  getCollectionModel,
  isConcurrentWriteError,
  mapMongoErrors,
} from '@latchkey/mongo';
import type { Connection } from 'mongoose';
import {
  type GenerationPointer,
  getGenerationNameSuffix,
  initialGenerationPointer,
} from '../../generation/pointer.ts';
import type { GenerationStore } from '../../ports/generations.ts';
import { getProfileCollectionName, listProfileIndexes } from './schema.ts';

const ID = 'pointer';

interface PointerDocument extends GenerationPointer {
  readonly _id: typeof ID;
}

function schema() {
  return createStrictMongooseSchema<PointerDocument>({
    _id: { type: String, required: true },
    version: { type: Number, required: true },
    active: { type: Number, required: true },
    running: { type: [Number], required: true },
    last: { type: Number, required: true },
    since: String,
  });
}

/** Opens the store of generations. It needs no index, because the pointer is read by its id. */
export function createMongoGenerations(connection: Connection): GenerationStore {
  const pointers = getCollectionModel(connection, 'user_generations', schema);

  async function insert(document: PointerDocument): Promise<boolean> {
    try {
      await pointers.insertOne(document);
      return true;
    } catch (error) {
      if (isConcurrentWriteError(error)) return false;
      throw error;
    }
  }

  async function stored(): Promise<readonly number[]> {
    const { db } = await connection.asPromise();
    const collections = (await db?.listCollections({}, { nameOnly: true }).toArray()) ?? [];
    return collections.flatMap(({ name }) => generationIn(name)).toSorted((a, b) => a - b);
  }

  async function collectionOf(generation: number) {
    const { db } = await connection.asPromise();
    return db?.collection(getProfileCollectionName(getGenerationNameSuffix(generation)));
  }

  const port: GenerationStore = {
    async read() {
      const document = await pointers.findById(ID).lean();
      if (document === null) return initialGenerationPointer;
      const { _id, ...pointer } = document;
      return pointer;
    },

    async replace(next) {
      const document = { _id: ID, ...next } as const;
      if (next.version === initialGenerationPointer.version + 1) return insert(document);
      const from = { _id: ID, version: next.version - 1 } as const;
      const { matchedCount } = await pointers.replaceOne(from, document);
      return matchedCount === 1;
    },

    prepare: (generation) =>
      ensureIndexes(connection, listProfileIndexes(getGenerationNameSuffix(generation))),

    stored,

    async clear(generation) {
      await (await collectionOf(generation))?.deleteMany({});
    },

    async remove(generation) {
      if ((await stored()).includes(generation)) await (await collectionOf(generation))?.drop();
    },
  };
  return mapMongoErrors(port);
}

function generationIn(collection: string): readonly number[] {
  const number = /^user_profiles_v(\d+)$/.exec(collection)?.[1];
  return number === undefined ? [] : [Number(number)];
}
