/**
 * The part of MongoDB's wire protocol that a proxy needs. Every message is preceded by its size, its id, the id of the
 * message that it responds to, and its kind: 4 bytes each, little-endian. An OP_MSG has 4 bytes of flags and then
 * sections; the section of kind 0, the body, is a document whose first field names the command.
 */
import { BSON } from 'mongodb';

const OP_MSG = 2013;
const HEADER_BYTES = 16;
const BODY_AT = HEADER_BYTES + 4;
/**
 * Two sizes in bytes. A BSON document begins with its length, in SIZE_BYTES bytes. A field begins with its
 * type, in TYPE_BYTES bytes, before its name.
 */
const SIZE_BYTES = 4;
const TYPE_BYTES = 1;

/** Splits a byte stream into complete messages. Drops an incomplete message at the end. */
export async function* splitMongoMessages(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
      const size = rest.readInt32LE(0);
      yield rest.subarray(0, size);
      rest = rest.subarray(size);
    }
  }
}

export function getMongoMessageId(message: Buffer): number {
  return message.readInt32LE(4);
}

/** Returns the id of the message that the given message responds to. */
export function getMongoRequestIdOfResponse(message: Buffer): number {
  return message.readInt32LE(8);
}

/**
 * Returns the name of the command in an OP_MSG, without parsing its body: the name of the body's first field. Empty for a
 * message of an older kind.
 */
export function getMongoCommandName(message: Buffer): string {
  if (message.readInt32LE(12) !== OP_MSG || message[BODY_AT] !== 0) return '';
  const nameAt = BODY_AT + 1 + SIZE_BYTES + TYPE_BYTES;
  return message.toString('utf8', nameAt, message.indexOf(0, nameAt));
}

/** Returns the body of an OP_MSG; undefined for a message of an older kind. */
export function parseMongoMessageBody(message: Buffer): BSON.Document | undefined {
  if (message.readInt32LE(12) !== OP_MSG || message[BODY_AT] !== 0) return undefined;
  const size = message.readInt32LE(BODY_AT + 1);
  return BSON.deserialize(message.subarray(BODY_AT + 1, BODY_AT + 1 + size));
}

/**
 * Creates a response of MongoDB to a message.
 * @param id the id of that message
 */
export function createMongoResponse(id: number, body: BSON.Document): Buffer {
  const document = BSON.serialize(body);
  const message = Buffer.alloc(BODY_AT + 1 + document.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(id, 8);
  message.writeInt32LE(OP_MSG, 12);
  message.set(document, BODY_AT + 1);
  return message;
}
